// Convolution (any groups) and transposed convolution.
#include <algorithm>
#include <numeric>

#include "host/compile/layout.h"
#include "host/compile/lowering.h"

namespace e8::compile {
namespace {

/// Weights [cout][kh][kw][n] of `groups` groups: m = cout / groups outputs each read n = cin / groups inputs.
struct Filter {
  const std::vector<std::int8_t>& weights;
  int kh, kw, n, m, cout;
  int first_input(int o) const { return o / m * n; }
  const std::int8_t* tap(int o, int ky, int kx) const {
    return weights.data() + ((static_cast<std::ptrdiff_t>(o) * kh + ky) * kw + kx) * n;
  }
};

/// The kernel rows and columns of a phase's taps, in order; none where the phase gets no term.
struct Taps {
  std::vector<int> ky, kx;
};

/// The blocks that hold the inputs of each output group: exactly those, so grouped and depthwise waste no step.
std::vector<BlockRange> block_ranges(const Filter& f, int v) {
  std::vector<BlockRange> reads;
  for (int o = 0; o < f.cout; o += v) {
    const int last = std::min(o + v, f.cout) - 1;
    const int first = f.first_input(o) / v, end = div_up(f.first_input(last) + f.n, v);
    reads.push_back({first, end - first});
  }
  return reads;
}

/// Fills the words of a phase and group: word (ky, kx, i), byte j*V + c.
void fill_words(const Filter& f, const Taps& taps, const BlockRange& reads, int group, int v, std::int8_t* words) {
  for (int j = 0; j < v && group * v + j < f.cout; ++j) {
    const int o = group * v + j;
    int tap = 0;
    for (const int ky : taps.ky) {
      for (const int kx : taps.kx) {
        const std::int8_t* from = f.tap(o, ky, kx);
        for (int i = 0; i < f.n; ++i) {
          const int c = f.first_input(o) + i;
          const std::ptrdiff_t word = static_cast<std::ptrdiff_t>(tap) * reads.count + c / v - reads.first;
          words[(word * v + j) * v + c % v] = from[i];
        }
        ++tap;
      }
    }
  }
}

std::vector<int> all_taps(int n) {
  std::vector<int> taps(static_cast<std::size_t>(n));
  std::iota(taps.begin(), taps.end(), 0);
  return taps;
}

/// A dense row read so that a word holds the neighbouring pixels a kernel row needs: word k of an output column begins
/// `distance` words after word k-1, i.e. stride = distance * pitch <= V bytes later.
struct Unfolding {
  int pitch = 0, distance = 0, words = 0;
  int stride() const { return distance * pitch; }
  int word(int byte) const { return std::min(byte / stride(), words - 1); }
  int place(int byte) const { return byte - word(byte) * stride(); }
};

/// The unfolding with the fewest words a kernel row. `column`: bytes between output columns; `row`: bytes of a kernel
/// row.
Unfolding unfold(int column, int row, int v) {
  constexpr int kMaxStep = 255;  // LOAD.step
  Unfolding u;
  int parts = 1;
  while (column % parts != 0 || column / parts > std::min(v, kMaxStep)) ++parts;
  u.pitch = column / parts;
  u.distance = v / u.pitch;
  u.words = row <= v ? 1 : div_up(row - v, u.stride()) + 1;
  return u;
}

/// Makes the layer read a dense source unfolded, when that takes fewer steps.
void try_unfold(const Lowering& l, Layer& layer, const ops::ConvParams& p, const Filter& f) {
  const TensorSlot& in = l.tensors()[static_cast<std::size_t>(layer.sources[0].tensor)];
  const ops::Window& w = p.window;
  if (!in.dense || p.groups != 1) return;
  const int pixel = in.shape.c;
  const Unfolding u = unfold(w.sw * pixel, ((w.kw - 1) * w.dw + 1) * pixel, l.v());
  if (u.words >= w.kw) return;
  layer.columns = {true,        u.pitch, -w.left * pixel, w.sw * pixel / u.pitch, (u.words - 1) * u.distance + 1,
                   w.sw * pixel};
  Phase& phase = layer.phases[0];
  phase.n_kx = u.words;
  phase.dx = u.distance;
  phase.ox = 0;
  layer.weights = [f, u, dw = w.dw, pixel, v = l.v()](int, int group, std::int8_t* words) {
    for (int j = 0; j < v && group * v + j < f.cout; ++j) {
      for (int ky = 0; ky < f.kh; ++ky) {
        for (int kx = 0; kx < f.kw; ++kx) {
          const std::int8_t* from = f.tap(group * v + j, ky, kx);
          for (int c = 0; c < pixel; ++c) {
            const int byte = kx * dw * pixel + c;
            words[((ky * u.words + u.word(byte)) * v + j) * v + u.place(byte)] = from[c];
          }
        }
      }
    }
  };
}

/// Taps of a transposed convolution along one axis that reach pixel `at` of every cell, by rising input position:
/// output at + cell*stride takes input cell + (at + pad - k*dilation) / stride where that is whole.
struct AxisPhase {
  std::vector<int> taps;
  int origin = 0, distance = 1;
};

AxisPhase axis_phase(int at, int pad, int kernel, int dilation, int stride) {
  AxisPhase a;
  for (int k = kernel - 1; k >= 0; --k) {
    const int offset = at + pad - k * dilation;
    if (offset % stride != 0) continue;
    if (a.taps.empty()) a.origin = offset / stride;
    if (a.taps.size() == 1) a.distance = offset / stride - a.origin;
    a.taps.push_back(k);
  }
  return a;
}

}  // namespace

Layer lower_conv(const Lowering& l, const model::IntNode& node, const ops::ConvParams& p) {
  Layer layer = l.start(node, p.groups == 1 ? "conv" : p.groups == p.cout ? "depthwise" : "grouped_conv");
  const ops::Window& w = p.window;
  const int n = l.shape(node.inputs[0]).c / p.groups;
  const Filter f{p.weights, w.kh, w.kw, n, p.cout / p.groups, p.cout};
  layer.sources = {l.source(node.inputs[0])};
  layer.sy = w.sh;
  layer.sx = w.sw;
  layer.fill = p.pad_value;
  layer.phases = {{w.kh, w.kw, w.dh, w.dw, -w.top, -w.left, 0, 0}};
  layer.reads = block_ranges(f, l.v());
  layer.macs = layer.out.size() * static_cast<std::size_t>(w.kh * w.kw * n);
  const Taps taps{all_taps(w.kh), all_taps(w.kw)};
  layer.weights = [f, taps, reads = layer.reads, v = l.v()](int, int group, std::int8_t* words) {
    fill_words(f, taps, reads[static_cast<std::size_t>(group)], group, v, words);
  };
  try_unfold(l, layer, p, f);
  l.set_tail(layer, p.tail);
  l.finish(layer);
  return layer;
}

Layer lower_deconv(const Lowering& l, const model::IntNode& node, const ops::DeconvParams& p) {
  Layer layer = l.start(node, "deconv");
  const ops::Window& w = p.window;
  const ops::Shape& in = l.shape(node.inputs[0]);
  const int n = in.c / p.groups;
  const Filter f{p.weights, w.kh, w.kw, n, p.cout / p.groups, p.cout};
  layer.sources = {l.source(node.inputs[0])};
  layer.cell_h = w.sh;
  layer.cell_w = w.sw;
  layer.reads = block_ranges(f, l.v());
  layer.macs = in.size() / static_cast<std::size_t>(p.groups) * static_cast<std::size_t>(w.kh * w.kw * p.cout);
  std::vector<Taps> taps;
  for (int py = 0; py < std::min(w.sh, layer.out.h); ++py) {
    const AxisPhase y = axis_phase(py, w.top, w.kh, w.dh, w.sh);
    for (int px = 0; px < std::min(w.sw, layer.out.w); ++px) {
      const AxisPhase x = axis_phase(px, w.left, w.kw, w.dw, w.sw);
      const bool terms = !y.taps.empty() && !x.taps.empty();  // otherwise one tap with zero weights
      taps.push_back(terms ? Taps{y.taps, x.taps} : Taps{});
      layer.phases.push_back(terms ? Phase{static_cast<int>(y.taps.size()), static_cast<int>(x.taps.size()), y.distance,
                                           x.distance, y.origin, x.origin, py, px}
                                   : Phase{1, 1, 1, 1, 0, 0, py, px});
    }
  }
  layer.weights = [f, taps, reads = layer.reads, v = l.v()](int phase, int group, std::int8_t* words) {
    fill_words(f, taps[static_cast<std::size_t>(phase)], reads[static_cast<std::size_t>(group)], group, v, words);
  };
  l.set_tail(layer, p.tail);
  l.finish(layer);
  return layer;
}

}  // namespace e8::compile
