// A second opinion on the operators: the same results by other formulas, and random operands to compare on.
#pragma once

#include <cstdint>
#include <random>
#include <set>
#include <string>

#include "emu/ops/ops.h"
#include "emu/ops/path.h"

namespace e8::testing {

/// The tail in 128-bit arithmetic by adding half and dividing, instead of remainders.
std::int8_t tail_wide(std::int64_t sum, const num::ChannelParam& p, const num::TailMode& mode);

/// Convolution as a matrix product (Eigen, 64-bit integers) of the unrolled, explicitly padded image.
ops::Tensor conv_matrix(const ops::Tensor& in, const ops::ConvParams& p);

/// Transposed convolution by scattering every input pixel.
ops::Tensor deconv_scatter(const ops::Tensor& in, const ops::DeconvParams& p);

/// Random operands. The seed comes from EXACT8_SEED when that is set; print seed() in every failure.
class Random {
 public:
  explicit Random(std::uint64_t default_seed);
  std::uint64_t seed() const { return seed_; }
  /// Uniform in [lo, hi].
  int between(int lo, int hi);
  std::int8_t byte();
  ops::Tensor tensor(ops::Shape shape);
  std::vector<std::int8_t> bytes(std::size_t count);
  /// A legal tail for sums of `depth` products whose results spread over int8 and saturate now and then; all tie rules,
  /// double rounding, zero points, clamps and slopes occur.
  ops::Tail tail(int channels, std::size_t depth);

 private:
  std::uint64_t seed_;
  std::mt19937_64 engine_;
};

/// The convolution on every supported path must equal `want`; returns the paths that ran.
std::set<ops::Path> expect_conv_on_every_path(const ops::Tensor& in, const ops::ConvParams& p, const ops::Tensor& want,
                                              const std::string& what);

/// Prints the covered paths; fails unless they include reference, portable and every path whose instructions this
/// processor has (asked independently of the library).
void expect_required_paths(const std::set<ops::Path>& covered);

/// "8x6x3" for messages.
std::string describe(const ops::Shape& s);
std::string describe(const ops::Window& w);

}  // namespace e8::testing
