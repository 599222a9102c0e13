// AVX2. A chunk is 16 products: 16 weights, widened to int16, times the activations they meet; vpmaddwd adds them in
// pairs, exactly (two products of int8 are far below 2^31). Four chunks of sums stay in registers over all steps, for
// two lanes at a time, so that weights are widened once for both.
#include "emu/machine/kernels/kernels.h"

#if defined(__x86_64__)

#include <immintrin.h>

#include <cstring>

namespace e8::machine::kernels {
namespace {

constexpr int kBlock = 4;  // chunks whose sums are kept

/// The activations that chunk k of a word meets: its 16 weights are of 2 outputs (V = 8), one, or half of one (V = 32).
template <int V>
__attribute__((target("avx2"), always_inline)) inline __m256i activations(const std::int8_t* a, int k) {
  if (V == 8) {
    std::int64_t word;
    std::memcpy(&word, a, sizeof word);
    return _mm256_cvtepi8_epi16(_mm_set1_epi64x(word));
  }
  return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(a + (V == 32 ? k % 2 * 16 : 0))));
}

/// Adds the sums of four chunks to the accumulators of their outputs: 8 (V = 8), 4 or 2 (V = 32).
template <int V>
__attribute__((target("avx2"), always_inline)) inline void add_block(std::int32_t* acc, const __m256i* sum) {
  const __m256i quads =  // each half: its part of chunk 0, 1, 2, 3
      _mm256_hadd_epi32(_mm256_hadd_epi32(sum[0], sum[1]), _mm256_hadd_epi32(sum[2], sum[3]));
  const __m128i low = _mm256_castsi256_si128(quads), high = _mm256_extracti128_si256(quads, 1);
  if (V == 8) {  // a half is an output
    auto* const to = reinterpret_cast<__m256i*>(acc);
    const __m256i outputs = _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_unpacklo_epi32(low, high)),
                                                    _mm_unpackhi_epi32(low, high), 1);
    _mm256_storeu_si256(to, _mm256_add_epi32(_mm256_loadu_si256(to), outputs));
  } else if (V == 16) {
    auto* const to = reinterpret_cast<__m128i*>(acc);
    _mm_storeu_si128(to, _mm_add_epi32(_mm_loadu_si128(to), _mm_add_epi32(low, high)));
  } else {
    auto* const to = reinterpret_cast<__m128i*>(acc);  // two accumulators
    const __m128i halves = _mm_add_epi32(low, high);
    _mm_storel_epi64(to, _mm_add_epi32(_mm_loadl_epi64(to), _mm_hadd_epi32(halves, halves)));
  }
}

template <int V, int LANES>
__attribute__((target("avx2"))) void mac(const MacLane* lanes, const Steps& steps) {
  constexpr int kOutputs = kBlock * 16 / V;  // of a block
  for (int block = 0; block < V * V / 16; block += kBlock) {
    __m256i sum[LANES][kBlock];
    for (auto& lane : sum) {
      for (__m256i& s : lane) s = _mm256_setzero_si256();
    }
    for (std::int64_t s = 0; s < steps.count; ++s) {
      const auto* const w = reinterpret_cast<const __m128i*>(steps.weights + s * steps.weight_step) + block;
      for (int k = 0; k < kBlock; ++k) {
        const __m256i weights = _mm256_cvtepi8_epi16(_mm_loadu_si128(w + k));
        for (int l = 0; l < LANES; ++l) {
          const __m256i a = activations<V>(lanes[l].words + std::int64_t{steps.offsets[s]} * V, k);
          sum[l][k] = _mm256_add_epi32(sum[l][k], _mm256_madd_epi16(a, weights));
        }
      }
    }
    for (int l = 0; l < LANES; ++l) add_block<V>(lanes[l].acc + block / kBlock * kOutputs, sum[l]);
  }
}

template <int V>
void mac_lanes(const MacLane* lanes, unsigned n, const Steps& steps) {
  unsigned l = 0;
  for (; l + 2 <= n; l += 2) mac<V, 2>(lanes + l, steps);
  if (l < n) mac<V, 1>(lanes + l, steps);
}

void run(const MacLane* lanes, unsigned n, const Steps& steps, unsigned v) {
  switch (v) {
    case 8:
      return mac_lanes<8>(lanes, n, steps);
    case 16:
      return mac_lanes<16>(lanes, n, steps);
    case 32:
      return mac_lanes<32>(lanes, n, steps);
    default:  // a word is a chunk or less
      return portable(lanes, n, steps, v);
  }
}

}  // namespace

MacKernel avx2() { return __builtin_cpu_supports("avx2") != 0 ? run : nullptr; }

}  // namespace e8::machine::kernels

#else

e8::machine::MacKernel e8::machine::kernels::avx2() { return nullptr; }

#endif
