// Choosing, reading and preprocessing pictures.
#include "host/cli/float_input.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <random>
#include <sstream>

#include "host/model/error.h"
#include "host/model/npy.h"
#include "host/model/parallel.h"
#include "host/model/preprocess.h"

namespace e8::cli {
namespace {

constexpr std::size_t kMaxSynthetic = 100000;

/// N or HxW.
std::vector<int> sizes(const std::string& text) {
  std::vector<int> sides;
  std::istringstream parts(text);
  for (std::string part; std::getline(parts, part, 'x');) {
    const bool number = !part.empty() && part.size() < 6 && part.find_first_not_of("0123456789") == std::string::npos;
    sides.push_back(number ? std::stoi(part) : 0);
  }
  const bool sensible = std::all_of(sides.begin(), sides.end(), [](int s) { return s >= 1 && s <= 32768; });
  if (!sensible || sides.empty() || sides.size() > 2 || text.back() == 'x')
    throw UserError(802, "--resize " + text + "; N (the shorter side) or HxW with sides from 1 to 32768 is allowed");
  return sides;
}

/// One number for all channels, or one a channel, in units in which white is `range`.
void override_channels(const char* option, const std::vector<double>& from, double range, bool positive,
                       std::vector<double>* to) {
  if (from.empty()) return;
  for (const double x : from)
    if (!std::isfinite(x) || (positive && !(x / range > 0)))
      throw UserError(
          802, fmt::format("{} {}; {} numbers are allowed", option, x, positive ? "positive, finite" : "finite"));
  if (from.size() != 1 && from.size() != to->size())
    throw UserError(802, std::string(option) + " has " + std::to_string(from.size()) + " numbers; 1 or " +
                             std::to_string(to->size()) + ", one a channel, are allowed");
  for (std::size_t c = 0; c < to->size(); ++c) (*to)[c] = from[from.size() == 1 ? 0 : c] / range;
}

/// Pictures of independent, uniform pixels; picture i depends on the seed and i alone.
class SyntheticPictures final : public model::PictureSet {
 public:
  SyntheticPictures(std::size_t n, const ops::Shape& shape, std::uint64_t seed) : n_(n), shape_(shape), seed_(seed) {}
  std::size_t size() const override { return n_; }
  std::string name(std::size_t i) const override { return "synthetic[" + std::to_string(i) + "]"; }
  model::Picture read(std::size_t i) const override {
    std::seed_seq seeds{static_cast<std::uint32_t>(seed_), static_cast<std::uint32_t>(seed_ >> 32),
                        static_cast<std::uint32_t>(i)};
    std::mt19937 random(seeds);
    model::Picture picture{shape_.h, shape_.w, shape_.c, std::vector<std::uint8_t>(shape_.size())};
    for (std::uint8_t& pixel : picture.pixels) pixel = static_cast<std::uint8_t>(random() >> 24);
    return picture;
  }

 private:
  std::size_t n_;
  ops::Shape shape_;
  std::uint64_t seed_;
};

std::unique_ptr<model::PictureSet> synthetic(const std::string& source, const ops::Shape& shape, std::uint64_t seed) {
  const std::string digits = source.substr(source.find(':') + 1);
  const bool number =
      !digits.empty() && digits.size() < 7 && digits.find_first_not_of("0123456789") == std::string::npos;
  const std::size_t n = number ? std::stoul(digits) : 0;
  if (n < 1 || n > kMaxSynthetic)
    throw UserError(
        301, "--calib " + source + ": synthetic:N with N from 1 to " + std::to_string(kMaxSynthetic) + " is allowed");
  return std::make_unique<SyntheticPictures>(n, shape, seed);
}

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

/// Inputs of a float32 array.
model::Batch array_batch(const model::Npy& array, const std::string& source, const ops::Shape& shape,
                         std::size_t subset, std::uint64_t seed) {
  using Dims = std::vector<std::int64_t>;
  const Dims image = {shape.c, shape.h, shape.w}, vector = {static_cast<std::int64_t>(shape.size())};
  const Dims inner = array.shape.empty() ? Dims() : Dims(array.shape.begin() + 1, array.shape.end());
  if (inner != image && inner != vector)
    throw UserError(301, source + ": the array has not the shape [n][" + std::to_string(shape.c) + "][" +
                             std::to_string(shape.h) + "][" + std::to_string(shape.w) +
                             "] of the network's preprocessed input (count, channels, height, width)");
  const auto which = choose(static_cast<std::size_t>(array.shape[0]), subset, seed);
  model::Batch batch(static_cast<int>(which.size()), shape);
  const std::size_t bytes = shape.size() * sizeof(float);
  for (std::size_t i = 0; i < which.size(); ++i)
    std::memcpy(batch.image(static_cast<int>(i)), array.bytes.data() + which[i] * bytes, bytes);
  return batch;
}

}  // namespace

void PreprocessOptions::add_to(CLI::App* verb) {
  verb->add_option("--resize", resize,
                   "pictures to HxW, or their shorter side to N; default: what the model file says, else not at all");
  verb->add_flag("--crop", crop, "cut the middle out of pictures that are larger than the network's input");
  verb->add_option("--channels", channels,
                   "order of the network's channels; default: what the model file says, else rgb")
      ->check(CLI::IsMember({"rgb", "bgr"}));
  verb->add_option("--pixel-range", pixel_range, "what white is for --mean and --std: 1, or 255")
      ->check(CLI::IsMember({1.0, 255.0}))
      ->capture_default_str();
  verb->add_option("--mean", mean, "x = (pixel / 255 - mean) / std; one number, or one a channel: 0.485,0.456,0.406")
      ->delimiter(',');
  verb->add_option("--std", stddev, "see --mean; default: what the model file says, else mean 0 and std 1")
      ->delimiter(',');
}

model::Metadata PreprocessOptions::apply(const model::Graph& graph) const {
  model::Metadata m = model::read_picture_metadata(graph);
  apply_to(graph.file, &m.preprocess);
  if (!round.empty()) m.preprocess.round = round;
  return m;
}

void PreprocessOptions::apply_to(const std::string& file, model::Preprocess* preprocess) const {
  if (pixel_range != 1 && (mean.empty() || stddev.empty()))
    throw UserError(
        802, fmt::format("--pixel-range {} is the unit of --mean and --std; give both, or leave it out", pixel_range));
  override_channels("--mean", mean, pixel_range, false, &preprocess->mean);
  override_channels("--std", stddev, pixel_range, true, &preprocess->stddev);
  if (!resize.empty()) preprocess->resize = sizes(resize);
  if (crop) preprocess->crop = true;
  if (!channels.empty()) preprocess->bgr = channels == "bgr";
  model::check_preprocess(file, *preprocess);
}

model::Batch read_batch(const model::PictureSet& pictures, const std::vector<std::size_t>& which,
                        const model::Preprocess& preprocess, int threads) {
  model::Batch batch(static_cast<int>(which.size()), {preprocess.h, preprocess.w, preprocess.c});
  model::parallel_for(which.size(), threads, [&](std::size_t i) {
    model::picture_to_float(pictures.read(which[i]), pictures.name(which[i]), preprocess,
                            batch.image(static_cast<int>(i)));
  });
  return batch;
}

std::vector<std::size_t> choose(std::size_t total, std::size_t count, std::uint64_t seed) {
  std::vector<std::size_t> all(total);
  std::iota(all.begin(), all.end(), std::size_t{0});
  if (count == 0 || count >= total) return all;
  // The first `count` steps of a shuffle; the standard's distributions differ between implementations, this does not.
  std::mt19937_64 random(seed);
  for (std::size_t i = 0; i < count; ++i) std::swap(all[i], all[i + random() % (total - i)]);
  all.resize(count);
  std::sort(all.begin(), all.end());
  return all;
}

model::Batch read_calibration(const std::string& source, const std::string& list, const ops::Shape& shape,
                              const model::Preprocess& preprocess, std::size_t subset, std::uint64_t seed,
                              int threads) {
  const auto read = [&](const model::PictureSet& pictures, const model::Preprocess& p) {
    return read_batch(pictures, choose(pictures.size(), subset, seed), p, threads);
  };
  if (!list.empty()) return read(*model::open_listed_pictures(source, list), preprocess);
  if (ends_with(source, ".npy")) {
    const model::Npy array = model::read_npy(source);
    if (array.dtype == "<f4") return array_batch(array, source, shape, subset, seed);
  }
  if (source.rfind("synthetic:", 0) != 0) return read(*model::open_pictures(source), preprocess);
  model::Preprocess as_made = preprocess;
  as_made.resize.clear();
  as_made.crop = false;
  return read(*synthetic(source, shape, seed), as_made);
}

}  // namespace e8::cli
