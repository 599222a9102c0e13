// Builds integer networks in code: operators with random but legal parameters for a configuration, from one seed.
// Used by the compiler's tests and by co-simulation.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "emu/isa/isa.h"
#include "emu/ops/ops.h"
#include "host/model/int_net.h"

namespace e8::test {

class NetBuilder {
 public:
  /// The network's operators need no more than `config` offers.
  NetBuilder(const isa::Config& config, std::uint64_t seed) : config_(config), random_(seed) {
    net_.name = "net" + std::to_string(seed);
    net_.scheme = config.mul_bits == 0 ? "dpu" : "scaled";
    net_.tie = "half_up";
  }

  /// Results that leave the network; without it, the last one.
  void outputs(const std::vector<int>& tensors) {
    net_.outputs.clear();
    for (const int t : tensors) net_.outputs.push_back({t});
  }

  // Each returns the index of its result.

  int input(ops::Shape shape) {
    net_.input = tensor(shape);
    net_.outputs = {{net_.input}};
    return net_.input;
  }

  /// With weights and tail of its own.
  int conv(int in, ops::ConvParams p, const ops::Tail& tail) {
    p.tail = tail;
    return add_node({in}, ops::output_shape(shape(in), p), p);
  }
  int conv(int in, ops::ConvParams p) {
    p.weights = bytes(static_cast<std::size_t>(p.cout * p.window.kh * p.window.kw * (shape(in).c / p.groups)));
    p.tail = tail(p.cout, p.window.kh * p.window.kw * (shape(in).c / p.groups));
    return add_node({in}, ops::output_shape(shape(in), p), p);
  }
  int conv(int in, int cout, ops::Window w, int groups = 1) {
    ops::ConvParams p;
    p.window = w;
    p.cout = cout;
    p.groups = groups;
    p.pad_value = coin() ? std::int8_t{0} : value();
    return conv(in, p);
  }
  int depthwise(int in, ops::Window w) { return conv(in, shape(in).c, w, shape(in).c); }
  /// A convolution whose kernel covers its input.
  int fully_connected(int in, int cout) {
    ops::Window w;
    w.kh = shape(in).h;
    w.kw = shape(in).w;
    return conv(in, cout, w);
  }

  int deconv(int in, int cout, ops::Window w, int groups = 1, int out_pad_h = 0, int out_pad_w = 0) {
    ops::DeconvParams p;
    p.window = w;
    p.cout = cout;
    p.groups = groups;
    p.out_pad_h = out_pad_h;
    p.out_pad_w = out_pad_w;
    const int n = shape(in).c / groups;
    p.weights = bytes(static_cast<std::size_t>(cout * w.kh * w.kw * n));
    p.tail = tail(cout, std::max(1, w.kh * w.kw * n / (w.sh * w.sw)));
    return add_node({in}, ops::output_shape(shape(in), p), p);
  }

  int max_pool(int in, ops::Window w, bool rescale = false) {
    ops::MaxPoolParams p{w, rescale ? rescaling(coin() ? 1 : shape(in).c) : ops::identity_tail()};
    return add_node({in}, ops::output_shape(shape(in), p), p);
  }
  int avg_pool(int in, ops::Window w, bool count_pad) {
    ops::AvgPoolParams p;
    p.window = w;
    p.count_pad = count_pad;
    p.pad_value = count_pad && coin() ? value() : std::int8_t{0};
    p.mode = mode();
    const int k = w.kh * w.kw;
    for (int n = count_pad ? k : 1; n <= k; ++n) p.by_count.push_back(divisor(n));
    return add_node({in}, ops::output_shape(shape(in), p), p);
  }
  int global_avg_pool(int in) {
    ops::Window w;
    w.kh = shape(in).h;
    w.kw = shape(in).w;
    return avg_pool(in, w, true);
  }

  int add(int a, int b, const ops::AddParams& p) { return add_node({a, b}, shape(a), p); }
  /// A random addition of the kind; without tables one that two taps compute.
  int add(int a, int b, ops::AddParams::Kind kind = ops::AddParams::Kind::kDpu) { return add(a, b, add_params(kind)); }

  /// b of a's shape, or one pixel.
  int mul(int a, int b) {
    ops::MulParams p;
    if (config_.mul_bits != 0) p.zp_in = {value(), value()};
    p.tail = tail(shape(a).c, 1);
    return add_node({a, b}, shape(a), p);
  }
  int table(int in) {
    ops::TableParams p;
    for (std::int8_t& t : p.table) t = value();
    return add_node({in}, shape(in), p);
  }
  int upsample(int in, int fy, int fx, bool rescale = false) {
    ops::UpsampleParams p{fy, fx, rescale ? rescaling(shape(in).c) : ops::identity_tail()};
    return add_node({in}, ops::output_shape(shape(in), p), p);
  }
  int concat(const std::vector<int>& in, bool rescale = false, bool one_mode = true, int axis = 2) {
    ops::ConcatParams p;
    p.axis = axis;
    std::vector<ops::Shape> shapes;
    const num::TailMode common = mode();
    for (const int i : in) {
      p.tails.push_back(rescale && coin() ? rescaling(shape(i).c) : ops::identity_tail());
      if (one_mode && rescale) p.tails.back().mode = common;
      shapes.push_back(shape(i));
    }
    return add_node(in, ops::output_shape(shapes, p), p);
  }
  int pad(int in, int top, int left, int bottom, int right) {
    const ops::PadParams p{top, left, bottom, right, value()};
    return add_node({in}, ops::output_shape(shape(in), p), p);
  }
  int slice(int in, const ops::SliceParams& p) { return add_node({in}, p.shape, p); }
  int requant(int in) { return add_node({in}, shape(in), ops::RequantParams{rescaling(coin() ? 1 : shape(in).c)}); }

  const model::IntNet& net() const { return net_; }
  /// The network; its output is the last result.
  model::IntNet take() { return std::move(net_); }
  const ops::Shape& shape(int t) const { return net_.tensors[static_cast<std::size_t>(t)].shape; }

  ops::Tensor random_input() {
    ops::Tensor t(shape(net_.input));
    for (std::int8_t& x : t.data) x = value();
    return t;
  }
  /// 0..n-1.
  int below(int n) { return static_cast<int>(random_() % static_cast<std::uint64_t>(n)); }
  int between(int low, int high) { return low + below(high - low + 1); }
  bool coin() { return below(2) == 0; }
  std::int8_t value() {
    const int kind = below(16);
    return static_cast<std::int8_t>(kind == 0 ? -128 : kind == 1 ? 127 : between(-128, 127));
  }

  num::TailMode mode() {
    num::TailMode m;
    m.tie = static_cast<num::Tie>(below(3));
    m.zp = coin() ? std::int8_t{0} : static_cast<std::int8_t>(between(-20, 20));
    if (config_.double_round && below(4) == 0) {
      m.double_round = true;
    } else if (m.tie == num::Tie::kHalfEven && coin()) {
      m.zp_first = true;
    }
    if (coin()) m.lo = m.zp;  // ReLU
    return m;
  }
  /// A tail that brings sums of k products into range.
  ops::Tail tail(int channels, int k) {
    const int bits = static_cast<int>(std::lround(std::log2(std::sqrt(static_cast<double>(k)) * 60.0)));
    ops::Tail t;
    t.mode = mode();
    for (int c = 0; c < channels; ++c) t.channel.push_back(scale_by(bits + below(2)));
    for (num::ChannelParam& p : t.channel) p.b2 = between(-(1 << (bits + 5)), 1 << (bits + 5));
    return t;
  }
  /// A tail for int8 values, `records` of them.
  ops::Tail rescaling(int records) {
    ops::Tail t;
    t.mode = mode();
    for (int c = 0; c < records; ++c) t.channel.push_back(scale_by(below(2)));
    return t;
  }

  ops::AddParams add_params(ops::AddParams::Kind kind) {
    using Kind = ops::AddParams::Kind;
    ops::AddParams p;
    p.kind = kind;
    p.mode = mode();
    p.mode.double_round = p.mode.double_round && kind == Kind::kScaled;
    p.mode.zp_first = p.mode.zp_first && kind == Kind::kScaled;
    p.subtract = kind != Kind::kTflite && coin();
    if (kind == Kind::kDpu) {
      p.guard = config_.tables ? between(0, 7) : 2;
      p.sr[static_cast<std::size_t>(below(2))] = between(0, config_.tables ? 6 : p.guard);
      p.sw = between(-2, 2);
    } else if (kind == Kind::kScaled) {
      const int limit = config_.tables ? 1 << 20 : 120;
      for (std::size_t i = 0; i < 2; ++i) {
        p.mult[i] = between(limit / 4, limit);
        p.zp_in[i] = static_cast<std::int8_t>(between(-10, 10));
      }
      p.shift = config_.tables ? 20 : 7;
    } else {
      p.mode.tie = num::Tie::kHalfUp;
      for (std::size_t i = 0; i < 2; ++i) {
        p.in_m[i] = between(1 << 30, 2147483647);
        p.in_shift[i] = -between(0, 3);
        p.zp_in[i] = static_cast<std::int8_t>(between(-128, 127));
      }
      p.out_m = between(1 << 30, 2147483647);
      p.out_shift = -between(17, 21);
    }
    return p;
  }

 private:
  int tensor(ops::Shape s) {
    net_.tensors.push_back({"t" + std::to_string(net_.tensors.size()), s, 0.5, 0});
    return static_cast<int>(net_.tensors.size()) - 1;
  }
  int add_node(std::vector<int> inputs, ops::Shape out, model::IntParams p) {
    const int o = tensor(out);
    net_.nodes.push_back({"n" + std::to_string(net_.nodes.size()), std::move(inputs), o, std::move(p)});
    net_.outputs = {{o}};
    return o;
  }
  std::vector<std::int8_t> bytes(std::size_t n) {
    std::vector<std::int8_t> b(n);
    for (std::int8_t& x : b) x = value();
    return b;
  }
  /// V / 2^(bits + 1) times a factor in [0.5, 1) where there is a multiplier; sometimes leaky.
  num::ChannelParam scale_by(int bits) {
    num::ChannelParam p;
    p.s = static_cast<std::uint8_t>(bits + 1);
    if (config_.mul_bits == 0) return p;
    const int m = config_.mul_bits == 24 || coin() ? 24 : 31;
    p.mp = p.mn = static_cast<std::uint32_t>(between(1 << (m - 2), (1 << (m - 1)) - 1)) * 2u + 1u;
    p.s = static_cast<std::uint8_t>(p.s + m);
    if (below(4) == 0) p.mn = p.mp / 10;
    return p;
  }
  /// 1/n: a power of two or small multiplier without a real one.
  num::ChannelParam divisor(int n) {
    const int bits = config_.mul_bits == 0 ? 6 : 22;
    int s = bits;
    while ((1 << (s - bits)) < n) ++s;
    num::ChannelParam p;
    p.mp = p.mn = static_cast<std::uint32_t>(((std::int64_t{1} << s) + n - 1) / n);
    p.s = static_cast<std::uint8_t>(s + 1);
    return p;
  }

  const isa::Config& config_;
  std::mt19937_64 random_;
  model::IntNet net_;
};

}  // namespace e8::test
