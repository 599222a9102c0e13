// Pictures as people have them: PNG and JPEG files, folders of them, IDX files (gzip or not), .npy arrays; and labels.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace e8::model {

/// 8-bit pixels, [h][w][c], c = 1 (grey) or 3 (RGB).
struct Picture {
  int h = 0, w = 0, c = 0;
  std::vector<std::uint8_t> pixels;
};

/// An indexed set of pictures; read() is re-entrant.
class PictureSet {
 public:
  virtual ~PictureSet() = default;
  virtual std::size_t size() const = 0;
  virtual std::string name(std::size_t i) const = 0;  ///< a file name, or "file[i]"
  virtual Picture read(std::size_t i) const = 0;
};

/// Opens a file or folder (its .png, .jpg and .jpeg files in name order). Arrays are uint8 [h][w], [h][w][c], [n][h][w]
/// or [n][h][w][c]; a last dimension of 1 or 3 is the channels. Throws UserError: 201 cannot read, 202 not a picture
/// format, too large or damaged (205 for .npy), 203 an empty set. Files of a folder are decoded by read(), which throws
/// the same; read(i) beyond size() throws 203. Labels are never opened.
std::unique_ptr<PictureSet> open_pictures(const std::string& path);

/// The pictures of `folder` that a text file names, one file name a line, in that order (MLPerf's lists of calibration
/// pictures); names may begin with folders inside `folder`. Throws UserError 206 naming the line: nothing else may
/// stand there, least of all a label. 201 when the list cannot be read.
std::unique_ptr<PictureSet> open_listed_pictures(const std::string& folder, const std::string& list);

/// Labels of an IDX file of one dimension (gzip or not). Throws UserError 204.
std::vector<int> read_labels(const std::string& path);

}  // namespace e8::model
