// Static legality of an instruction: the rules of instructions.def, one line each. rtl/control checks the same list.
#include "emu/isa/isa.h"

namespace e8::isa {
namespace {

/// Remembers the first rule that is broken.
class Rules {
 public:
  Rules(const char* opcode, std::string* why) : opcode_(opcode), why_(why) {}

  void require(bool ok, const char* field, std::int64_t value, const char* allowed) {
    if (ok || broken_) return;
    broken_ = true;
    if (why_) *why_ = std::string(opcode_) + "." + field + " = " + std::to_string(value) + ": " + allowed;
  }
  void zero(std::int64_t value, const char* field, const char* when) { require(value == 0, field, value, when); }
  Error result() const { return broken_ ? Error::kILLEGAL_FIELD : Error::kNONE; }

 private:
  const char* opcode_;
  std::string* why_;
  bool broken_ = false;
};

/// The bits that fields of each opcode name, as an instruction with ones there.
const Instruction& named_bits(unsigned opcode) {
  static const std::array<Instruction, 16> all = [] {
    std::array<Instruction, 16> masks{};
    for (unsigned op = 0; op < 16; ++op) {
      for (const FieldInfo& f : fields_of(static_cast<Opcode>(op))) {
        masks[op].put(f, f.is_signed ? -1 : (std::int64_t{1} << f.width) - 1);
      }
    }
    return masks;
  }();
  return all[opcode & 15u];
}

void check_unnamed_bits(const Instruction& i, Rules& r) {
  const Instruction& named = named_bits(i.opcode());
  for (unsigned b = 0; b < i.bytes.size(); ++b) {
    const int extra = i.bytes[b] & ~named.bytes[b];
    r.require(extra == 0, "byte", b, "a bit is set that no field of the opcode names");
  }
}

template <typename T>
void check_tokens(const T& i, Engine own, Rules& r) {
  r.require((i.wait >> own & 1) == 0, "wait", i.wait, "no engine waits for itself");
  r.require((i.signal >> own & 1) == 0, "signal", i.signal, "no engine signals itself");
}

void check_lanes(std::int64_t mask, const char* field, const Config& c, Rules& r) {
  r.require(mask >> c.lanes == 0, field, mask, "names lanes that this build does not have");
}

void check_geometry(const Geometry& g, const Config& c, Rules& r) {
  check_lanes(g.lane_mask, "lane_mask", c, r);
  r.require(g.lanes_x >= 1 && g.lanes_x <= c.lanes, "lanes_x", g.lanes_x, "1..LANES");
}

void check_nop(const Nop& n, Rules& r) {
  r.require(n.engine < kEngines, "engine", n.engine, "0 load, 1 exec, 2 store");
  if (n.engine < kEngines) check_tokens(n, static_cast<Engine>(n.engine), r);
}

/// Weight, parameter and table LOADs are one dense run.
void check_shared_load(const Load& l, Rules& r) {
  constexpr const char* kOne = "must be 1 when the target is not feature memory";
  constexpr const char* kZero = "must be 0 when the target is not feature memory";
  r.require(l.lane_mask == 1, "lane_mask", l.lane_mask, kOne);
  r.require(l.lanes_x == 1, "lanes_x", l.lanes_x, kOne);
  r.require(l.n_rows == 1, "n_rows", l.n_rows, kOne);
  r.require(l.n_blks == 1, "n_blks", l.n_blks, kOne);
  r.require(l.f_word == 1, "f_word", l.f_word, kOne);
  r.zero(l.row_stride, "row_stride", kZero);
  r.zero(l.blk_stride, "blk_stride", kZero);
  r.zero(l.lane_dram, "lane_dram", kZero);
  r.zero(l.f_row, "f_row", kZero);
  r.zero(l.f_blk, "f_blk", kZero);
  r.zero(l.h, "h", kZero);
  r.zero(l.row0, "row0", kZero);
  r.zero(l.lane_row, "lane_row", kZero);
  r.zero(l.col0, "col0", kZero);
  r.zero(l.row_bytes, "row_bytes", kZero);
  r.zero(l.lane_col, "lane_col", kZero);
  r.zero(l.fill, "fill", kZero);
  r.zero(l.step, "step", kZero);
}

void check_load(const Load& l, const Config& c, Rules& r) {
  check_tokens(l, kLoadEngine, r);
  check_geometry(l, c, r);
  r.require(l.target != kTargetTable || c.tables, "target", l.target, "this build has no tables");
  if (l.target == kTargetFeature) {
    r.require(l.step != 0, "step", l.step, "1..255");
  } else {
    check_shared_load(l, r);
  }
}

void check_store(const Store& s, const Config& c, Rules& r) {
  check_tokens(s, kStoreEngine, r);
  check_geometry(s, c, r);
  r.require(s.col0 >= 0, "col0", s.col0, "must not be negative");
  r.require(s.lane_col >= 0, "lane_col", s.lane_col, "must not be negative");
}

void check_shift(const Shift& s, const Config& c, Rules& r) {
  check_tokens(s, kExecEngine, r);
  check_lanes(s.lane_mask, "lane_mask", c, r);
  check_lanes(s.fill_mask, "fill_mask", c, r);
  r.require(s.dist >= -15 && s.dist <= 15 && s.dist != 0, "dist", s.dist, "-15..15, not 0");
}

void check_nest(const Exec& e, const Config& c, Rules& r) {
  constexpr const char* kCount = "1 or more";
  r.require(e.n_ky != 0, "n_ky", e.n_ky, kCount);
  r.require(e.n_kx != 0, "n_kx", e.n_kx, kCount);
  r.require(e.n_i != 0, "n_i", e.n_i, kCount);
  r.require(e.n_g != 0, "n_g", e.n_g, kCount);
  r.require(e.n_y != 0, "n_y", e.n_y, kCount);
  r.require(e.n_x != 0, "n_x", e.n_x, kCount);
  const std::int64_t steps = e.n_ky * e.n_kx * e.n_i;
  r.require(steps <= c.max_steps(), "n_ky*n_kx*n_i", steps, "at most MAX_STEPS = 131071/V");
  const bool one_vector = e.n_g == 1 && e.n_y == 1 && e.n_x == 1;
  r.require(e.acc_keep == 0 || one_vector, "acc_keep", e.acc_keep, "needs n_g = n_y = n_x = 1");
  r.require(e.acc_hold == 0 || one_vector, "acc_hold", e.acc_hold, "needs n_g = n_y = n_x = 1");
}

void check_tail(const Exec& e, const Config& c, Rules& r) {
  r.require(e.tie <= 2, "tie", e.tie, "0 half_up, 1 half_away, 2 half_even");
  r.require(e.double_round == 0 || c.double_round, "double_round", e.double_round, "this build has no double rounding");
  r.require(e.double_round == 0 || e.tie == 0, "tie", e.tie, "must be 0 with double_round");
  r.require(e.zp_first == 0 || (e.tie == 2 && e.double_round == 0), "zp_first", e.zp_first,
            "needs tie = half_even and double_round = 0");
  r.require(e.lo <= e.hi, "lo", e.lo, "must not exceed hi");
}

void check_stage2(const Exec& e, const Config& c, Rules& r) {
  r.require(e.stage2 <= 2, "stage2", e.stage2, "0 none, 1 table, 2 residual");
  r.require(e.stage2 == 0 || c.tables, "stage2", e.stage2, "this build has no tables");
  if (e.stage2 == 0) {
    constexpr const char* kZero = "must be 0 without stage 2";
    r.zero(e.table_bank, "table_bank", kZero);
    r.zero(e.tie2, "tie2", kZero);
    r.zero(e.double_round2, "double_round2", kZero);
    r.zero(e.zp2, "zp2", kZero);
    r.zero(e.lo2, "lo2", kZero);
    r.zero(e.hi2, "hi2", kZero);
    r.zero(e.m2, "m2", kZero);
    r.zero(e.s2, "s2", kZero);
    r.zero(e.r_base, "r_base", kZero);
    r.zero(e.r_g, "r_g", kZero);
    r.zero(e.r_y, "r_y", kZero);
    r.zero(e.r_x, "r_x", kZero);
    return;
  }
  r.require(e.tie2 <= 2, "tie2", e.tie2, "0 half_up, 1 half_away, 2 half_even");
  r.require(e.double_round2 == 0 || c.double_round, "double_round2", e.double_round2,
            "this build has no double rounding");
  r.require(e.double_round2 == 0 || e.tie2 == 0, "tie2", e.tie2, "must be 0 with double_round2");
  r.require(e.lo2 <= e.hi2, "lo2", e.lo2, "must not exceed hi2");
  r.require(e.s2 >= 1 && e.s2 <= 62, "s2", e.s2, "1..62");
  r.require(c.mul_bits != 0 || e.m2 <= 1, "m2", e.m2, "0 or 1: this build has no multiplier");
  r.require(c.mul_bits != 24 || e.m2 >> 24 == 0, "m2", e.m2, "below 2^24: this build's multiplier has 24 bits");
}

void check_exec(const Exec& e, const Config& c, Rules& r) {
  check_tokens(e, kExecEngine, r);
  check_lanes(e.lane_mask, "lane_mask", c, r);
  check_nest(e, c, r);
  check_tail(e, c, r);
  check_stage2(e, c, r);
}

/// END belongs to no engine, so nobody could take or send its tokens.
void check_end(const Instruction& i, Rules& r) {
  for (const FieldInfo& f : fields_of(Opcode::kEND)) {
    if (std::string_view(f.name) != "opcode") r.zero(i.get(f), f.name, "END has no tokens");
  }
}

}  // namespace

Error check(const Instruction& i, const Config& c, std::string* why) {
  const auto name = opcode_name(i.opcode());
  if (!name) {
    if (why) *why = "opcode = " + std::to_string(i.opcode()) + ": no such instruction";
    return Error::kILLEGAL_OPCODE;
  }
  Rules r(name->data(), why);
  check_unnamed_bits(i, r);
  switch (static_cast<Opcode>(i.opcode())) {
    case Opcode::kNOP:
      check_nop(decode_nop(i), r);
      break;
    case Opcode::kLOAD:
      check_load(decode_load(i), c, r);
      break;
    case Opcode::kSHIFT:
      check_shift(decode_shift(i), c, r);
      break;
    case Opcode::kEXEC:
      check_exec(decode_exec(i), c, r);
      break;
    case Opcode::kSTORE:
      check_store(decode_store(i), c, r);
      break;
    case Opcode::kEND:
      check_end(i, r);
      break;
  }
  return r.result();
}

}  // namespace e8::isa
