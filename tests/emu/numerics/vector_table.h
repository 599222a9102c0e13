// Reads tests/vectors/numerics_vectors.csv and holds each of its profile labels to a rule.
#pragma once

#include <cstdint>
#include <istream>
#include <map>
#include <string>
#include <vector>

namespace e8::testing {

/// One row: id,op,params,inputs,profile,expected.
struct VectorRow {
  std::string id, op, params, inputs, profile;
  std::int64_t expected = 0;
  bool has(const std::string& key) const { return !find(key).empty(); }
  /// Integer value of `key=` in params or inputs; throws std::runtime_error when it is missing.
  std::int64_t arg(const std::string& key) const;
  /// Same, as the text behind `key=`.
  std::string text(const std::string& key) const;

 private:
  std::string find(const std::string& key) const;
};

/// Throws std::runtime_error on a malformed header or row, and when there are no rows.
std::vector<VectorRow> read_vectors(std::istream& in);

enum class VectorClass {
  kRun,            ///< the project's own arithmetic must give the expected value
  kControl,        ///< a rule that is wrong here, kept in test code: reproduced, and different from the right one
  kNotApplicable,  ///< not integer arithmetic of this room; the reason says whose
};

/// What one (op, profile) label means.
struct VectorRule {
  using Function = std::int64_t (*)(const VectorRow&);
  const char* op;
  const char* profile;
  VectorClass cls;
  Function rule = nullptr;  ///< kRun, kControl
  const char* right = "";   ///< kControl: profile of the kRun rule of the same op that is right here
  const char* reason = "";  ///< kControl, kNotApplicable
};

struct VectorReport {
  int run = 0, control = 0, not_applicable = 0;
  std::vector<std::string> errors;
  std::map<std::string, int> differs;  ///< control label -> rows where it differs from the right rule
};

/// Every row through its rule. Errors: an unknown label, a wrong value, a rule that no row uses, a control that never
/// differs from the right rule.
VectorReport check_vectors(const std::vector<VectorRow>& rows, const std::vector<VectorRule>& rules);

}  // namespace e8::testing
