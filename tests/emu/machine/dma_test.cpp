// LOAD and STORE against the per-byte definition in instructions.def: for each byte, is it in the image, where in DRAM.
#include "emu/machine/dma.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "tests/emu/machine/emu_run.h"

namespace e8::machine {
namespace {

using test::EmuRun;
using test::Event;
using test::ProgramBuilder;

constexpr std::uint32_t kImage = 0x8000;  ///< where images lie in their region, so that negative offsets stay inside

/// Address of image byte (row, col + k) of a lane's run, and whether the image has it.
struct Byte {
  bool exists;
  std::uint32_t offset;
};
Byte image_byte(const isa::Geometry& g, unsigned lane, std::int64_t r, std::int64_t c, std::int64_t k) {
  const std::int64_t lx = lane % g.lanes_x, ly = lane / g.lanes_x;
  const std::int64_t row = g.row0 + ly * g.lane_row + r, col = g.col0 + lx * g.lane_col + k;
  return {row >= 0 && row < g.h && col >= 0 && col < g.row_bytes,
          static_cast<std::uint32_t>(g.dram + ly * g.lane_dram + lx * g.lane_col + r * g.row_stride + c * g.blk_stride +
                                     k)};
}

class Geometries {
 public:
  explicit Geometries(unsigned seed) : random_(seed) {}
  std::int64_t pick(std::int64_t lo, std::int64_t hi) {
    return std::uniform_int_distribution<std::int64_t>(lo, hi)(random_);
  }
  void fill(isa::Geometry& g, const isa::Config& c, bool store) {
    g.region = isa::kRegionInput;
    g.lane_mask = pick(0, (1 << c.lanes) - 1);
    g.lanes_x = pick(1, c.lanes);
    g.h = pick(0, 6);
    g.row_bytes = pick(0, 40);
    g.row_stride = pick(0, 1) ? g.row_bytes + 3 : (std::int64_t{1} << 32) - 17;
    g.blk_stride = pick(0, 300);
    g.row0 = pick(-3, 4);
    g.lane_row = pick(-1, 3);
    g.lane_dram = g.lane_row * g.row_stride & 0xffffffff;
    g.col0 = store ? pick(0, 20) : pick(-20, 20);
    g.lane_col = pick(store ? 0 : -9, 9);
    g.dram = kImage + pick(0, 15);
    g.n_rows = pick(0, 3);
    g.n_blks = pick(0, 3);
    g.n_words = pick(0, 5);
    g.f_base = 300;
    g.f_row = pick(-40, 40);
    g.f_blk = pick(-15, 15);
    g.f_word = pick(-2, 3);
  }

 private:
  std::mt19937 random_;
};

std::vector<std::uint8_t> noise(std::size_t n, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<std::uint8_t> bytes(n);
  for (auto& b : bytes) b = static_cast<std::uint8_t>(random());
  return bytes;
}

/// All the definition says about one LOAD: the last value of every word it writes, and how many words.
void expect_load(const isa::Load& l, const isa::Config& config, const std::string& where) {
  ProgramBuilder p(config);
  p.put(isa::kRegionInput, 0, noise(0x10000, 5));
  p.add(l);
  p.end();
  EmuRun r(p);
  ASSERT_EQ(r.run(), StepState::kDone) << where << isa::error_name(r.machine.error()) << "\n" << p.text();
  std::map<std::pair<unsigned, std::int64_t>, std::vector<std::int8_t>> want;
  std::size_t events = 0;
  for (std::int64_t row = 0; row < l.n_rows; ++row)
    for (std::int64_t blk = 0; blk < l.n_blks; ++blk)
      for (unsigned lane = 0; lane < config.lanes; ++lane) {
        if ((l.lane_mask >> lane & 1) == 0) continue;
        for (std::int64_t i = 0; i < l.n_words; ++i, ++events) {
          std::vector<std::int8_t> word;
          for (std::int64_t k = i * l.step; k < i * l.step + config.v; ++k) {
            const Byte b = image_byte(l, lane, row, blk, k);
            std::uint8_t value = static_cast<std::uint8_t>(l.fill);
            if (b.exists) r.dram.read(p.layout.regions[isa::kRegionInput].base + b.offset, &value, 1);
            word.push_back(static_cast<std::int8_t>(value));
          }
          want[{lane, l.f_base + row * l.f_row + blk * l.f_blk + i * l.f_word}] = word;
        }
      }
  EXPECT_EQ(r.log.events.size(), events) << where;
  for (const auto& [at, word] : want)
    ASSERT_EQ(r.word(at.first, static_cast<unsigned>(at.second)), word)
        << where << "lane " << at.first << " word " << at.second << "\n"
        << p.text();
}

TEST(Load, RandomGeometriesEqualThePerByteDefinition) {
  constexpr unsigned kSeed = 3;
  Geometries random(kSeed);
  for (const char* name : {"tiny", "b512", "b4096"}) {
    const isa::Config& config = *isa::find_config(name);
    for (int n = 0; n < 120; ++n) {
      isa::Load l;
      random.fill(l, config, false);
      l.fill = random.pick(0, 255);
      l.step = random.pick(0, 1) ? config.v : random.pick(1, 255);
      expect_load(l, config, std::string(name) + " seed 3 round " + std::to_string(n) + ": ");
    }
  }
}

TEST(Store, RandomGeometriesEqualThePerByteDefinition) {
  constexpr unsigned kSeed = 4;
  Geometries random(kSeed);
  for (const char* name : {"tiny", "b512", "b4096"}) {
    const isa::Config& config = *isa::find_config(name);
    for (int n = 0; n < 120; ++n) {
      isa::Store s;
      random.fill(s, config, true);
      ProgramBuilder p(config);
      p.add(s);
      p.end();
      EmuRun r(p);
      const std::vector<std::uint8_t> words = noise(config.feature_words * config.v, 6);
      for (unsigned lane = 0; lane < config.lanes; ++lane)
        for (std::size_t b = 0; b < words.size(); ++b)
          r.machine.feature(lane)[b] = static_cast<std::int8_t>(words[b] + lane);
      std::map<std::uint64_t, std::uint8_t> want;
      const std::uint64_t base = p.layout.regions[isa::kRegionInput].base;
      for (std::int64_t row = 0; row < s.n_rows; ++row)
        for (std::int64_t blk = 0; blk < s.n_blks; ++blk)
          for (unsigned lane = 0; lane < config.lanes; ++lane) {
            if ((s.lane_mask >> lane & 1) == 0) continue;
            for (std::int64_t k = 0; k < s.n_words * config.v; ++k) {
              const Byte b = image_byte(s, lane, row, blk, k);
              const std::int64_t word = s.f_base + row * s.f_row + blk * s.f_blk + k / config.v * s.f_word;
              if (b.exists)
                want[base + b.offset] =
                    static_cast<std::uint8_t>(r.machine.feature(lane)[word * config.v + k % config.v]);
            }
          }
      ASSERT_EQ(r.run(), StepState::kDone) << "seed 4 " << name << n << isa::error_name(r.machine.error()) << "\n"
                                           << p.text();
      std::vector<std::uint8_t> before(p.layout.bytes, 0);
      before.assign(p.layout.bytes, 0);
      std::copy_n(reinterpret_cast<const std::uint8_t*>(p.program.data()), p.program.size() * 64,
                  before.begin() + static_cast<std::ptrdiff_t>(p.layout.program));
      for (const auto& [address, value] : want) before[address] = value;
      ASSERT_EQ(r.dram.bytes(), before) << "seed 4 " << name << " round " << n << "\n" << p.text();
    }
  }
}

TEST(Load, NothingOutsideTheImageIsRequested) {
  ProgramBuilder p(*isa::find_config("tiny"));
  isa::Load l = p.load(isa::kTargetFeature, isa::kRegionInput, 0, 0, 4);
  l.col0 = -8;  // the words before the image lie before the region too
  l.dram = 0xfffffff8;
  l.fill = 0x55;
  p.put(isa::kRegionInput, 0, {1, 2, 3, 4, 5, 6, 7, 8, 9});
  l.row_bytes = 6;
  p.add(l);
  p.end();
  EmuRun r(p);
  ASSERT_EQ(r.run(), StepState::kDone) << isa::error_name(r.machine.error());
  EXPECT_EQ(r.word(0, 1), (std::vector<std::int8_t>{0x55, 0x55, 0x55, 0x55}));
  EXPECT_EQ(r.word(0, 2), (std::vector<std::int8_t>{1, 2, 3, 4}));
  EXPECT_EQ(r.word(0, 3), (std::vector<std::int8_t>{5, 6, 0x55, 0x55}));
}

}  // namespace
}  // namespace e8::machine
