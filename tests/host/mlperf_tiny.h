// The MLPerf Tiny models of $EXACT8_DATA and inputs for them.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "emu/ops/params.h"
#include "tests/data_env.h"

namespace e8::test {

struct TinyModel {
  const char* name;
  const char* file;  ///< under EXACT8_DATA
  std::int64_t macs;
  int input_kinds;  ///< how many of tiny_input's a test runs
};

/// Multiply-accumulates as SOURCE.txt beside the models has them.
inline const std::vector<TinyModel>& tiny_models() {
  static const std::vector<TinyModel> models = {
      {"ResNet8", "mlperf-tiny/pretrainedResnet_quant.tflite", 12501632, 4},
      {"DsCnn", "mlperf-tiny/kws_ref_model.tflite", 2656768, 4},
      {"MobileNetV1", "mlperf-tiny/vww_96_int8.tflite", 7489664, 4},
      {"Autoencoder", "mlperf-tiny/ad01_int8.tflite", 264192, 4},
      {"StreamingWakeWord", "mlperf-tiny/str_ww_ref_model.tflite", 826368, 4},
      {"LargeResNet8", "mlperf-tiny/pretrainedResnet_large_int8.tflite", 76473920, 1},
  };
  return models;
}

inline void PrintTo(const TinyModel& m, std::ostream* out) { *out << m.name; }

/// Kind 0: uniform; 1: a checkerboard of extremes with a ramp along the columns; 2: all -128; 3: all 127.
inline ops::Tensor tiny_input(const ops::Shape& shape, int kind, std::uint64_t seed) {
  ops::Tensor t(shape);
  std::mt19937_64 random(seed);
  for (int y = 0; y < shape.h; ++y)
    for (int x = 0; x < shape.w; ++x)
      for (int c = 0; c < shape.c; ++c) {
        int v = kind == 2 ? -128 : 127;
        if (kind == 0) v = static_cast<int>(random() >> 56) - 128;
        if (kind == 1) v = (y / 3 + x / 3 + c) % 2 == 0 ? -128 + (x * 255) / shape.w : 127 - (y * 255) / shape.h;
        t.at(y, x, c) = static_cast<std::int8_t>(v);
      }
  return t;
}
}  // namespace e8::test

/// Path of a data file, or the test is skipped (EXACT8_DATA is not set).
#define E8_DATA_FILE(variable, relative)                                                                   \
  const std::optional<std::string> variable##_path = e8::testing::data_file(relative);                     \
  if (!variable##_path) GTEST_SKIP() << "EXACT8_DATA is not set; it names the folder with " << (relative); \
  const std::string& variable = *variable##_path
