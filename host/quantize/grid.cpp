// Loops over values, one for each tie rule; x / scale in double, so that a float and a power of two lose nothing.
#include "host/quantize/grid.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "host/model/parallel.h"
#include "host/quantize/values.h"

namespace e8::quantize {
namespace {

using num::Tie;

template <typename Loop>
auto with_tie(Tie tie, Loop loop) {
  switch (tie) {
    case Tie::kHalfUp:
      return loop(std::integral_constant<Tie, Tie::kHalfUp>());
    case Tie::kHalfAway:
      return loop(std::integral_constant<Tie, Tie::kHalfAway>());
    case Tie::kHalfEven:
      break;
  }
  return loop(std::integral_constant<Tie, Tie::kHalfEven>());
}

// Clamping before rounding changes nothing (numerics.md F2) and keeps `nearest` in its range.
template <Tie tie>
struct Rounder {
  double scale, lo, hi;
  explicit Rounder(const Grid& g) : scale(g.scale), lo(g.lo), hi(g.hi) {}
  double operator()(double v) const { return nearest<tie>(std::min(std::max(v, lo), hi)); }
};

}  // namespace

void to_integers(const Grid& grid, const float* x, std::size_t n, std::int32_t* q) {
  with_tie(grid.tie, [&](auto tie) {
    const Rounder<tie()> round(grid);
    for (std::size_t i = 0; i < n; ++i) q[i] = static_cast<std::int32_t>(round(double{x[i]} / round.scale));
  });
}

void snap(const Grid& grid, float* x, std::size_t n) {
  with_tie(grid.tie, [&](auto tie) {
    const Rounder<tie()> round(grid);
    for (std::size_t i = 0; i < n; ++i) x[i] = static_cast<float>(round(double{x[i]} / round.scale) * round.scale);
  });
}

void snap_tensor(const Grid& grid, std::vector<float>* x, int threads) {
  const Values all(*x);
  model::parallel_for(all.chunks(), threads,
                      [&](std::size_t c) { snap(grid, x->data() + c * Values::kChunk, all.chunk(c).size); });
}

double squared_error(const Grid& grid, const float* x, std::size_t n) {
  constexpr std::size_t kLanes = 8;  // independent sums, so that the compiler may use vectors
  std::array<double, kLanes> sums{};
  with_tie(grid.tie, [&](auto tie) {
    const Rounder<tie()> round(grid);
    const auto error = [&](float value) {
      const double v = double{value} / round.scale, e = v - round(v);
      return e * e;
    };
    std::size_t i = 0;
    for (; i + kLanes <= n; i += kLanes)
      for (std::size_t j = 0; j < kLanes; ++j) sums[j] += error(x[i + j]);
    for (; i < n; ++i) sums[0] += error(x[i]);
  });
  double sum = 0;
  for (const double s : sums) sum += s;
  return sum * grid.scale * grid.scale;
}

Fate fate_of(const Grid& grid, const float* x, std::size_t n) {
  Fate fate;
  with_tie(grid.tie, [&](auto tie) {
    const double lo = grid.lo - 1, hi = grid.hi + 1;
    const Rounder<tie()> wide(Grid{grid.scale, grid.lo - 1, grid.hi + 1, grid.tie});
    for (std::size_t i = 0; i < n; ++i) {
      const double v = double{x[i]} / wide.scale, q = wide(v);
      const bool clamped = q == lo || q == hi;
      fate.clamped += clamped ? 1 : 0;
      fate.ties += !clamped && std::fabs(v - q) == 0.5 ? 1 : 0;
    }
  });
  return fate;
}

}  // namespace e8::quantize
