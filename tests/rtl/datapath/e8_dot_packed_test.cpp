// e8_dot_packed with one term, exhaustively: two products a multiplier are the two products, for all 2^24 inputs. That
// sums of them separate for every sum is proved (tests/proofs/unpack_spec.v).
#include <gtest/gtest.h>

#include "Vdot_packed.h"

namespace e8::testing {
namespace {

int sum_of(std::uint32_t field) { return static_cast<int>(field ^ 0x40000u) - 0x40000; }

TEST(DotPacked, EveryPairOfProducts) {
  Vdot_packed top;
  for (int a = -128; a < 128; ++a) {
    top.a_i = static_cast<CData>(a & 0xff);
    for (int w0 = -128; w0 < 128; ++w0) {
      top.w0_i = static_cast<CData>(w0 & 0xff);
      for (int w1 = -128; w1 < 128; ++w1) {
        top.w1_i = static_cast<CData>(w1 & 0xff);
        top.eval();
        ASSERT_TRUE(sum_of(top.sum0_o) == a * w0 && sum_of(top.sum1_o) == a * w1) << a << " " << w0 << " " << w1;
      }
    }
  }
  top.final();
}

}  // namespace
}  // namespace e8::testing
