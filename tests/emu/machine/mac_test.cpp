// The kernels of mac.h against the sum written out: every V, odd and even numbers of lanes, few and many steps,
// corners.
#include "emu/machine/mac.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <string>

namespace e8::machine {
namespace {

constexpr std::int64_t kWords = 64;

struct MacCase {
  unsigned v = 0, lanes = 0;
  std::vector<std::int8_t> words;  // [lane][word][v]
  std::vector<std::uint8_t> weights;
  std::vector<std::int32_t> offsets;
  std::vector<std::int32_t> acc;  // [lane][v], before
  std::int64_t weight_step = 0;

  std::size_t at(unsigned lane, std::int64_t word) const {
    return (lane * kWords + static_cast<std::size_t>(word)) * v;
  }
};

/// `draw` gives int8 values. Weights of consecutive steps overlap when step_words is 0.
template <typename Draw>
MacCase make_case(unsigned v, unsigned lanes, std::int64_t steps, std::int64_t step_words, std::mt19937& rng,
                  Draw draw) {
  MacCase c;
  c.v = v;
  c.lanes = lanes;
  c.weight_step = step_words * v * v;
  c.words.resize(std::size_t{lanes} * kWords * v);
  c.weights.resize(static_cast<std::size_t>(step_words * (steps - 1) + 1) * v * v);
  for (auto& x : c.words) x = draw();
  for (auto& x : c.weights) x = static_cast<std::uint8_t>(draw());
  for (std::int64_t s = 0; s < steps; ++s) c.offsets.push_back(static_cast<std::int32_t>(rng() % kWords));
  for (unsigned i = 0; i < lanes * v; ++i) c.acc.push_back(static_cast<std::int32_t>(rng() % 2001) - 1000);
  return c;
}

std::vector<std::int32_t> want(const MacCase& c) {
  std::vector<std::int32_t> acc = c.acc;
  for (unsigned l = 0; l < c.lanes; ++l) {
    for (std::size_t s = 0; s < c.offsets.size(); ++s) {
      for (unsigned j = 0; j < c.v; ++j) {
        for (unsigned i = 0; i < c.v; ++i) {
          const std::size_t w = s * static_cast<std::size_t>(c.weight_step) + j * c.v + i;
          acc[l * c.v + j] += c.words[c.at(l, c.offsets[s]) + i] * static_cast<std::int8_t>(c.weights[w]);
        }
      }
    }
  }
  return acc;
}

std::vector<std::int32_t> got(const MacCase& c, MacKernel kernel) {
  std::vector<std::int32_t> acc = c.acc;
  std::vector<MacLane> lanes;
  for (unsigned l = 0; l < c.lanes; ++l) lanes.push_back({acc.data() + l * c.v, c.words.data() + c.at(l, 0)});
  kernel(lanes.data(), c.lanes,
         {c.offsets.data(), static_cast<std::int64_t>(c.offsets.size()), c.weights.data(), c.weight_step}, c.v);
  return acc;
}

void expect_all_equal(const MacCase& c, const std::string& where) {
  for (const NamedMacKernel& kernel : mac_kernels()) {
    ASSERT_EQ(got(c, kernel.run), want(c)) << kernel.name << " V " << c.v << " lanes " << c.lanes << " " << where;
  }
}

TEST(Mac, EveryVAndNumberOfLanes) {
  const char* text = std::getenv("EXACT8_SEED");
  const unsigned long seed = text != nullptr ? std::strtoul(text, nullptr, 0) : 5;
  std::mt19937 rng(static_cast<unsigned>(seed));
  for (const unsigned v : {2u, 4u, 8u, 16u, 32u}) {
    for (const unsigned lanes : {1u, 2u, 3u, 8u, 15u, 16u}) {
      for (const std::int64_t steps : {1, 2, 7}) {
        for (const std::int64_t step_words : {0, 1, 3}) {
          expect_all_equal(make_case(v, lanes, steps, step_words, rng, [&] { return static_cast<std::int8_t>(rng()); }),
                           "seed " + std::to_string(seed));
        }
      }
    }
  }
}

TEST(Mac, Extremes) {
  std::mt19937 rng(1);
  const std::int8_t corners[] = {-128, -127, 127};
  for (const unsigned v : {2u, 4u, 8u, 16u, 32u}) {
    for (const std::int8_t all : corners) {
      expect_all_equal(make_case(v, 3, 50, 1, rng, [&] { return all; }), "all " + std::to_string(all));
    }
    expect_all_equal(make_case(v, 3, 50, 1, rng, [&] { return corners[rng() % 3]; }), "corners");
  }
}

/// The longest sum of all -128: 2^31 is not reached, 2^31 - 2^14 is.
TEST(Mac, LongestSum) {
  std::mt19937 rng(1);
  for (const unsigned v : {8u, 16u, 32u}) {
    MacCase c = make_case(v, 2, (1 << 17) / v - 1, 0, rng, [] { return std::int8_t{-128}; });
    for (auto& a : c.acc) a = 0;
    for (const NamedMacKernel& kernel : mac_kernels()) {
      EXPECT_EQ(got(c, kernel.run), std::vector<std::int32_t>(2 * v, static_cast<std::int32_t>(((1 << 17) - v) << 14)))
          << kernel.name << " V " << v;
    }
  }
}

/// The comparison notices a sum that is one product off.
TEST(MacBad, WrongWeightIsNoticed) {
  std::mt19937 rng(2);
  MacCase c = make_case(16, 2, 3, 1, rng, [] { return std::int8_t{1}; });
  const auto right = want(c);
  c.weights.back() ^= 1;
  for (const NamedMacKernel& kernel : mac_kernels()) EXPECT_NE(got(c, kernel.run), right) << kernel.name;
}

}  // namespace
}  // namespace e8::machine
