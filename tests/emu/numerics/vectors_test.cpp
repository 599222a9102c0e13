// All of tests/vectors/numerics_vectors.csv, and proof that the checker can fail.
#include <gmock/gmock.h>

#include <cstring>
#include <fstream>
#include <sstream>

#include "tests/emu/numerics/vector_rules.h"

namespace e8::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

std::vector<VectorRow> all_rows() {
  std::ifstream in(std::string(EXACT8_SOURCE_DIR) + "/tests/vectors/numerics_vectors.csv");
  return read_vectors(in);
}

std::vector<VectorRow> rows_of(const std::string& lines) {
  std::istringstream in("id,op,params,inputs,profile,expected\n" + lines);
  return read_vectors(in);
}

TEST(Vectors, AllRows) {
  const std::vector<VectorRow> rows = all_rows();
  const VectorReport report = check_vectors(rows, vector_rules());
  EXPECT_THAT(report.errors, IsEmpty());
  EXPECT_EQ(rows.size(), 411u);
  EXPECT_EQ(report.run, 341);
  EXPECT_EQ(report.control, 65);
  EXPECT_EQ(report.not_applicable, 5);
}

// Counted from the expected column of the file, without any rule: rows whose control value is not the right rule's.
TEST(Vectors, ControlsDifferWhereTheVectorsSay) {
  EXPECT_THAT(
      check_vectors(all_rows(), vector_rules()).differs,
      ElementsAre(Pair("conv_tail / AMD emulators (thr fixed 96)", 1), Pair("conv_tail / WRONG: no guard bit", 6),
                  Pair("conv_tail / exact bias", 1), Pair("conv_tail / two-step: round to int8 then ALU x26>>8", 1),
                  Pair("dot / 24-bit wrap acc", 1), Pair("dot / int32 wrap acc", 1),
                  Pair("requant / FP32*rint(ORT MLAS/XNNPACK fp32)", 2),
                  Pair("round_shift / HALF_TOWARD_ZERO(nndct 6)", 6), Pair("round_shift / TRUNC(C cast)", 6)));
}

TEST(Vectors, EveryExceptionHasAReason) {
  for (const VectorRule& rule : vector_rules()) {
    EXPECT_EQ(std::strlen(rule.reason) > 0, rule.cls != VectorClass::kRun) << rule.op << " / " << rule.profile;
    EXPECT_EQ(rule.rule == nullptr, rule.cls == VectorClass::kNotApplicable) << rule.op << " / " << rule.profile;
  }
}

// ---------------------------------------------------------------------------------------------- the checker can fail

constexpr const char* kUp = "HALF_UP(DPU/SRDHM/TFL_S/rndnu)";

std::vector<VectorRule> rules_for(const std::string& op, std::initializer_list<std::string> profiles) {
  std::vector<VectorRule> rules;
  for (const VectorRule& rule : vector_rules()) {
    for (const std::string& profile : profiles) {
      if (rule.op == op && rule.profile == profile) rules.push_back(rule);
    }
  }
  return rules;
}

TEST(VectorsBad, WrongValue) {
  const auto report =
      check_vectors(rows_of(std::string("X1,round_shift,s=1,acc=3,") + kUp + ",3\n"), rules_for("round_shift", {kUp}));
  EXPECT_THAT(report.errors, ElementsAre(HasSubstr("got 2, expected 3")));
}

TEST(VectorsBad, EveryRunAndControlRowHasPower) {
  for (VectorRow row : all_rows()) {
    row.expected ^= 1;
    const VectorReport report = check_vectors({row}, vector_rules());
    bool seen = report.not_applicable == 1;
    for (const std::string& error : report.errors) seen = seen || error.find(row.id + " ") == 0;
    EXPECT_TRUE(seen) << row.id;
  }
}

TEST(VectorsBad, UnknownLabelOrOp) {
  const auto rules = rules_for("round_shift", {kUp});
  const std::string good = std::string("X1,round_shift,s=1,acc=3,") + kUp + ",2\n";
  EXPECT_THAT(check_vectors(rows_of(good), rules).errors, IsEmpty());
  EXPECT_THAT(check_vectors(rows_of(good + "X2,round_shift,s=1,acc=3,SIDEWAYS,2\n"), rules).errors,
              ElementsAre(HasSubstr("no rule")));
  EXPECT_THAT(check_vectors(rows_of(good + "X2,squareroot,s=1,acc=3," + kUp + ",2\n"), rules).errors,
              ElementsAre(HasSubstr("no rule")));
}

TEST(VectorsBad, UnusedRuleAndPowerlessControl) {
  const auto rules = rules_for("round_shift", {kUp, "TRUNC(C cast)"});
  const std::string up = std::string("X1,round_shift,s=1,acc=-1,") + kUp + ",0\n";
  EXPECT_THAT(check_vectors(rows_of(up), rules).errors, ElementsAre(HasSubstr("rule without a row")));
  EXPECT_THAT(check_vectors(rows_of(up + "X2,round_shift,s=1,acc=-1,TRUNC(C cast),0\n"), rules).errors,
              ElementsAre(HasSubstr("control never differs")));
}

TEST(VectorsBad, MalformedFiles) {
  EXPECT_THROW(rows_of(""), std::runtime_error);
  EXPECT_THROW(rows_of("X1,round_shift,s=1,acc=3,2\n"), std::runtime_error);
  EXPECT_THROW(rows_of("X1,a,b,c,d,1\nX1,a,b,c,d,1\n"), std::runtime_error);
  EXPECT_THROW(rows_of("X1,a,b,c,d,two\n"), std::runtime_error);
  std::istringstream empty(""), other("id,op\n");
  EXPECT_THROW(read_vectors(empty), std::runtime_error);
  EXPECT_THROW(read_vectors(other), std::runtime_error);
}

}  // namespace
}  // namespace e8::testing
