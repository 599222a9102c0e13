// Runs the float network and the quantized one side by side, some pictures at a time.
#include "host/quantize/measure.h"

#include <algorithm>
#include <cmath>

#include "host/quantize/calibrate.h"
#include "host/quantize/grid.h"
#include "host/quantize/pow2.h"

namespace e8::quantize {
namespace {

using model::Graph;
using model::Node;

/// Sums over one tensor's values.
struct Sums {
  double signal = 0, noise = 0, largest = 0;  ///< largest error in LSB
  Fate fate;
  std::size_t count = 0;

  void compare(const float* real, const float* got, std::size_t n, double lsb) {
    for (std::size_t i = 0; i < n; ++i) {
      const double x = real[i], e = double{got[i]} - x;
      signal += x * x;
      noise += e * e;
      largest = std::max(largest, std::fabs(e) / lsb);
    }
    count += n;
  }
  void add(const Fate& f) {
    fate.clamped += f.clamped;
    fate.ties += f.ties;
  }
  void report(TensorReport* r) const {
    r->sqnr_db = noise == 0 ? kNoNoise : signal == 0 ? 0 : std::min(kNoNoise, 10 * std::log10(signal / noise));
    r->max_error = largest;
    const auto share = [&](std::size_t of) { return static_cast<double>(of) / static_cast<double>(count); };
    r->saturated = share(fate.clamped);
    r->ties = share(fate.ties);
  }
};

TensorReport begin(const Plan& plan, std::string name, bool weights, double scale, std::string note) {
  TensorReport r;
  r.name = std::move(name);
  r.weights = weights;
  r.scale = scale;
  r.p = plan.dpu() ? p_of_scale(scale) : 0;
  r.note = std::move(note);
  return r;
}

TensorReport constant_report(const Plan& plan, const std::string& name, const std::vector<float>& real,
                             const std::vector<float>& got, const model::QuantData& q, const std::string& note) {
  Sums sums;
  const std::size_t block = real.size() / q.scales.size();
  for (std::size_t c = 0; c < q.scales.size(); ++c) {
    const float* from = real.data() + c * block;
    sums.compare(from, got.data() + c * block, block, q.scales[c]);
    sums.add(fate_of(constant_grid(plan, q.scales[c]), from, block));
  }
  TensorReport r = begin(plan, name, true, *std::max_element(q.scales.begin(), q.scales.end()), note);
  sums.report(&r);
  return r;
}

/// Pictures at a time, so that all activations of a network fit a quarter of a gigabyte.
int pictures_at_once(const Graph& graph) {
  std::size_t floats = 1;
  for (const model::Value& v : graph.values) floats += v.shape.size();
  return static_cast<int>(std::clamp<std::size_t>((std::size_t{1} << 26) / floats, 1, kMeasuredPictures));
}

std::vector<Sums> compare_activations(const Graph& original, const Graph& quantized, const Plan& plan,
                                      const model::Batch& pictures, int threads, const std::function<void(int)>& step) {
  std::vector<Sums> sums(original.values.size());
  const int total = std::min(pictures.n, kMeasuredPictures), at_once = pictures_at_once(original);
  for (int first = 0; first < total; first += at_once) {
    const model::Batch part = slice(pictures, first, std::min(at_once, total - first));
    std::vector<std::vector<float>> real(original.values.size());
    const auto keep = [&](int v, model::Batch* b) {
      if (plan.stored(v)) real[static_cast<std::size_t>(v)] = b->data;
    };
    const auto compare = [&](int v, model::Batch* b) {
      if (!plan.stored(v)) return;
      const Grid grid = activation_grid(plan, plan.affine_of(v));
      Sums& s = sums[static_cast<std::size_t>(v)];
      s.add(fate_of(grid, b->data.data(), b->data.size()));
      snap_tensor(grid, &b->data, threads);
      s.compare(real[static_cast<std::size_t>(v)].data(), b->data.data(), b->data.size(), grid.scale);
    };
    model::run_float(original, part, keep, threads);
    model::run_float(quantized, part, compare, threads);
    if (step) step(part.n);
  }
  return sums;
}

}  // namespace

std::vector<TensorReport> measure(const Graph& original, const Graph& stored_from, const Graph& quantized,
                                  const Plan& plan, const model::Batch& pictures, int threads,
                                  const std::function<void(int)>& step) {
  std::vector<TensorReport> reports;
  for (std::size_t i = 0; i < stored_from.nodes.size(); ++i) {
    const Node &from = stored_from.nodes[i], &to = quantized.nodes[i];
    if (!has_weights(from)) continue;
    reports.push_back(
        constant_report(plan, from.name + " weights", from.weights, to.weights, to.weights_q, plan.weights_notes[i]));
    reports.push_back(constant_report(plan, from.name + " bias", from.bias, to.bias, to.bias_q, plan.bias_notes[i]));
  }
  const std::vector<Sums> sums = compare_activations(original, quantized, plan, pictures, threads, step);
  for (std::size_t v = 0; v < sums.size(); ++v) {
    const int value = static_cast<int>(v);
    if (!plan.stored(value)) continue;
    reports.push_back(begin(plan, original.value(value).name, false, plan.scale_of(value), plan.group(value).note));
    reports.back().zero_point = plan.group(value).zero_point;
    sums[v].report(&reports.back());
  }
  std::stable_sort(reports.begin(), reports.end(), [](const TensorReport& a, const TensorReport& b) {
    return a.sqnr_db != b.sqnr_db ? a.sqnr_db < b.sqnr_db : a.name < b.name;
  });
  return reports;
}

}  // namespace e8::quantize
