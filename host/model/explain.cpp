// See explain.h. One overload of Explainer an operator.
#include "host/model/explain.h"

#include <algorithm>
#include <stdexcept>

#include "emu/numerics/dpu.h"
#include "emu/numerics/tflite.h"

namespace e8::model {
namespace {

using ops::Tensor;

/// Fills in an explanation's terms and tail; y, x, c of the output are set before.
class Explainer {
 public:
  Explainer(Explanation* e, std::vector<const Tensor*> inputs) : e_(*e), in_(std::move(inputs)) {}

  void operator()(const ops::ConvParams& p) {
    const int n = in(0).shape.c / p.groups, first = e_.c / (p.cout / p.groups) * n;
    const ops::Window& w = p.window;
    auto weight = p.weights.begin() + static_cast<std::ptrdiff_t>(e_.c) * w.kh * w.kw * n;
    for (int ky = 0; ky < w.kh; ++ky) {
      for (int kx = 0; kx < w.kw; ++kx) {
        for (int i = 0; i < n; ++i) {
          multiply(0, e_.y * w.sh + ky * w.dh - w.top, e_.x * w.sw + kx * w.dw - w.left, first + i, p.pad_value,
                   *weight++);
        }
      }
    }
    tail(p.tail, e_.c);
  }

  void operator()(const ops::DeconvParams& p) {
    const int n = in(0).shape.c / p.groups, first = e_.c / (p.cout / p.groups) * n;
    const ops::Window& w = p.window;
    const auto source = [](int at, int pad, int k, int dilation, int stride) {
      const int scaled = at + pad - k * dilation;
      return scaled >= 0 && scaled % stride == 0 ? scaled / stride : -1;
    };
    auto weight = p.weights.begin() + static_cast<std::ptrdiff_t>(e_.c) * w.kh * w.kw * n;
    for (int ky = 0; ky < w.kh; ++ky) {
      for (int kx = 0; kx < w.kw; ++kx, weight += n) {
        const int y = source(e_.y, w.top, ky, w.dh, w.sh), x = source(e_.x, w.left, kx, w.dw, w.sw);
        if (!inside(in(0), y, x)) continue;
        for (int i = 0; i < n; ++i) multiply(0, y, x, first + i, 0, weight[i]);
      }
    }
    tail(p.tail, e_.c);
  }

  void operator()(const ops::MaxPoolParams& p) {
    e_.maximum = true;
    window(p.window, false, 0);
    tail(p.tail, e_.c);
  }

  void operator()(const ops::AvgPoolParams& p) {
    window(p.window, p.count_pad, p.pad_value);
    e_.param = p.by_count[p.count_pad ? 0 : e_.terms.size() - 1];
    e_.mode = p.mode;
  }

  void operator()(const ops::AddParams& p) {
    e_.mode = p.mode;
    for (std::size_t i = 0; i < 2; ++i) {
      Term t = read(static_cast<int>(i), e_.y, e_.x, e_.c, 0);
      const std::int64_t sign = p.subtract && i == 1 ? -1 : 1;
      switch (p.kind) {
        case ops::AddParams::Kind::kDpu:
          t.product = sign * num::dpu::aligned(t.value, p.sr[i], p.guard);
          e_.param = num::dpu::channel(0, p.sw + p.guard);
          break;
        case ops::AddParams::Kind::kScaled:
          t.factor = sign * p.mult[i];
          t.product = (t.value - p.zp_in[i]) * t.factor;
          e_.param = {0, 1, 1, static_cast<std::uint8_t>(p.shift + 1)};
          break;
        case ops::AddParams::Kind::kTflite:
          t.factor = p.in_m[i];
          t.product = num::tflite::multiply((t.value - p.zp_in[i]) * (std::int64_t{1} << p.left_shift), p.in_m[i],
                                            p.in_shift[i]);
          e_.param = num::tflite::channel(0, p.out_m, p.out_shift);
          e_.mode.double_round = true;
          break;
      }
      e_.terms.push_back(t);
    }
  }

  void operator()(const ops::MulParams& p) {
    const Term b = in(1).shape.h == in(0).shape.h && in(1).shape.w == in(0).shape.w ? read(1, e_.y, e_.x, e_.c, 0)
                                                                                    : read(1, 0, 0, e_.c, 0);
    Term a = read(0, e_.y, e_.x, e_.c, 0);
    a.factor = b.value - p.zp_in[1];
    a.product = (a.value - p.zp_in[0]) * a.factor;
    e_.terms.push_back(a);
    tail(p.tail, e_.c);
  }

  void operator()(const ops::TableParams& p) {
    Term t = read(0, e_.y, e_.x, e_.c, 0);
    t.product = p.table[static_cast<std::size_t>(t.value + 128)];
    e_.terms.push_back(t);
    e_.table = true;
  }

  void operator()(const ops::UpsampleParams& p) {
    multiply(0, e_.y / p.fy, e_.x / p.fx, e_.c, 0, 1);
    tail(p.tail, e_.c);
  }

  void operator()(const ops::ConcatParams& p) {
    int input = 0, at[3] = {e_.y, e_.x, e_.c};
    const auto size = [&] {
      const ops::Shape& s = in(input).shape;
      return p.axis == 0 ? s.h : p.axis == 1 ? s.w : s.c;
    };
    for (; at[p.axis] >= size(); ++input) at[p.axis] -= size();
    multiply(input, at[0], at[1], at[2], 0, 1);
    tail(p.tails[static_cast<std::size_t>(input)], at[2]);
  }

  void operator()(const ops::PadParams& p) { multiply(0, e_.y - p.top, e_.x - p.left, e_.c, p.value, 1); }
  void operator()(const ops::SliceParams& p) { multiply(0, p.y0 + e_.y * p.sy, p.x0 + e_.x * p.sx, p.c0 + e_.c, 0, 1); }
  void operator()(const ops::RequantParams& p) {
    multiply(0, e_.y, e_.x, e_.c, 0, 1);
    tail(p.tail, e_.c);
  }

 private:
  const Tensor& in(int i) const { return *in_[static_cast<std::size_t>(i)]; }
  static bool inside(const Tensor& t, int y, int x) { return y >= 0 && y < t.shape.h && x >= 0 && x < t.shape.w; }

  Term read(int input, int y, int x, int c, int padding) const {
    Term t{input, y, x, c};
    t.padding = !inside(in(input), y, x);
    t.value = t.padding ? padding : in(input).at(y, x, c);
    return t;
  }
  void multiply(int input, int y, int x, int c, int padding, std::int64_t factor) {
    Term t = read(input, y, x, c, padding);
    t.factor = factor;
    t.product = t.value * factor;
    e_.terms.push_back(t);
  }
  void window(const ops::Window& w, bool with_padding, int padding) {
    for (int ky = 0; ky < w.kh; ++ky) {
      for (int kx = 0; kx < w.kw; ++kx) {
        const int y = e_.y * w.sh + ky * w.dh - w.top, x = e_.x * w.sw + kx * w.dw - w.left;
        if (with_padding || inside(in(0), y, x)) multiply(0, y, x, e_.c, padding, 1);
      }
    }
  }
  void tail(const ops::Tail& tail, int channel) {
    e_.param = tail.of(channel);
    e_.mode = tail.mode;
  }

  Explanation& e_;
  std::vector<const Tensor*> in_;
};

/// Is x / 2^n exactly between two integers?
bool is_tie(std::int64_t x, int n) {
  if (n < 1 || n > 62) return false;
  const std::int64_t one = std::int64_t{1} << n;
  return ((x % one) + one) % one == one / 2;
}

void finish(Explanation* e) {
  if (e->table) {
    e->accumulator = e->rounded = e->terms.front().product;
    e->result = static_cast<std::int8_t>(e->rounded);
    return;
  }
  e->accumulator = e->maximum ? -128 : 0;
  for (const Term& t : e->terms) {
    e->accumulator = e->maximum ? std::max(e->accumulator, t.product) : e->accumulator + t.product;
  }
  e->v = 2 * e->accumulator + e->param.b2;
  e->multiplier = e->v < 0 ? e->param.mn : e->param.mp;
  e->t = e->v * std::int64_t{e->multiplier};
  const int s = e->param.s, first = std::min(s, 32);
  e->tie = e->mode.double_round
               ? is_tie(e->t, first) || is_tie(num::round_shift(e->t, first, num::Tie::kHalfUp), s - first)
               : is_tie(e->t, s);
  e->rounded = num::round_tail(e->t, s, e->mode);
  e->result = static_cast<std::int8_t>(num::clamp(e->rounded, e->mode.lo, e->mode.hi));
}

struct Name {
  const char* operator()(const ops::ConvParams&) const { return "conv"; }
  const char* operator()(const ops::DeconvParams&) const { return "deconv"; }
  const char* operator()(const ops::MaxPoolParams&) const { return "max_pool"; }
  const char* operator()(const ops::AvgPoolParams&) const { return "avg_pool"; }
  const char* operator()(const ops::AddParams&) const { return "add"; }
  const char* operator()(const ops::MulParams&) const { return "mul"; }
  const char* operator()(const ops::TableParams&) const { return "table"; }
  const char* operator()(const ops::UpsampleParams&) const { return "upsample"; }
  const char* operator()(const ops::ConcatParams&) const { return "concat"; }
  const char* operator()(const ops::PadParams&) const { return "pad"; }
  const char* operator()(const ops::SliceParams&) const { return "slice"; }
  const char* operator()(const ops::RequantParams&) const { return "requant"; }
};

}  // namespace

const char* op_name(const IntParams& params) { return std::visit(Name{}, params); }

int maker_of(const IntNet& net, int tensor) {
  for (std::size_t n = 0; n < net.nodes.size(); ++n) {
    if (net.nodes[n].output == tensor) return static_cast<int>(n);
  }
  return -1;
}

Explanation explain(const IntNet& net, int node, const std::vector<Tensor>& tensors, int y, int x, int c) {
  const IntNode& n = net.nodes.at(static_cast<std::size_t>(node));
  const Tensor& out = tensors.at(static_cast<std::size_t>(n.output));
  if (y < 0 || x < 0 || c < 0 || y >= out.shape.h || x >= out.shape.w || c >= out.shape.c) {
    throw std::out_of_range("element (" + std::to_string(y) + "," + std::to_string(x) + "," + std::to_string(c) +
                            ") is outside " + std::to_string(out.shape.h) + "x" + std::to_string(out.shape.w) + "x" +
                            std::to_string(out.shape.c));
  }
  Explanation e;
  e.op = op_name(n.params);
  e.output = n.output;
  e.y = y;
  e.x = x;
  e.c = c;
  std::vector<const Tensor*> inputs;
  for (const int i : n.inputs) inputs.push_back(&tensors.at(static_cast<std::size_t>(i)));
  std::visit(Explainer(&e, std::move(inputs)), n.params);
  finish(&e);
  return e;
}

}  // namespace e8::model
