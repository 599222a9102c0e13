// AVX-512 VNNI: vpdpbusd multiplies unsigned by signed bytes, so activations are raised by 128 and 128 * sum(w) is
// taken off again. Sums wrap modulo 2^32 on the way (vpdpbusd does not saturate), and the final value fits int32.
#include "emu/ops/kernels/kernels.h"

#if defined(__x86_64__)

#include <immintrin.h>

#include <algorithm>

#include "emu/ops/kernels/generic.h"

// "'__Y' is used uninitialized": GCC 12 warns inside its own _mm512_undefined_epi32() (GCC bug 105593).
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"

#define E8_VNNI __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")))

namespace e8::ops::kernels {
namespace {

constexpr std::size_t kStep = 64;   // bytes a register
constexpr std::size_t kCouts = 4;   // output channels a block
constexpr std::size_t kPixels = 4;  // pixels a block: 4 x 4 accumulators and their operands fit the 32 registers

E8_VNNI inline __mmask64 mask_of(std::size_t left) {
  return left >= kStep ? ~__mmask64{0} : (__mmask64{1} << left) - 1;
}

/// The sums of four registers' sixteen elements, as four elements.
E8_VNNI inline __m128i sum_rows(__m512i a, __m512i b, __m512i c, __m512i d) {
  const __m512i ab = _mm512_add_epi32(_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
  const __m512i cd = _mm512_add_epi32(_mm512_unpacklo_epi32(c, d), _mm512_unpackhi_epi32(c, d));
  const __m512i abcd = _mm512_add_epi32(_mm512_unpacklo_epi64(ab, cd), _mm512_unpackhi_epi64(ab, cd));
  const __m256i half = _mm256_add_epi32(_mm512_castsi512_si256(abcd), _mm512_extracti64x4_epi64(abcd, 1));
  return _mm_add_epi32(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
}

/// 128 * sum(w) of four filters.
E8_VNNI __m128i raised(const std::int8_t* const* w, std::size_t depth) {
  const __m512i offset = _mm512_set1_epi8(-128);  // 128 unsigned
  __m512i sums[kCouts] = {};
  for (std::size_t k = 0; k < depth; k += kStep) {
    const __mmask64 mask = mask_of(depth - k);
    for (std::size_t o = 0; o < kCouts; ++o) {
      sums[o] = _mm512_dpbusd_epi32(sums[o], offset, _mm512_maskz_loadu_epi8(mask, w[o] + k));
    }
  }
  return sum_rows(sums[0], sums[1], sums[2], sums[3]);
}

/// One block: `count` pixels by four filters; row i of the result starts at sums + i * stride, `couts` of it are
/// stored.
template <std::size_t count>
E8_VNNI inline void block(const std::int8_t* x, const std::int8_t* const* w, std::size_t depth, __m128i correction,
                          std::int32_t* sums, std::size_t stride, std::size_t couts) {
  const __m512i offset = _mm512_set1_epi8(-128);
  __m512i acc[count][kCouts] = {};
  for (std::size_t k = 0; k < depth; k += kStep) {
    const __mmask64 mask = mask_of(depth - k);
    __m512i filter[kCouts];
    for (std::size_t o = 0; o < kCouts; ++o) filter[o] = _mm512_maskz_loadu_epi8(mask, w[o] + k);
    for (std::size_t i = 0; i < count; ++i) {
      const __m512i raised_x = _mm512_xor_si512(_mm512_maskz_loadu_epi8(mask, x + i * depth + k), offset);
      for (std::size_t o = 0; o < kCouts; ++o) acc[i][o] = _mm512_dpbusd_epi32(acc[i][o], raised_x, filter[o]);
    }
  }
  const auto stored = static_cast<__mmask8>((1u << couts) - 1);
  for (std::size_t i = 0; i < count; ++i) {
    const __m128i row = _mm_sub_epi32(sum_rows(acc[i][0], acc[i][1], acc[i][2], acc[i][3]), correction);
    _mm_mask_storeu_epi32(sums + i * stride, stored, row);
  }
}

E8_VNNI void dot(const std::int8_t* x, std::size_t pixels, const std::int8_t* w, std::size_t couts, std::size_t depth,
                 std::int32_t* sums) {
  for (std::size_t o = 0; o < couts; o += kCouts) {
    const std::size_t stored = std::min(kCouts, couts - o);
    const std::int8_t* filters[kCouts];  // past the end: the last one again, not stored
    for (std::size_t j = 0; j < kCouts; ++j) filters[j] = w + std::min(o + j, couts - 1) * depth;
    const __m128i correction = raised(filters, depth);
    std::size_t i = 0;
    for (; i + kPixels <= pixels; i += kPixels) {
      block<kPixels>(x + i * depth, filters, depth, correction, sums + i * couts + o, couts, stored);
    }
    for (; i < pixels; ++i) {
      block<1>(x + i * depth, filters, depth, correction, sums + i * couts + o, couts, stored);
    }
  }
}

E8_VNNI void depthwise(const std::int8_t* const* x, const std::int16_t* w, std::size_t taps, std::size_t channels,
                       std::int32_t* sums) {
  generic_depthwise(x, w, taps, channels, sums);
}

}  // namespace

const Kernels* avx512vnni() {
  static const Kernels kernels{dot, depthwise};
  static const bool supported = __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
                                __builtin_cpu_supports("avx512vl") != 0 && __builtin_cpu_supports("avx512dq") != 0 &&
                                __builtin_cpu_supports("avx512vnni") != 0;
  return supported ? &kernels : nullptr;
}

}  // namespace e8::ops::kernels

#undef E8_VNNI

#else

const e8::ops::kernels::Kernels* e8::ops::kernels::avx512vnni() { return nullptr; }

#endif
