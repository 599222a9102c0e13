// See expected.h.
#include "host/cli/expected.h"

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "host/cli/tensor_diff.h"
#include "host/model/error.h"

namespace e8::cli {
namespace {

namespace fs = std::filesystem;

std::vector<std::int64_t> without_ones(std::vector<std::int64_t> shape) {
  shape.erase(std::remove(shape.begin(), shape.end(), 1), shape.end());
  return shape;
}

}  // namespace

std::string file_name(const std::string& tensor) {
  std::string name = tensor;
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '.' && c != '-' && c != '_') c = '_';
  }
  return name;
}

Expected::Expected(const std::string& path, const model::IntNet& face, std::size_t pictures)
    : face_(&face), pictures_(pictures) {
  if (!fs::is_directory(path)) {
    if (face.outputs.size() != 1) {
      throw UserError(707, "--expect " + path + ": '" + face.name + "' has " + std::to_string(face.outputs.size()) +
                               " outputs; name a folder with a <tensor>.npy for each");
    }
    add(face.outputs.front().tensor, path);
    return;
  }
  for (const fs::directory_entry& entry : fs::directory_iterator(path)) {
    if (entry.path().extension() != ".npy") continue;
    const auto named = [&](const model::IntTensor& t) { return file_name(t.name) == entry.path().stem(); };
    const auto found = std::find_if(face.tensors.begin(), face.tensors.end(), named);
    if (found == face.tensors.end()) {
      throw UserError(707, "--expect " + entry.path().string() + ": no tensor of '" + face.name +
                               "' has that name; the first output is '" +
                               file_name(face.tensors.at(static_cast<std::size_t>(face.outputs.front().tensor)).name) +
                               "'");
    }
    add(static_cast<int>(found - face.tensors.begin()), entry.path().string());
  }
  if (arrays_.empty()) throw UserError(707, "--expect " + path + ": no .npy file in it");
}

void Expected::add(int index, const std::string& path) {
  model::Npy array = model::read_npy(path);
  const ops::Shape& s = face_->tensors.at(static_cast<std::size_t>(index)).shape;
  const std::vector<std::int64_t> want{static_cast<std::int64_t>(pictures_), s.h, s.w, s.c};
  if (array.dtype != "|i1" || without_ones(array.shape) != without_ones(want)) {
    throw UserError(707, "--expect " + path + ": array of type " + array.dtype + " and shape " + shown(array.shape) +
                             ", tensor '" + face_->tensors[static_cast<std::size_t>(index)].name + "' of " +
                             std::to_string(pictures_) + " pictures is int8 " + shown(want));
  }
  arrays_[index] = std::move(array);
}

ops::Tensor Expected::tensor(int index, std::size_t i) const {
  ops::Tensor t(face_->tensors.at(static_cast<std::size_t>(index)).shape);
  const std::vector<std::uint8_t>& bytes = arrays_.at(index).bytes;
  std::transform(bytes.begin() + static_cast<std::ptrdiff_t>(i * t.data.size()),
                 bytes.begin() + static_cast<std::ptrdiff_t>((i + 1) * t.data.size()), t.data.begin(),
                 [](std::uint8_t b) { return static_cast<std::int8_t>(b); });
  return t;
}

}  // namespace e8::cli
