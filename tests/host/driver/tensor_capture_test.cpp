// Tensors are captured as they are stored, even when a later one takes their bytes.
#include "host/driver/tensor_capture.h"

#include <gmock/gmock.h>

#include "host/driver/emu_device.h"
#include "host/model/golden.h"
#include "tests/host/hand_program.h"

namespace e8::testing {
namespace {

using ::testing::ElementsAre;

constexpr int kColumns = 5;

/// hand_made, and behind its layer a second one that stores its output again, over the first tensor.
HandMade two_layers(std::uint32_t second_offset) {
  HandMade made = hand_made(*isa::find_config("b512"), kColumns);
  compile::Program& p = made.program;
  isa::Store store = isa::decode_store(p.code[4]);
  store.wait = 0;
  store.f_base = 0;  // the input's words
  store.dram = second_offset;
  p.code.insert(p.code.begin() + 5, isa::encode(store));
  compile::InstructionInfo info;
  info.layer = 1;
  p.map.insert(p.map.begin() + 5, info);
  compile::TensorInfo copy = p.tensors[1];
  copy.name = "copy";
  copy.place.offset = second_offset;
  p.tensors.push_back(copy);
  p.layers.push_back({"copy", "requant", 2, 0, 0, 0});
  p.output = 2;
  p.region_bytes[isa::kRegionOutput] += second_offset;
  return made;
}

TEST(TensorCapture, KeepsWhatIsOverwrittenLater) {
  const std::uint32_t bytes = 4 * kColumns * 8;
  for (const std::uint32_t offset : {0u, 8u, bytes - 1, bytes}) {
    const HandMade made = two_layers(offset);
    driver::EmuDevice device(made.program.config, driver::memory_needed(made.program));
    driver::Driver d(device, made.program);
    driver::TensorCapture capture(made.program, d);
    device.set_sink(&capture);
    EXPECT_FALSE(capture.has(1));
    const ops::Tensor input = random_tensor(made.net.tensors[0].shape, 3);
    EXPECT_EQ(d.run(input).data, input.data);
    ASSERT_TRUE(capture.has(1));
    ASSERT_TRUE(capture.has(2));
    EXPECT_FALSE(capture.has(0));
    const std::vector<std::int8_t> want = model::run_golden_output(made.net, input).data;
    EXPECT_EQ(capture.tensor(1).data, want) << offset;
    EXPECT_EQ(capture.tensor(2).data, input.data) << offset;
    EXPECT_EQ(d.read_tensor(1).data == want, offset == bytes) << "gone from memory unless nobody took its place";
  }
}

TEST(TensorCapture, KnowsWhichTensorsAreThereAtTheEnd) {
  EXPECT_THAT(driver::tensors_at_end(hand_made(*isa::find_config("tiny")).program), ElementsAre(0, 1));
  EXPECT_THAT(driver::tensors_at_end(two_layers(0).program), ElementsAre(0, 2));
  EXPECT_THAT(driver::tensors_at_end(two_layers(4 * kColumns * 8 - 1).program), ElementsAre(0, 2));
  EXPECT_THAT(driver::tensors_at_end(two_layers(4 * kColumns * 8).program), ElementsAre(0, 1, 2));
  HandMade other = two_layers(0);
  other.program.tensors[2].in_dram = false;
  EXPECT_THAT(driver::tensors_at_end(other.program), ElementsAre(0, 1));
}

}  // namespace
}  // namespace e8::testing
