// Tests host/model/parallel.h.
#include "host/model/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <vector>

namespace e8::model {
namespace {

TEST(Parallel, EveryPieceRunsOnce) {
  for (const int threads : {-1, 0, 1, 2, 3, 16}) {
    for (const std::size_t n : {0U, 1U, 2U, 3U, 100U}) {
      std::vector<std::atomic<int>> count(n);
      parallel_for(n, threads, [&](std::size_t i) { ++count[i]; });
      for (std::size_t i = 0; i < n; ++i) EXPECT_EQ(count[i], 1) << threads << " threads, piece " << i << " of " << n;
    }
  }
}

TEST(Parallel, AnExceptionStopsTheLoopAndArrives) {
  for (const int threads : {1, 2, 4}) {
    std::atomic<int> after{0};
    const auto f = [&](std::size_t i) {
      if (i == 3) throw std::runtime_error("piece 3");
      if (i > 1000) ++after;
    };
    EXPECT_THROW(parallel_for(1000000, threads, f), std::runtime_error);
    EXPECT_LT(after, 999000) << "the loop went on";
  }
}

}  // namespace
}  // namespace e8::model
