// Which implementation computes convolutions. All give the same bytes; only the time differs.
#pragma once

#include <vector>

namespace e8::ops {

enum class Path {
  kReference,   ///< conv.cpp: the equation as loops, exact sums in 64 bits
  kPortable,    ///< kernels/portable: standard C++ that compilers vectorize
  kAvx2,        ///< kernels/avx2
  kAvx512Vnni,  ///< kernels/avx512vnni
};

const char* path_name(Path p);

/// Paths that this processor and this build can run, slowest first; kReference and kPortable always.
const std::vector<Path>& supported_paths();

/// The path in use; at start the last of supported_paths().
Path path();

/// Forces a path for all threads. Throws std::invalid_argument when it is not supported.
void set_path(Path p);

}  // namespace e8::ops
