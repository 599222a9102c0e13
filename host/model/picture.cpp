// Sets of pictures: one file, a folder, an IDX file, an array.
#include "host/model/picture.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <sstream>

#include "host/model/error.h"
#include "host/model/files.h"
#include "host/model/npy.h"
#include "host/model/picture_formats.h"

namespace e8::model {

namespace {

constexpr int kCannotRead = 201, kDamaged = 202, kEmpty = 203, kLabels = 204, kList = 206;

[[noreturn]] void fail_format(const std::string& path) {
  throw UserError(kDamaged, path + ": not a picture; PNG, JPEG, IDX (also .gz) and uint8 .npy files are supported");
}

Picture decode(const std::string& bytes, const std::string& path) {
  if (is_png(bytes)) return decode_png(bytes, path);
  if (is_jpeg(bytes)) return decode_jpeg(bytes, path);
  fail_format(path);
}

/// PNG and JPEG files, read when they are asked for.
class Files : public PictureSet {
 public:
  explicit Files(std::vector<std::string> paths) : paths_(std::move(paths)) {}
  std::size_t size() const override { return paths_.size(); }
  std::string name(std::size_t i) const override { return paths_.at(i); }
  Picture read(std::size_t i) const override { return decode(read_file(paths_.at(i), kCannotRead), paths_[i]); }

 private:
  std::vector<std::string> paths_;
};

/// Pictures of one size, one behind the other.
class Stack : public PictureSet {
 public:
  Stack(std::string path, std::size_t count, Picture shape, std::vector<std::uint8_t> pixels)
      : path_(std::move(path)), count_(count), shape_(std::move(shape)), pixels_(std::move(pixels)) {}
  std::size_t size() const override { return count_; }
  std::string name(std::size_t i) const override { return path_ + "[" + std::to_string(i) + "]"; }
  Picture read(std::size_t i) const override {
    Picture p = shape_;
    const std::size_t bytes = pixels_.size() / count_;
    const auto first = pixels_.begin() + static_cast<std::ptrdiff_t>(std::min(i, count_) * bytes);
    if (i >= count_)
      throw UserError(kEmpty, path_ + ": has no picture " + std::to_string(i) + "; it has " + std::to_string(count_));
    p.pixels.assign(first, first + static_cast<std::ptrdiff_t>(bytes));
    return p;
  }

 private:
  std::string path_;
  std::size_t count_;
  Picture shape_;  ///< without pixels
  std::vector<std::uint8_t> pixels_;
};

std::unique_ptr<PictureSet> open_stack(const std::string& path, std::uint64_t count, std::uint64_t h, std::uint64_t w,
                                       std::uint64_t c, std::vector<std::uint8_t> pixels) {
  if (count == 0) throw UserError(kEmpty, path + ": holds no pictures");
  check_picture_size(h, w, path);
  Picture shape;
  shape.h = static_cast<int>(h), shape.w = static_cast<int>(w), shape.c = static_cast<int>(c);
  return std::make_unique<Stack>(path, static_cast<std::size_t>(count), std::move(shape), std::move(pixels));
}

std::unique_ptr<PictureSet> open_idx(const std::string& path, std::string bytes) {
  const Idx idx = parse_idx(std::move(bytes), path, 3, kDamaged);
  const auto first = idx.bytes.begin() + static_cast<std::ptrdiff_t>(idx.begin);
  return open_stack(path, idx.dims[0], idx.dims[1], idx.dims[2], 1, {first, idx.bytes.end()});
}

// [h][w], [h][w][1 or 3], [n][h][w] or [n][h][w][1 or 3].
std::unique_ptr<PictureSet> open_npy(const std::string& path, const std::string& bytes) {
  Npy array = parse_npy(bytes, path);
  std::vector<std::int64_t> d = array.shape;
  const bool channels = d.size() >= 3 && (d.back() == 1 || d.back() == 3);
  if (array.dtype != "|u1" || d.size() < 2 || d.size() > 4 || (d.size() == 4 && !channels))
    throw UserError(kDamaged, path + ": array is not uint8 pictures of shape [h][w], [h][w][c], [n][h][w] or " +
                                  "[n][h][w][c] with c 1 or 3");
  if (!channels) d.push_back(1);
  if (d.size() == 3) d.insert(d.begin(), 1);
  const auto n = [&](std::size_t i) { return static_cast<std::uint64_t>(d[i]); };
  return open_stack(path, n(0), n(1), n(2), n(3), std::move(array.bytes));
}

bool named_as_picture(const std::filesystem::path& path) {
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension == ".png" || extension == ".jpg" || extension == ".jpeg";
}

std::unique_ptr<PictureSet> open_folder(const std::string& path) {
  std::vector<std::string> found;
  std::error_code problem;
  for (std::filesystem::directory_iterator entry(path, problem), end; !problem && entry != end;
       entry.increment(problem))
    if (named_as_picture(entry->path()) && !entry->is_directory(problem)) found.push_back(entry->path().string());
  if (problem) throw UserError(kCannotRead, path + ": cannot be listed (" + problem.message() + ")");
  if (found.empty()) throw UserError(kEmpty, path + ": holds no .png, .jpg or .jpeg files");
  std::sort(found.begin(), found.end());
  return std::make_unique<Files>(std::move(found));
}

}  // namespace

void check_picture_size(std::uint64_t h, std::uint64_t w, const std::string& name) {
  if (h == 0 || w == 0 || h > kMaxPictureSide || w > kMaxPictureSide || h * w > kMaxPicturePixels)
    throw UserError(kDamaged, name + ": picture of " + std::to_string(h) + "x" + std::to_string(w) +
                                  " (height, width); 1 to " + std::to_string(kMaxPictureSide) + " a side and " +
                                  std::to_string(kMaxPicturePixels) + " pixels in all are allowed; scale it down");
}

std::unique_ptr<PictureSet> open_pictures(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return open_folder(path);
  std::string bytes = read_gzip(path, kCannotRead);
  if (is_idx(bytes)) return open_idx(path, std::move(bytes));
  if (is_npy(bytes)) return open_npy(path, bytes);
  if (is_png(bytes) || is_jpeg(bytes)) return std::make_unique<Files>(std::vector<std::string>{path});
  fail_format(path);
}

std::unique_ptr<PictureSet> open_listed_pictures(const std::string& folder, const std::string& list) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(folder, ignored))
    throw UserError(kList, folder + ": is no folder; the names of a list (" + list + ") are those of files in one");
  std::istringstream lines(read_file(list, kCannotRead));
  std::vector<std::string> found;
  std::string name;
  for (int number = 1; std::getline(lines, name); ++number) {
    if (!name.empty() && name.back() == '\r') name.pop_back();
    if (name.empty()) continue;
    const auto fail = [&](const std::string& what) {
      throw UserError(kList, list + ": line " + std::to_string(number) + ": '" + name + "' " + what);
    };
    const std::filesystem::path path(name);
    if (path.is_absolute() || std::find(path.begin(), path.end(), "..") != path.end())
      fail("is outside " + folder + "; names inside the folder are allowed");
    if (!std::filesystem::is_regular_file(folder / path, ignored))
      fail("is no file of " + folder + "; one file name a line is allowed, and no label");
    found.push_back((folder / path).string());
  }
  if (found.empty()) throw UserError(kList, list + ": names no pictures; write one file name a line");
  return std::make_unique<Files>(std::move(found));
}

std::vector<int> read_labels(const std::string& path) {
  const Idx idx = parse_idx(read_gzip(path, kLabels), path, 1, kLabels);
  std::vector<int> labels;
  for (std::size_t i = idx.begin; i < idx.bytes.size(); ++i) labels.push_back(static_cast<unsigned char>(idx.bytes[i]));
  return labels;
}

}  // namespace e8::model
