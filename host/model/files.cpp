// Whole files in and out of memory; gzip by zlib.
#include "host/model/files.h"

#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "host/model/error.h"

namespace e8::model {

std::string read_file(const std::string& path, int id, std::uint64_t limit) {
  std::error_code problem;
  const auto status = std::filesystem::status(path, problem);
  if (!std::filesystem::exists(status)) throw UserError(id, path + ": no such file; check the path");
  if (std::filesystem::is_directory(status)) throw UserError(id, path + ": is a folder; name a file");
  std::ifstream in(path, std::ios::binary);
  if (!in) throw UserError(id, path + ": cannot be read (" + std::strerror(errno) + "); check its permissions");
  std::string bytes;
  std::vector<char> block(1 << 20);
  while (in) {
    in.read(block.data(), static_cast<std::streamsize>(block.size()));
    bytes.append(block.data(), static_cast<std::size_t>(in.gcount()));
    if (bytes.size() > limit)
      throw UserError(id, path + ": larger than " + std::to_string(limit) + " bytes, the limit for this kind of file");
  }
  if (in.bad()) throw UserError(id, path + ": reading stopped with an I/O error");
  return bytes;
}

std::string read_gzip(const std::string& path, int id, std::uint64_t limit) {
  std::string packed = read_file(path, id, limit);
  if (packed.size() < 2 || packed[0] != '\x1f' || packed[1] != '\x8b') return packed;
  z_stream z{};
  if (inflateInit2(&z, 15 + 16) != Z_OK) throw UserError(id, path + ": zlib does not start", Exit::kInfrastructure);
  std::string bytes;
  std::vector<unsigned char> block(1 << 20);
  z.next_in = reinterpret_cast<Bytef*>(packed.data());
  z.avail_in = static_cast<uInt>(packed.size());
  int state = Z_OK;
  while (state == Z_OK && bytes.size() <= limit) {
    z.next_out = block.data();
    z.avail_out = static_cast<uInt>(block.size());
    state = inflate(&z, Z_NO_FLUSH);
    bytes.append(reinterpret_cast<const char*>(block.data()), block.size() - z.avail_out);
  }
  inflateEnd(&z);
  if (bytes.size() > limit) throw UserError(id, path + ": inflates to more than " + std::to_string(limit) + " bytes");
  if (state != Z_STREAM_END) throw UserError(id, path + ": damaged or truncated gzip data; fetch the file again");
  return bytes;
}

void write_file(const std::string& path, const std::string& bytes, int id) {
  const std::string part = path + ".part" + std::to_string(getpid());
  std::ofstream out(part, std::ios::binary | std::ios::trunc);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  out.close();
  std::error_code problem;
  if (out) std::filesystem::rename(part, path, problem);
  if (!out || problem) {
    std::error_code ignored;
    std::filesystem::remove(part, ignored);
    throw UserError(id, path + ": cannot be written; check that the folder exists, is writable and has room",
                    Exit::kInfrastructure);
  }
}

}  // namespace e8::model
