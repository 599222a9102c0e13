// The register list by offset.
#pragma once

#include <algorithm>
#include <cstdint>

#include "emu/isa/spec.h"

namespace e8::driver {

/// nullptr when no register has that offset.
inline const isa::RegisterRow* find_register(std::uint32_t offset) {
  const auto& rows = isa::spec().registers;
  const auto row =
      std::find_if(rows.begin(), rows.end(), [&](const isa::RegisterRow& r) { return r.offset == offset; });
  return row == rows.end() ? nullptr : &*row;
}

}  // namespace e8::driver
