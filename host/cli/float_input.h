// Pictures as float inputs of a network: for calibration, and for the accuracy of a float model.
#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "host/model/float_ref.h"
#include "host/model/metadata.h"
#include "host/model/picture.h"

namespace e8::cli {

/// --resize, --crop, --channels, --mean, --std, --pixel-range and --round: they override what the model file says.
struct PreprocessOptions {
  std::vector<double> mean, stddev;
  std::string round, resize, channels;
  double pixel_range = 1;
  bool crop = false;
  void add_to(CLI::App* verb);
  bool given() const {
    return !mean.empty() || !stddev.empty() || pixel_range != 1 || !resize.empty() || !channels.empty() || crop;
  }
  /// The model's preprocessing and labels with the options applied. Throws UserError 122 on what the file says, 802 on
  /// numbers that are not finite (--std: positive) or do not fit the channels, and on --pixel-range without --mean and
  /// --std.
  model::Metadata apply(const model::Graph& graph) const;
  /// All but --round into `preprocess`; `file` begins messages. Throws as apply().
  void apply_to(const std::string& file, model::Preprocess* preprocess) const;
};

/// Pictures `which` of a set, preprocessed; on `threads` threads. Throws as PictureSet::read and picture_to_float.
model::Batch read_batch(const model::PictureSet& pictures, const std::vector<std::size_t>& which,
                        const model::Preprocess& preprocess, int threads);

/// `count` of 0..total-1, in order, chosen by `seed`; all of them when `count` is 0 or not less than `total`.
std::vector<std::size_t> choose(std::size_t total, std::size_t count, std::uint64_t seed);

/// Calibration inputs of the network's input `shape`. `source`: a folder, picture file, IDX file or uint8 .npy of
/// pictures; a float32 .npy of inputs, preprocessed already, [n][c][h][w] or [n][k]; or synthetic:N, N pictures of
/// random pixels, of the network's size already. `list`: a list of files in the folder `source` (open_listed_pictures),
/// or empty. Labels are never opened. Throws as open_pictures and read_batch; UserError 301 on an array that does not
/// fit and on a malformed synthetic:N.
model::Batch read_calibration(const std::string& source, const std::string& list, const ops::Shape& shape,
                              const model::Preprocess& preprocess, std::size_t subset, std::uint64_t seed, int threads);

}  // namespace e8::cli
