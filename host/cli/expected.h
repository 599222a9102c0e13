// Tensors that somebody says are right: --expect FILE.npy (the output) or a folder with <tensor>.npy files.
#pragma once

#include <map>
#include <string>

#include "host/model/int_net.h"
#include "host/model/npy.h"

namespace e8::cli {

class Expected {
 public:
  Expected() = default;
  /// Arrays are int8, [h][w][c] for one picture, [n][h][w][c] for `pictures`; dimensions of 1 may be left out. Throws
  /// UserError 707: a name that is no tensor's, another shape or type, an empty folder; and what reading throws.
  Expected(const std::string& path, const model::IntNet& face, std::size_t pictures);

  bool empty() const { return arrays_.empty(); }
  const std::map<int, model::Npy>& arrays() const { return arrays_; }  ///< by tensor index
  /// Of picture i, 0..pictures-1.
  ops::Tensor tensor(int index, std::size_t i) const;

 private:
  void add(int index, const std::string& path);

  const model::IntNet* face_ = nullptr;
  std::size_t pictures_ = 0;
  std::map<int, model::Npy> arrays_;
};

/// A tensor's name as a file name: what is no letter, digit, '.', '-' or '_' becomes '_'.
std::string file_name(const std::string& tensor);

}  // namespace e8::cli
