// Activations.
#include <algorithm>
#include <cmath>
#include <limits>

#include "host/model/onnx_ops.h"

namespace e8::model {

namespace {

// One input, one output of its shape.
void add_simple(Importer& im, const Proto& node, Op op, double alpha = 0, double beta = 0) {
  const int x = im.activation(node, 0);
  if (!std::isfinite(alpha) || !std::isfinite(beta)) im.fail(105, node, "its attributes must be finite numbers");
  Node n = im.begin(node, op, {x});
  if (alpha != 0) n.alpha = alpha;
  n.beta = beta;
  im.add(node, std::move(n), im.shape(x), im.rank(x));
}

void add_leaky_relu(Importer& im, const Proto& node, int x, double alpha) {
  Node n = im.begin(node, Op::kLeakyRelu, {x});
  n.alpha = alpha;
  im.add(node, std::move(n), im.shape(x), im.rank(x));
}

}  // namespace

void import_relu(Importer& im, const Proto& node) { add_simple(im, node, Op::kRelu); }
void import_sigmoid(Importer& im, const Proto& node) { add_simple(im, node, Op::kSigmoid); }
void import_tanh(Importer& im, const Proto& node) { add_simple(im, node, Op::kTanh); }
void import_hard_swish(Importer& im, const Proto& node) { add_simple(im, node, Op::kHardSwish); }

void import_hard_sigmoid(Importer& im, const Proto& node) {
  const double alpha = im.real(node, "alpha", double{0.2F});  // attributes are float32
  if (!(alpha > 0)) im.fail(105, node, "attribute 'alpha' must be above 0");
  add_simple(im, node, Op::kHardSigmoid, alpha, im.real(node, "beta", 0.5));
}

void import_elu(Importer& im, const Proto& node) {
  const double alpha = im.real(node, "alpha", 1);
  if (!(alpha > 0)) im.fail(105, node, "attribute 'alpha' must be above 0");
  add_simple(im, node, Op::kElu, alpha);
}

void import_leaky_relu(Importer& im, const Proto& node) {
  const int x = im.activation(node, 0);
  const double alpha = im.real(node, "alpha", double{0.01F});
  if (!(alpha >= 0 && alpha <= 1)) im.fail(105, node, "attribute 'alpha' must lie in [0, 1]");
  add_leaky_relu(im, node, x, alpha);
}

// One slope for all is LeakyRelu.
void import_prelu(Importer& im, const Proto& node) {
  const int x = im.activation(node, 0);
  Node n = im.begin(node, Op::kPRelu, {x});
  n.slopes = channel_constant(im, node, 1, x);
  for (const float s : n.slopes)
    if (!(s >= 0 && s <= 1))
      im.fail(105, node, "slope " + std::to_string(s) + "; slopes from 0 to 1 are supported; train with them limited");
  const bool same = std::all_of(n.slopes.begin(), n.slopes.end(), [&](float s) { return s == n.slopes[0]; });
  if (same) return add_leaky_relu(im, node, x, double{n.slopes[0]});
  im.add(node, std::move(n), im.shape(x), im.rank(x));
}

// Limits are attributes before opset 11 and inputs from then on; [0, infinity] is Relu.
void import_clip(Importer& im, const Proto& node) {
  const int x = im.activation(node, 0);
  if (im.opset() >= 11 && (im.has(node, "min") || im.has(node, "max")))
    im.fail(105, node, "has its limits as attributes, which opset 11 made inputs; export the model again");
  const auto limit = [&](const char* name, int i, double otherwise) {
    if (im.opset() < 11) return im.real(node, name, otherwise);
    if (im.absent(node, i)) return otherwise;
    const Constant& c = real_constant(im, node, i).data;
    if (c.size() != 1) im.fail(106, node, std::string("limit '") + name + "' must be one value");
    return double{c.real[0]};
  };
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  constexpr double kNone = 3.0e38;  // exporters write the largest float for "no limit"
  const double lo = limit("min", 1, -kInfinity), hi = limit("max", 2, kInfinity);
  if (!(lo <= hi)) im.fail(105, node, "its limits are not in order");
  Node n = im.begin(node, lo == 0 && hi > kNone ? Op::kRelu : Op::kClip, {x});
  if (n.op == Op::kClip) {
    n.lo = lo < -kNone ? -kInfinity : lo;
    n.hi = hi > kNone ? kInfinity : hi;
  }
  im.add(node, std::move(n), im.shape(x), im.rank(x));
}

}  // namespace e8::model
