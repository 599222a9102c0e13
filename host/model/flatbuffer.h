// FlatBuffers without a schema: tables, vectors and strings by field number, every offset checked before it is
// followed.
//
// A buffer from outside is never trusted: whatever lies outside the bytes is UserError 140 with the offset. Views point
// into the buffer, which must outlive them; nothing is copied, so a small file cannot ask for much memory.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace e8::model::flat {

/// The bytes of a file.
class Buffer {
 public:
  Buffer(std::string file, std::string_view bytes) : file_(std::move(file)), bytes_(bytes) {}
  const std::string& file() const { return file_; }
  std::string_view bytes() const { return bytes_; }

  /// Throws UserError 140: "file: damaged at byte N: what".
  [[noreturn]] void fail(std::uint64_t at, const std::string& what) const;
  /// Throws UserError 140 unless [at, at + size) lies in the file.
  void need(std::uint64_t at, std::uint64_t size) const;
  /// A little-endian number.
  template <typename T>
  T read(std::uint64_t at) const {
    need(at, sizeof(T));
    T value;
    std::memcpy(&value, bytes_.data() + at, sizeof value);
    return value;
  }
  /// Where the unsigned 32-bit offset at `at` points.
  std::uint64_t follow(std::uint64_t at) const { return at + read<std::uint32_t>(at); }

 private:
  std::string file_;
  std::string_view bytes_;
};

/// Numbers of one type, checked to lie in the file.
template <typename T>
class Numbers {
 public:
  Numbers() = default;
  Numbers(const Buffer& buffer, std::uint64_t at) : buffer_(&buffer), n_(buffer.read<std::uint32_t>(at)), at_(at + 4) {
    buffer.need(at_, std::uint64_t{n_} * sizeof(T));
  }
  std::size_t size() const { return n_; }
  T operator[](std::size_t i) const { return buffer_->read<T>(at_ + i * sizeof(T)); }
  /// The numbers' bytes.
  std::string_view bytes() const { return n_ == 0 ? std::string_view() : buffer_->bytes().substr(at_, n_ * sizeof(T)); }

 private:
  const Buffer* buffer_ = nullptr;
  std::uint32_t n_ = 0;
  std::uint64_t at_ = 0;
};

class Tables;

/// A table; fields are numbered in the order of the schema, and absent ones have the schema's default.
class Table {
 public:
  Table(const Buffer& buffer, std::uint64_t at);

  template <typename T>
  T number(int field, T otherwise) const {
    const std::uint64_t at = place(field);
    return at == 0 ? otherwise : buffer_->read<T>(at);
  }
  template <typename T>
  Numbers<T> numbers(int field) const {
    const std::uint64_t at = place(field);
    return at == 0 ? Numbers<T>() : Numbers<T>(*buffer_, buffer_->follow(at));
  }
  std::string_view text(int field) const { return numbers<char>(field).bytes(); }
  std::optional<Table> table(int field) const;
  Tables tables(int field) const;

 private:
  std::uint64_t place(int field) const;  // of a field's value in the file; 0 when absent
  const Buffer* buffer_;
  std::uint64_t at_, vtable_;
  std::uint16_t vtable_bytes_, table_bytes_;
};

/// A vector of tables.
class Tables {
 public:
  Tables() = default;
  Tables(const Buffer& buffer, std::uint64_t at) : buffer_(&buffer), at_(at + 4), offsets_(buffer, at) {}
  std::size_t size() const { return offsets_.size(); }
  Table operator[](std::size_t i) const { return Table(*buffer_, buffer_->follow(at_ + 4 * i)); }

 private:
  const Buffer* buffer_ = nullptr;
  std::uint64_t at_ = 0;
  Numbers<std::uint32_t> offsets_;
};

/// The root table of a buffer whose identifier (bytes 4 to 7) the caller has checked.
inline Table root(const Buffer& buffer) { return Table(buffer, buffer.follow(0)); }

}  // namespace e8::model::flat
