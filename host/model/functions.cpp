// The curves, in double.
#include "host/model/functions.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace e8::model {

bool is_function(Op op) {
  return op == Op::kSigmoid || op == Op::kTanh || op == Op::kHardSigmoid || op == Op::kHardSwish || op == Op::kElu;
}

namespace {

double curve(const Node& n, double x) {
  switch (n.op) {
    case Op::kSigmoid:
      return 1 / (1 + std::exp(-x));
    case Op::kTanh:
      return std::tanh(x);
    case Op::kHardSigmoid:
      return std::clamp(n.alpha * x + n.beta, 0.0, 1.0);
    case Op::kHardSwish:
      return x * std::clamp(x / 6 + 0.5, 0.0, 1.0);
    case Op::kElu:
      return x < 0 ? n.alpha * std::expm1(x) : x;
    default:
      throw std::invalid_argument(std::string(op_name(n.op)) + " is no function of one value");
  }
}

}  // namespace

double apply_function(const Node& n, double x) { return n.factor * curve(n, x); }

bool has_dpu_form(const Node& n) {
  // float32(1/6) as exporters write it, by either way of rounding
  return n.op == Op::kHardSwish || (n.op == Op::kHardSigmoid && std::abs(n.alpha - 1.0 / 6) < 1e-6 && n.beta == 0.5);
}

}  // namespace e8::model
