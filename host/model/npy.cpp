// The .npy format: magic, version, length, a Python dictionary as text, data.
#include "host/model/npy.h"

#include <algorithm>
#include <cctype>
#include <cstring>

#include "host/model/error.h"
#include "host/model/files.h"

namespace e8::model {

namespace {

constexpr char kMagic[] = "\x93NUMPY";
constexpr std::size_t kMagicSize = 6, kAlign = 64, kMaxRank = 32;

struct Type {
  const char* dtype;
  std::size_t bytes;
};
constexpr Type kTypes[] = {{"|i1", 1}, {"|u1", 1}, {"<i4", 4}, {"<i8", 8}, {"<f4", 4}};

const Type* find_type(const std::string& dtype) {
  for (const Type& t : kTypes)
    if (dtype == t.dtype) return &t;
  return nullptr;
}

/// Reads {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }.
class Header {
 public:
  Header(const std::string& text, const std::string& name) : text_(text), name_(name) {}

  Npy parse() {
    expect('{');
    while (!accept('}')) {
      entry();
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    blanks();
    if (at_ != text_.size()) fail("has text behind its dictionary");
    if (array_.dtype.empty() || !has_order_ || !has_shape_) fail("lacks descr, fortran_order or shape");
    return std::move(array_);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw UserError(205, name_ + ": .npy header " + what + "; save it again with numpy.save");
  }
  void blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
  }
  bool accept(char c) {
    blanks();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!accept(c)) fail(std::string("is damaged: no '") + c + "' where one must be");
  }
  std::string quoted() {
    expect('\'');
    const std::size_t end = text_.find('\'', at_);
    if (end == std::string::npos) fail("is damaged: a text does not end");
    const std::string s = text_.substr(at_, end - at_);
    at_ = end + 1;
    return s;
  }
  void entry() {
    const std::string key = quoted();
    expect(':');
    if (key == "descr") {
      array_.dtype = quoted();
      if (find_type(array_.dtype) == nullptr)
        fail("has type '" + array_.dtype + "'; int8, uint8, int32, int64 and float32, little-endian, are supported");
    } else if (key == "fortran_order") {
      blanks();
      if (text_.compare(at_, 5, "False") != 0) fail("is in Fortran order, or damaged; only C order is supported");
      at_ += 5;
      has_order_ = true;
    } else if (key == "shape") {
      shape();
    } else {
      fail("has an unknown entry '" + key + "'");
    }
  }
  void shape() {
    array_.shape.clear();
    expect('(');
    while (!accept(')')) {
      array_.shape.push_back(integer());
      if (array_.shape.size() > kMaxRank) fail("has more than " + std::to_string(kMaxRank) + " dimensions");
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
    has_shape_ = true;
  }
  std::int64_t integer() {
    blanks();
    std::int64_t x = 0;
    const std::size_t first = at_;
    for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_) {
      if (at_ - first > 12) fail("has a dimension that is too large");
      x = x * 10 + (text_[at_] - '0');
    }
    if (at_ == first) fail("is damaged: no number where one must be");
    return x;
  }

  const std::string& text_;
  const std::string& name_;
  std::size_t at_ = 0;
  Npy array_;
  bool has_order_ = false, has_shape_ = false;
};

void check_size(const Npy& array, std::size_t there, const std::string& name) {
  std::size_t need = array.item_bytes();
  const bool empty = std::count(array.shape.begin(), array.shape.end(), 0) > 0;
  for (std::int64_t d : array.shape) {
    if (empty) need = 0;
    if (need > there) break;
    need *= static_cast<std::size_t>(d);  // below 2^64: need <= there < 2^31, d < 10^13
  }
  if (need != there)
    throw UserError(205, name + ": .npy shape needs " + (need > there ? "at least " : "") + std::to_string(need) +
                             " bytes of data, the file has " + std::to_string(there) + "; fetch or save it again");
}

}  // namespace

bool is_npy(const std::string& bytes) { return bytes.compare(0, kMagicSize, kMagic) == 0; }

std::size_t Npy::item_bytes() const {
  const Type* type = find_type(dtype);
  return type == nullptr ? 0 : type->bytes;
}

std::size_t Npy::size() const {
  std::size_t n = 1;
  for (std::int64_t d : shape) n *= static_cast<std::size_t>(d);
  return n;
}

Npy parse_npy(const std::string& bytes, const std::string& name) {
  if (!is_npy(bytes) || bytes.size() < kMagicSize + 2) throw UserError(205, name + ": not a .npy file");
  const int version = static_cast<unsigned char>(bytes[kMagicSize]);
  if (version != 1 && version != 2)
    throw UserError(205, name + ": .npy version " + std::to_string(version) + "; 1 and 2 are supported");
  const std::size_t length_bytes = version == 1 ? 2 : 4, begin = kMagicSize + 2 + length_bytes;
  std::size_t length = 0;
  for (std::size_t i = begin; i-- > kMagicSize + 2;)
    length = length << 8 | (i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0U);
  if (bytes.size() < begin || length > bytes.size() - begin)
    throw UserError(205, name + ": .npy header is cut off; fetch or save it again");
  const std::string header = bytes.substr(begin, length);
  Npy array = Header(header, name).parse();
  check_size(array, bytes.size() - begin - length, name);
  array.bytes.assign(bytes.begin() + static_cast<std::ptrdiff_t>(begin + length), bytes.end());
  return array;
}

Npy read_npy(const std::string& path) { return parse_npy(read_file(path, 205), path); }

void write_npy(const std::string& path, const Npy& array) {
  if (array.item_bytes() == 0 || array.bytes.size() != array.size() * array.item_bytes())
    throw std::invalid_argument("write_npy: type or data do not fit the shape");
  std::string text = "{'descr': '" + array.dtype + "', 'fortran_order': False, 'shape': (";
  for (std::int64_t d : array.shape) text += std::to_string(d) + ", ";
  if (array.shape.size() > 1) text.resize(text.size() - 2);
  if (array.shape.size() == 1) text.pop_back();
  text += "), }";
  const std::size_t before = kMagicSize + 4;
  text.append(kAlign - (before + text.size() + 1) % kAlign, ' ');
  text += '\n';
  std::string bytes(kMagic, kMagicSize);
  bytes += {'\x01', '\x00', static_cast<char>(text.size() & 255), static_cast<char>(text.size() >> 8)};
  bytes += text;
  bytes.append(array.bytes.begin(), array.bytes.end());
  write_file(path, bytes, 206);
}

}  // namespace e8::model
