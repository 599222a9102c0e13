// One list of fields a structure, which writes it and reads it: little-endian, as many bytes as the type has; arrays of
// varying size behind their 32-bit count.
#include "host/compile/cpu_section.h"

#include <array>
#include <stdexcept>
#include <type_traits>

#include "host/compile/check_net.h"
#include "host/compile/program_info.h"

namespace e8::compile {
namespace {

constexpr int kMost = 1 << 24;        // of any int: sizes, strides, shifts; keeps products in 64 bits
constexpr int kMostWindow = 1 << 15;  // of a window's numbers: keeps its products in 31 bits

class Writer {
 public:
  std::string bytes;

  template <typename T>
  void number(T& value) {
    auto v = static_cast<std::uint64_t>(value);
    for (std::size_t i = 0; i < sizeof(T); ++i, v >>= 8) bytes.push_back(static_cast<char>(v & 0xFF));
  }
  template <typename T>
  void choice(T& value, T) {
    auto v = static_cast<std::uint8_t>(value);
    number(v);
  }
  void limit(int, int) {}  // what is written has been checked
  template <typename List>
  void count(List& list) {
    auto n = static_cast<std::uint32_t>(list.size());
    number(n);
  }
};

class Reader {
 public:
  explicit Reader(const std::string& from) : from_(from) {}

  template <typename T>
  void number(T& value) {
    if (from_.size() - at_ < sizeof(T)) throw BadInfo("ends inside node " + std::to_string(node));
    std::uint64_t v = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) v |= std::uint64_t{static_cast<std::uint8_t>(from_[at_ + i])} << 8 * i;
    at_ += sizeof(T);
    value = static_cast<T>(v);
    if (std::is_same_v<T, int> &&
        (static_cast<std::int64_t>(value) > kMost || static_cast<std::int64_t>(value) < -kMost))
      bad("has the number " + std::to_string(value));
  }
  template <typename T>
  void choice(T& value, T last) {
    std::uint8_t v = 0;
    number(v);
    if (v > static_cast<std::uint8_t>(last)) bad("has an unknown choice " + std::to_string(v));
    value = static_cast<T>(v);
  }
  void limit(int value, int most) const {
    if (value < -most || value > most)
      bad("has a window with the number " + std::to_string(value) + "; at most " + std::to_string(most) +
          " is allowed");
  }
  template <typename List>
  void count(List& list) {
    std::uint32_t n = 0;
    number(n);
    if (n > from_.size() - at_) bad("has an array of " + std::to_string(n) + " items, longer than the section");
    list.resize(n);
  }
  [[noreturn]] void bad(const std::string& what) const { throw BadInfo("node " + std::to_string(node) + " " + what); }
  bool at_end() const { return at_ == from_.size(); }

  std::size_t node = 0;  ///< being read

 private:
  const std::string& from_;
  std::size_t at_ = 0;
};

template <typename A, typename T>
void fields(A& a, T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    a.choice(value, true);
  } else {
    static_assert(std::is_integral_v<T>, "a structure needs a list of its fields");
    a.number(value);
  }
}
template <typename A>
void fields(A& a, std::string& text);
template <typename A, typename T>
void fields(A& a, std::vector<T>& list);
template <typename A, typename T, std::size_t N>
void fields(A& a, std::array<T, N>& list);

template <typename A, typename... T>
void each(A& a, T&... values) {
  (fields(a, values), ...);
}

template <typename A>
void fields(A& a, num::Tie& tie) {
  a.choice(tie, num::Tie::kHalfEven);
}
template <typename A>
void fields(A& a, num::ChannelParam& p) {
  each(a, p.b2, p.mp, p.mn, p.s);
}
template <typename A>
void fields(A& a, num::TailMode& m) {
  each(a, m.tie, m.double_round, m.zp_first, m.zp, m.lo, m.hi);
}
template <typename A>
void fields(A& a, ops::Tail& t) {
  each(a, t.channel, t.mode);
}
template <typename A>
void fields(A& a, ops::Window& w) {
  for (int* n : {&w.kh, &w.kw, &w.sh, &w.sw, &w.dh, &w.dw, &w.top, &w.left, &w.bottom, &w.right}) {
    a.number(*n);
    a.limit(*n, kMostWindow);
  }
}
template <typename A>
void fields(A& a, ops::Shape& s) {
  each(a, s.h, s.w, s.c);
}
template <typename A>
void fields(A& a, ops::ConvParams& p) {
  each(a, p.window, p.cout, p.groups, p.pad_value, p.weights, p.tail);
}
template <typename A>
void fields(A& a, ops::DeconvParams& p) {
  each(a, p.window, p.out_pad_h, p.out_pad_w, p.cout, p.groups, p.weights, p.tail);
}
template <typename A>
void fields(A& a, ops::MaxPoolParams& p) {
  each(a, p.window, p.tail);
}
template <typename A>
void fields(A& a, ops::AvgPoolParams& p) {
  each(a, p.window, p.count_pad, p.pad_value, p.by_count, p.mode);
}
template <typename A>
void fields(A& a, ops::AddParams& p) {
  a.choice(p.kind, ops::AddParams::Kind::kTflite);
  each(a, p.subtract, p.mode, p.guard, p.sr, p.sw, p.mult, p.shift, p.zp_in, p.left_shift, p.in_shift, p.out_shift);
  std::array<std::uint32_t, 3> m{static_cast<std::uint32_t>(p.in_m[0]), static_cast<std::uint32_t>(p.in_m[1]),
                                 static_cast<std::uint32_t>(p.out_m)};  // full 32 bits, unlike other ints
  fields(a, m);
  p.in_m = {static_cast<std::int32_t>(m[0]), static_cast<std::int32_t>(m[1])};
  p.out_m = static_cast<std::int32_t>(m[2]);
}
template <typename A>
void fields(A& a, ops::MulParams& p) {
  each(a, p.zp_in, p.tail);
}
template <typename A>
void fields(A& a, ops::TableParams& p) {
  fields(a, p.table);
}
template <typename A>
void fields(A& a, ops::UpsampleParams& p) {
  each(a, p.fy, p.fx, p.tail);
}
template <typename A>
void fields(A& a, ops::ConcatParams& p) {
  each(a, p.tails, p.axis);
}
template <typename A>
void fields(A& a, ops::PadParams& p) {
  each(a, p.top, p.left, p.bottom, p.right, p.value);
}
template <typename A>
void fields(A& a, ops::SliceParams& p) {
  each(a, p.y0, p.x0, p.c0, p.shape, p.sy, p.sx);
}
template <typename A>
void fields(A& a, ops::RequantParams& p) {
  fields(a, p.tail);
}
template <typename A>
void fields(A& a, isa::Region& region) {
  a.choice(region, isa::kRegionScratch);
}
template <typename A>
void fields(A& a, Place& p) {
  each(a, p.region, p.offset, p.row_stride, p.blk_stride, p.block);
}

/// Makes params hold alternative number `kind`.
template <std::size_t I = 0>
void hold(model::IntParams& params, std::size_t kind) {
  if constexpr (I < std::variant_size_v<model::IntParams>) {
    if (I == kind) {
      params.emplace<I>();
    } else {
      hold<I + 1>(params, kind);
    }
  }
}

template <typename A>
void fields(A& a, CpuNode& c) {
  auto kind = static_cast<std::uint8_t>(c.node.params.index());
  a.choice(kind, static_cast<std::uint8_t>(std::variant_size_v<model::IntParams> - 1));
  if (kind != c.node.params.index()) hold(c.node.params, kind);
  each(a, c.node.name, c.node.inputs, c.node.output, c.why, c.macs, c.at, c.inputs, c.output);
  std::visit([&](auto& p) { fields(a, p); }, c.node.params);
}

template <typename A>
void fields(A& a, std::string& text) {
  a.count(text);
  for (char& c : text) a.number(c);
}
template <typename A, typename T>
void fields(A& a, std::vector<T>& list) {
  a.count(list);
  for (T& item : list) fields(a, item);
}
template <typename A, typename T, std::size_t N>
void fields(A& a, std::array<T, N>& list) {
  for (T& item : list) fields(a, item);
}

// ------------------------------------------------------------------------------------------------ check

const TensorInfo& tensor(const Reader& r, const Program& p, int index) {
  if (index < 0 || static_cast<std::size_t>(index) >= p.tensors.size()) r.bad("names tensor " + std::to_string(index));
  return p.tensors[static_cast<std::size_t>(index)];
}

void check_place(const Reader& r, const Program& p, const Place& place, const ops::Shape& shape) {
  if (place.block < 1 || place.offset + place_bytes(place, shape) > p.region_bytes[place.region])
    r.bad("has a tensor that leaves its region");
}

void check(const Reader& r, const Program& p, const CpuNode& c) {
  std::vector<ops::Shape> in;
  for (const int i : c.node.inputs) in.push_back(tensor(r, p, i).shape);
  const ops::Shape& out = tensor(r, p, c.node.output).shape;
  try {
    if (!(check_node(c.node, in) == out)) r.bad("does not give its tensor's shape");
  } catch (const std::invalid_argument& e) {
    r.bad(e.what());
  }
  if (c.inputs.size() != in.size()) r.bad("has not a place for each input");
  for (std::size_t i = 0; i < in.size(); ++i) check_place(r, p, c.inputs[i], in[i]);
  check_place(r, p, c.output, out);
  const std::uint32_t before = p.cpu.empty() ? 0 : p.cpu.back().at;
  const bool ends =
      c.at == 0 || (c.at <= p.code.size() && p.code[c.at - 1].opcode() == static_cast<unsigned>(isa::Opcode::kEND));
  if (c.at < before || !ends) r.bad("runs before instruction " + std::to_string(c.at) + ", which follows no END");
}

}  // namespace

std::string write_cpu(const Program& program) {
  Writer w;
  std::vector<CpuNode> nodes = program.cpu;  // a list of fields may change what it names
  fields(w, nodes);
  return w.bytes;
}

void read_cpu(const std::string& bytes, Program* program) {
  Reader r(bytes);
  std::uint32_t nodes = 0;
  r.number(nodes);
  for (; r.node < nodes; ++r.node) {
    CpuNode c;
    fields(r, c);
    check(r, *program, c);
    program->cpu.push_back(std::move(c));
  }
  if (!r.at_end()) throw BadInfo("goes on behind its " + std::to_string(nodes) + " nodes");
}

}  // namespace e8::compile
