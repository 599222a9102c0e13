// exact8 run: golden and emulator give the same classes; pictures, arrays, refusals.
#include <cmath>

#include "host/model/npy.h"
#include "tests/host/cli/model_files.h"

namespace e8::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(VerbRun, GoldenAndEmulatorAgree) {
  const ModelFiles& files = ModelFiles::get();
  for (const std::string& model : {files.dpu, files.scaled}) {
    const Call golden = call({"run", model, files.pictures, "--json"});
    const Call emu = call({"run", model, files.pictures, "--on", "emu", "--config", "b512", "--json"});
    ASSERT_EQ(golden.code, 0) << golden.err;
    ASSERT_EQ(emu.code, 0) << emu.err;
    EXPECT_EQ(golden.json()["results"], emu.json()["results"]);
    EXPECT_EQ(golden.json()["results"].size(), kModelPictures);
    EXPECT_EQ(emu.json()["config"], "b512");
    EXPECT_EQ(emu.json()["on"], "emu");
  }
  const Call program = call({"run", files.program, files.pictures, "--on", "emu", "--json"});
  ASSERT_EQ(program.code, 0) << program.err;
  EXPECT_EQ(program.json()["results"], call({"run", files.dpu, files.pictures, "--json"}).json()["results"]);
  EXPECT_EQ(program.json()["config"], "tiny");
}

TEST(VerbRun, ProbabilitiesAreOrderedAndSumToOne) {
  const Call c =
      call({"run", ModelFiles::get().dpu, ModelFiles::get().pictures, "--index", "2", "--top", "10", "--json"});
  ASSERT_EQ(c.code, 0) << c.err;
  const auto top = c.json()["results"][0]["top"];
  ASSERT_EQ(top.size(), 10u);
  double sum = 0, last = 1;
  for (const auto& t : top) {
    EXPECT_LE(t["probability"].get<double>(), last);
    last = t["probability"].get<double>();
    sum += last;
  }
  EXPECT_NEAR(sum, 1.0, 1e-9);
  const Call text = call({"run", ModelFiles::get().dpu, ModelFiles::get().pictures, "--index", "2", "--top", "3"});
  EXPECT_THAT(text.out, AllOf(HasSubstr("on golden (dpu, ties half_up)"), HasSubstr(" %"),
                              HasSubstr(top[0]["label"].get<std::string>())));
  EXPECT_EQ(std::count(text.out.begin(), text.out.end(), '\n'), 4);
}

TEST(VerbRun, SavedOutputsAndQuantizedArraysGoRoundAgain) {
  const ModelFiles& files = ModelFiles::get();
  const ScratchFolder folder;
  const std::string all = folder.file("all.npy"), one = folder.file("one.npy");
  ASSERT_EQ(call({"run", files.dpu, files.pictures, "--save", all}).code, 0);
  ASSERT_EQ(call({"run", files.dpu, files.pictures, "--index", "1", "--on", "emu", "--save", one}).code, 0);
  const model::Npy a = model::read_npy(all), o = model::read_npy(one);
  EXPECT_EQ(a.shape, (std::vector<std::int64_t>{kModelPictures, 1, 1, 10}));
  EXPECT_EQ(o.shape, (std::vector<std::int64_t>{1, 1, 10}));
  EXPECT_EQ(std::vector<std::uint8_t>(a.bytes.begin() + 10, a.bytes.begin() + 20), o.bytes);
  // int8 arrays are quantized inputs: one, or several.
  model::Npy input{{2, 28, 28, 1}, "|i1", std::vector<std::uint8_t>(2 * 28 * 28, 5)};
  input.bytes[0] = 100;
  model::write_npy(folder.file("in.npy"), input);
  const Call c = call({"run", files.dpu, folder.file("in.npy"), "--json"});
  ASSERT_EQ(c.code, 0) << c.err;
  EXPECT_EQ(c.json()["results"].size(), 2u);
  EXPECT_EQ(c.json()["results"][1]["input"], "in.npy[1]");
}

TEST(VerbRun, ArgmaxRuleOrdersTies) {
  const ScratchFolder folder;
  e8::testing::HandMade made = e8::testing::hand_made(*isa::find_config("tiny"), 2);
  std::fill(made.program.weights.begin(), made.program.weights.end() - 4 * 16, std::uint8_t{0});  // outputs = biases
  compile::write_program(made.program, folder.file("m.e8"));
  model::write_npy(folder.file("in.npy"), {{1, 2, 4}, "|i1", std::vector<std::uint8_t>(8)});
  const auto first = [&](const char* rule) {
    return call({"run", folder.file("m.e8"), folder.file("in.npy"), "--on", "emu", "--argmax", rule, "--json"})
        .json()["results"][0]["top"];
  };
  EXPECT_EQ(first("first")[0]["index"], 0);
  EXPECT_EQ(first("last")[0]["index"], 7);
  EXPECT_FALSE(first("first")[0].contains("probability")) << "the output is a picture of 1x2";
}

TEST(VerbRun, OutputsOfOneFileNameAreNotSaved) {
  const ScratchFolder folder;
  compile::Program p = compile::read_program(ModelFiles::get().program);
  const auto last = static_cast<std::size_t>(p.outputs[0].tensor);
  p.tensors[last].name = "a/b";
  p.tensors[static_cast<std::size_t>(p.input)].name = "a_b";
  p.outputs.push_back(p.outputs[0]);
  p.outputs[1].tensor = p.input;
  compile::write_program(p, folder.file("m.e8"));
  const Call c =
      call({"run", folder.file("m.e8"), ModelFiles::get().pictures, "--on", "emu", "--save", folder.file("s")});
  EXPECT_FAILS(c, 2, 802);
  EXPECT_THAT(c.err, HasSubstr("a_b.npy"));
  EXPECT_FALSE(std::filesystem::exists(folder.file("s")));
}

TEST(VerbRun, BadInput) {
  const ModelFiles& files = ModelFiles::get();
  const ScratchFolder folder;
  EXPECT_FAILS(call({"run", files.dpu, folder.file("none.png")}), 2, 201);
  EXPECT_FAILS(call({"run", files.dpu, folder.write("x.png", "\x89PNG damaged")}), 2, 202);
  EXPECT_FAILS(call({"run", files.dpu, files.pictures, "--index", "6"}), 2, 813);
  EXPECT_FAILS(call({"run", files.program, files.pictures}), 2, 814);
  EXPECT_FAILS(call({"run", files.dpu, files.pictures, "--config", "tiny"}), 2, 815);
  EXPECT_FAILS(call({"run", files.dpu, files.pictures, "--on", "emu", "--rtl", "x.so"}), 2, 815);
  EXPECT_FAILS(call({"run", files.dpu, files.pictures, "--on", "emu", "--config", "x"}), 2, 811);
  EXPECT_FAILS(call({"run", files.program, files.pictures, "--on", "emu", "--config", "b512"}), 2, 812);
  EXPECT_FAILS(call({"run", files.dpu, files.pictures, "--on", "rtl", "--rtl", folder.file("no.so")}), 3, 602);
  EXPECT_FAILS(call({"run", files.dpu, files.pictures, "--on", "rtl", "--rtl", folder.write("x.so", "ELF?")}), 3, 601);
  model::write_npy(folder.file("in.npy"), {{27, 28, 1}, "|i1", std::vector<std::uint8_t>(27 * 28)});
  EXPECT_FAILS(call({"run", files.dpu, folder.file("in.npy")}), 2, 211);
  EXPECT_FAILS(call({"run", files.dpu, files.pictures, "--save", "/no/such/folder/x.npy"}), 4, 206);
}

}  // namespace
}  // namespace e8::cli
