// exact8 explain: the steps of an element, by layer or tensor name; refusals.
#include "host/model/lower.h"
#include "tests/host/cli/model_files.h"

namespace e8::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(VerbExplain, EveryLayerOfARealNetwork) {
  const ModelFiles& files = ModelFiles::get();
  for (const std::string& path : {files.dpu, files.scaled}) {
    const model::IntNet net = model::read_int_net(path);
    for (const model::IntNode& node : net.nodes) {
      const Call c = call({"explain", path, files.pictures, node.name, "0,0,3", "--index", "1", "--json"});
      ASSERT_EQ(c.code, 0) << node.name << ": " << c.err;
      EXPECT_EQ(c.json()["result"], c.json()["golden"]) << node.name;
      EXPECT_FALSE(c.json()["terms"].empty());
      const std::string& tensor = net.tensors[static_cast<std::size_t>(node.output)].name;
      EXPECT_EQ(call({"explain", path, files.pictures, tensor, "0,0,3", "--index", "1", "--json"}).out, c.out);
    }
  }
}

TEST(VerbExplain, TextHasEachStep) {
  const ModelFiles& files = ModelFiles::get();
  const std::string layer = model::read_int_net(files.scaled).nodes[0].name;
  const Call c = call({"explain", files.scaled, files.pictures, layer, "0,0,0"});
  ASSERT_EQ(c.code, 0) << c.err;
  EXPECT_THAT(c.out, AllOf(HasSubstr("terms (9)"), HasSubstr("padding"), HasSubstr("accumulator"), HasSubstr("bias"),
                           HasSubstr("multiplier"), HasSubstr("shift"), HasSubstr("by half_even"),
                           HasSubstr("clamped      to ["), HasSubstr("the golden model has")));
}

TEST(VerbExplain, BadInput) {
  const ModelFiles& files = ModelFiles::get();
  const std::string layer = model::read_int_net(files.dpu).nodes[0].name;
  EXPECT_FAILS(call({"explain", files.dpu, files.pictures, "conv99", "0,0,0"}), 2, 816);
  EXPECT_THAT(call({"explain", files.dpu, files.pictures, "conv99", "0,0,0"}).err, HasSubstr(layer));
  for (const char* bad : {"0,0", "0,0,0,0", "a,b,c", "0,0,999", "-1,0,0", "0;0;0", ""}) {
    EXPECT_FAILS(call({"explain", files.dpu, files.pictures, layer, bad}), 2, 817);
  }
  EXPECT_FAILS(call({"explain", files.program, files.pictures, layer, "0,0,0"}), 2, 814);
  EXPECT_FAILS(call({"explain", files.dpu, files.pictures, layer, "0,0,0", "--index", "99"}), 2, 813);
}

}  // namespace
}  // namespace e8::cli
