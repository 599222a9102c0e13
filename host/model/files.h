// Whole files in and out of memory.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace e8::model {

/// All bytes of `path`. Throws UserError(id) when it cannot be read or is larger than `limit` bytes.
std::string read_file(const std::string& path, int id, std::uint64_t limit = std::uint64_t{1} << 31);

/// read_file, inflated when it is gzip; at most `limit` bytes come out. Throws UserError(id) on damaged data too.
std::string read_gzip(const std::string& path, int id, std::uint64_t limit = std::uint64_t{1} << 31);

/// Writes beside `path` and renames, so that a reader never sees half a file. Throws UserError(id).
void write_file(const std::string& path, const std::string& bytes, int id);

}  // namespace e8::model
