// See flatbuffer.h. A table begins with the distance back to its vtable: [bytes of vtable, bytes of table, one offset a
// field, 0 where the field is absent], all 16-bit.
#include "host/model/flatbuffer.h"

#include "host/model/error.h"

namespace e8::model::flat {

void Buffer::fail(std::uint64_t at, const std::string& what) const {
  throw UserError(140, file_ + ": damaged at byte " + std::to_string(at) + ": " + what + "; copy or convert it again");
}

void Buffer::need(std::uint64_t at, std::uint64_t size) const {
  if (at > bytes_.size() || size > bytes_.size() - at)
    fail(at, std::to_string(size) + " bytes are needed and the file has " + std::to_string(bytes_.size()));
}

Table::Table(const Buffer& buffer, std::uint64_t at) : buffer_(&buffer), at_(at) {
  const std::int64_t vtable = static_cast<std::int64_t>(at) - buffer.read<std::int32_t>(at);
  if (vtable < 0) buffer.fail(at, "a table's description lies before the file");
  vtable_ = static_cast<std::uint64_t>(vtable);
  vtable_bytes_ = buffer.read<std::uint16_t>(vtable_);
  if (vtable_bytes_ < 4) buffer.fail(vtable_, "a table's description has " + std::to_string(vtable_bytes_) + " bytes");
  buffer.need(vtable_, vtable_bytes_);
  table_bytes_ = buffer.read<std::uint16_t>(vtable_ + 2);
  buffer.need(at_, table_bytes_);
}

std::uint64_t Table::place(int field) const {
  const std::uint64_t entry = 4 + 2 * static_cast<std::uint64_t>(field);
  if (entry + 2 > vtable_bytes_) return 0;
  const auto offset = buffer_->read<std::uint16_t>(vtable_ + entry);
  if (offset >= table_bytes_ && offset != 0) buffer_->fail(vtable_ + entry, "a field lies outside its table");
  return offset == 0 ? 0 : at_ + offset;
}

std::optional<Table> Table::table(int field) const {
  const std::uint64_t at = place(field);
  if (at == 0) return std::nullopt;
  return Table(*buffer_, buffer_->follow(at));
}

Tables Table::tables(int field) const {
  const std::uint64_t at = place(field);
  return at == 0 ? Tables() : Tables(*buffer_, buffer_->follow(at));
}

}  // namespace e8::model::flat
