// Random weights of the right size, and the moments that say which size is right.
#include "host/model/zoo_builder.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "host/model/metadata.h"

namespace e8::model::zoo {
namespace {

constexpr double kBiasShare = 0.1;  ///< spread of biases, of that of their layer
constexpr double kLeak = 0.1, kSix = 6;
const double kSqrt2 = std::sqrt(2.0), kPi = std::acos(-1.0);
// Of photographs in RGB; everybody's numbers for ImageNet.
const std::vector<double> kMean = {0.485, 0.456, 0.406}, kStd = {0.229, 0.224, 0.225};

/// E[z; z > t], E[z^2; z > t] and P(z > t) of a standard normal z.
struct Beyond {
  double p, first, second;
  explicit Beyond(double t) : p(0.5 * std::erfc(t / kSqrt2)), first(std::exp(-t * t / 2) / std::sqrt(2 * kPi)) {
    second = p + t * first;
  }
};

/// First and second moment of max(x, 0) for x normal.
std::pair<double, double> positive_part(double mean, double sigma) {
  const Beyond b(-mean / sigma);
  return {mean * b.p + sigma * b.first, mean * mean * b.p + 2 * mean * sigma * b.first + sigma * sigma * b.second};
}

/// Of each kernel row (or column): whether it lies inside the image for any output.
std::vector<bool> inside(int in, int out, int kernel, int stride, int pad) {
  std::vector<bool> any;
  for (int k = 0; k < kernel; ++k) {
    bool inside = false;
    for (int y = 0; y < out; ++y) inside |= y * stride + k >= pad && y * stride + k - pad < in;
    any.push_back(inside);
  }
  return any;
}

}  // namespace

Builder::Builder(const std::string& name, int size, std::uint64_t seed) : random_(seed) {
  graph_.name = name;
  graph_.values.push_back({"image", {size, size, 3}, 0});
  graph_.input = 0;
  moments_.emplace_back();
}

double Builder::spread(int value) const { return std::sqrt(moments_[static_cast<std::size_t>(value)].variance); }

int Builder::append(Node node, const ops::Shape& shape, const Moments& moments) {
  node.output = static_cast<int>(graph_.values.size());
  graph_.values.push_back({node.name + "_out", shape, 0});
  graph_.nodes.push_back(std::move(node));
  moments_.push_back(moments);
  return graph_.nodes.back().output;
}

/// The sum of three uniform numbers of one draw, variance 1. The standard's distributions differ between
/// implementations, this does not.
float Builder::bell() {
  constexpr int kBits = 21, kParts = 3;
  constexpr std::uint64_t kMask = (1U << kBits) - 1;
  const std::uint64_t draw = random_();
  std::int64_t sum = 0;
  for (int i = 0; i < kParts; ++i) sum += static_cast<std::int64_t>((draw >> (kBits * i)) & kMask);
  // Three numbers in [0, 1) of variance 1/12 each: the sum has mean 1.5 and deviation 1/2.
  return static_cast<float>(std::ldexp(static_cast<double>(sum), -kBits) - 1.5) * 2;
}

void Builder::fill(Node* node, std::size_t cout, const std::vector<bool>& read, double spread, const Moments& input) {
  const std::size_t fan_in = read.size();
  const auto count = static_cast<double>(std::count(read.begin(), read.end(), true));
  node->weights.resize(cout * fan_in);
  node->bias.resize(cout);
  for (std::size_t c = 0; c < cout; ++c) {
    float* w = node->weights.data() + c * fan_in;
    double sum = 0, squares = 0;
    for (std::size_t i = 0; i < fan_in; ++i) sum += read[i] * static_cast<double>(w[i] = bell());
    const double mean = count > 1 ? sum / count : 0;  // one weight alone keeps its value
    for (std::size_t i = 0; i < fan_in; ++i) squares += read[i] * (w[i] - mean) * (w[i] - mean);
    const double gain = spread / std::sqrt(std::max(squares * input.variance, 1e-12));
    for (std::size_t i = 0; i < fan_in; ++i) w[i] = static_cast<float>((w[i] - mean) * gain);
    node->bias[c] = static_cast<float>(kBiasShare * spread) * bell();
  }
}

int Builder::activate(int x, const std::string& name, Act act) {
  if (act == Act::kNone) return x;
  const Moments in = moments_[static_cast<std::size_t>(x)];
  const double sigma = std::sqrt(in.variance);
  const auto [up, up2] = positive_part(in.mean, sigma);
  Moments out{up, up2 - up * up};  // a limit at 6 cuts off too little to count
  Node node;
  node.inputs = {x};
  node.name = name;
  switch (act) {
    case Act::kRelu6:
      node.op = Op::kClip;
      node.lo = 0, node.hi = kSix;
      break;
    case Act::kLeaky: {
      node.op = Op::kLeakyRelu;
      node.alpha = kLeak;
      const auto [down, down2] = positive_part(-in.mean, sigma);
      out.mean = up - kLeak * down;
      out.variance = up2 + kLeak * kLeak * down2 - out.mean * out.mean;
      break;
    }
    default:
      node.op = Op::kRelu;
  }
  return append(std::move(node), graph_.value(x).shape, out);
}

int Builder::conv(int x, const std::string& name, const ConvShape& s, Act act, double spread) {
  const ops::Shape in = graph_.value(x).shape;
  Node node;
  node.op = Op::kConv;
  node.name = name;
  node.inputs = {x};
  node.groups = s.groups;
  ops::Window& w = node.window;
  w.kh = w.kw = s.k;
  w.sh = w.sw = s.stride;
  w.top = w.left = w.bottom = w.right = s.pad;
  const ops::Shape out{w.out_h(in.h), w.out_w(in.w), s.cout};
  std::vector<bool> read;
  for (int c = 0; c < in.c / s.groups; ++c)
    for (const bool row : inside(in.h, out.h, s.k, s.stride, s.pad))
      for (const bool column : inside(in.w, out.w, s.k, s.stride, s.pad)) read.push_back(row && column);
  fill(&node, static_cast<std::size_t>(s.cout), read, spread, moments_[static_cast<std::size_t>(x)]);
  return activate(append(std::move(node), out, {0, spread * spread}), name + "_act", act);
}

int Builder::gemm(int x, const std::string& name, int cout, Act act, double spread) {
  Node node;
  node.op = Op::kGemm;
  node.name = name;
  node.inputs = {x};
  fill(&node, static_cast<std::size_t>(cout), std::vector<bool>(graph_.value(x).shape.size(), true), spread,
       moments_[static_cast<std::size_t>(x)]);
  return activate(append(std::move(node), {1, 1, cout}, {0, spread * spread}), name + "_act", act);
}

int Builder::add(int a, int b, const std::string& name, Act act) {
  const Moments &m = moments_[static_cast<std::size_t>(a)], &n = moments_[static_cast<std::size_t>(b)];
  const Moments sum{m.mean + n.mean, m.variance + n.variance};
  Node node;
  node.op = Op::kAdd;
  node.name = name;
  node.inputs = {a, b};
  return activate(append(std::move(node), graph_.value(a).shape, sum), name + "_act", act);
}

int Builder::max_pool(int x, const std::string& name, const ops::Window& window) {
  const ops::Shape in = graph_.value(x).shape;
  Node node;
  node.op = Op::kMaxPool;
  node.name = name;
  node.inputs = {x};
  node.window = window;
  return append(std::move(node), {window.out_h(in.h), window.out_w(in.w), in.c}, moments_[static_cast<std::size_t>(x)]);
}

int Builder::global_average_pool(int x, const std::string& name) {
  const ops::Shape in = graph_.value(x).shape;
  Node node;
  node.op = Op::kAveragePool;
  node.name = name;
  node.inputs = {x};
  node.window.kh = in.h, node.window.kw = in.w;
  Moments moments = moments_[static_cast<std::size_t>(x)];
  moments.variance /= in.h * in.w;  // neighbours of a deep layer are nearly independent
  return append(std::move(node), {1, 1, in.c}, moments);
}

int Builder::flatten(int x, const std::string& name) {
  Node node;
  node.op = Op::kFlatten;
  node.name = name;
  node.inputs = {x};
  const int size = static_cast<int>(graph_.value(x).shape.size());
  return append(std::move(node), {1, 1, size}, moments_[static_cast<std::size_t>(x)]);
}

int Builder::upsample(int x, const std::string& name, int factor) {
  const ops::Shape in = graph_.value(x).shape;
  Node node;
  node.op = Op::kUpsample;
  node.name = name;
  node.inputs = {x};
  node.factor_h = node.factor_w = factor;
  return append(std::move(node), {in.h * factor, in.w * factor, in.c}, moments_[static_cast<std::size_t>(x)]);
}

int Builder::concat(int a, int b, const std::string& name) {
  const ops::Shape &s = graph_.value(a).shape, &t = graph_.value(b).shape;
  const Moments &m = moments_[static_cast<std::size_t>(a)], &n = moments_[static_cast<std::size_t>(b)];
  const double share = static_cast<double>(s.c) / (s.c + t.c), apart = m.mean - n.mean;
  Node node;
  node.op = Op::kConcat;
  node.name = name;
  node.inputs = {a, b};
  return append(std::move(node), {s.h, s.w, s.c + t.c},
                {share * m.mean + (1 - share) * n.mean,
                 share * m.variance + (1 - share) * n.variance + share * (1 - share) * apart * apart});
}

Graph Builder::finish(std::vector<int> outputs) && {
  graph_.outputs = std::move(outputs);
  const ops::Shape& s = graph_.value(graph_.input).shape;
  write_picture_metadata(&graph_, {s.h, s.w, s.c, kMean, kStd, ""});
  return std::move(graph_);
}

}  // namespace e8::model::zoo
