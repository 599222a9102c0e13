// Calibrators, and the forward pass that feeds them.
#include "host/quantize/calibrate.h"

#include <algorithm>

#include "host/model/error.h"
#include "host/quantize/entropy.h"
#include "host/quantize/histogram.h"
#include "host/quantize/pow2.h"
#include "host/quantize/scaled.h"

namespace e8::quantize {
namespace {

/// A grid that reaches the threshold on both sides, or the values' own end where that is nearer.
double pow2_scale(double lo, double hi, double threshold) {
  return scale_of_p(non_overflow_p(std::max(lo, -threshold), std::min(hi, threshold)));
}

/// (3): each batch votes for the p with the least squared error.
class ModeCalibrator final : public Calibrator {
 public:
  explicit ModeCalibrator(num::Tie tie) : tie_(tie) {}
  void see(const Values& x, const Range& range, int threads) override {
    own_ = min_mse_p(x, range, tie_, threads);
    votes_.add(own_);
  }
  Affine own() const override { return {scale_of_p(own_), 0}; }
  Affine all() const override {
    const std::optional<int> p = votes_.mode();
    return {p ? scale_of_p(*p) : 0, 0};
  }

 private:
  num::Tie tie_;
  int own_ = 0;
  ModeOfP votes_;
};

/// All batches in one histogram; `choose` turns it into a scale.
class HistogramCalibrator final : public Calibrator {
 public:
  using Choose = std::function<Affine(const Histogram&)>;
  explicit HistogramCalibrator(Choose choose) : choose_(std::move(choose)) {}
  void see(const Values& x, const Range& range, int threads) override {
    latest_ = Histogram();
    latest_.add(x, range, threads);
    all_.merge(latest_);
  }
  Affine own() const override { return choose_(latest_); }
  Affine all() const override { return all_.count() > 0 ? choose_(all_) : Affine(); }

 private:
  Choose choose_;
  Histogram latest_, all_;
};

/// (6') NVIDIA's.
class EntropyCalibrator final : public Calibrator {
 public:
  explicit EntropyCalibrator(bool dpu) : dpu_(dpu) {}
  void see(const Values& x, const Range& range, int threads) override {
    latest_ = GrowingHistogram();
    latest_.add(x, range, threads);
    all_.add(x, range, threads);
  }
  Affine own() const override { return choose(latest_); }
  Affine all() const override { return all_.empty() ? Affine() : choose(all_); }

 private:
  Affine choose(const GrowingHistogram& h) const {
    const double t = entropy_threshold(h);
    return {dpu_ ? pow2_scale(h.lo(), h.hi(), t) : t / kSymmetric, 0};
  }
  bool dpu_;
  GrowingHistogram latest_, all_;
};

Affine pow2_min_mse_scale(const Histogram& h) {
  const int p0 = non_overflow_p(h.lo(), h.hi());
  int best = p0;
  for (int p = p0 + 1; p <= p0 + 4; ++p)
    if (squared_error(h, scale_of_p(p)) < squared_error(h, scale_of_p(best))) best = p;
  return {scale_of_p(best), 0};
}

/// Pictures have few grey levels, one of them often in most places: a divergence takes that spike for the end of the
/// values. So their whole range is taken.
Options for_input(Options o) {
  if (o.activations == Activations::kEntropy) o.activations = Activations::kMax;
  if (o.activations == Activations::kAsymKl) o.activations = Activations::kAsymMinMax;
  return o;
}

/// The tensor of one value, batch after batch.
class Observer {
 public:
  Observer(const model::Graph& graph, const Options& options, const Plan& plan, bool quantized)
      : graph_(graph), options_(options), plan_(plan), quantized_(quantized), calibrators_(graph.values.size()) {
    for (std::size_t v = 0; v < calibrators_.size(); ++v)
      if (plan.stored(static_cast<int>(v)))
        calibrators_[v] = make_calibrator(static_cast<int>(v) == graph.input ? for_input(options) : options, plan.tie);
    // Copies hold what their source holds.
    for (const model::Node& n : graph.nodes)
      if (model::keeps_values(n.op) && n.op != model::Op::kMaxPool)
        calibrators_[static_cast<std::size_t>(n.output)].reset();
  }

  void see(int value, model::Batch* batch) {
    Calibrator* calibrator = calibrators_[static_cast<std::size_t>(value)].get();
    const Values x(batch->data);
    const Range range = range_of(x, options_.threads);
    if (!range.finite)
      fail(value, "has infinities or NaNs on the calibration pictures; check the model and --mean/--std");
    if (calibrator == nullptr || range.zero()) return;
    calibrator->see(x, range, options_.threads);
    if (quantized_) snap_tensor(activation_grid(plan_, calibrator->own()), &batch->data, options_.threads);
  }

  /// Of a group: what its members chose, together.
  Affine together(const Group& group) const {
    std::vector<Affine> chosen;  // in order of computation
    for (const int v : group.values) {
      const Calibrator* calibrator = calibrators_[static_cast<std::size_t>(v)].get();
      if (calibrator != nullptr && calibrator->all().scale > 0) chosen.push_back(calibrator->all());
    }
    if (chosen.empty()) fail(group.values[0], "is zero on all calibration pictures; calibrate on other pictures");
    if (options_.activations == Activations::kEntropy) chosen = {chosen.back()};
    Affine all = chosen[0];
    for (const Affine& a : chosen) all = union_of(all, a);
    return {storable(all.scale), all.zero_point};
  }

 private:
  Affine union_of(const Affine& a, const Affine& b) const {
    if (!is_asymmetric(options_.activations)) return a.scale < b.scale ? b : a;
    const Grid x = activation_grid(plan_, a), y = activation_grid(plan_, b);
    if (x.scale == y.scale && x.lo == y.lo) return a;
    return asymmetric(std::min(x.lo * x.scale, y.lo * y.scale), std::max(x.hi * x.scale, y.hi * y.scale));
  }
  [[noreturn]] void fail(int value, const std::string& what) const {
    throw UserError(302, graph_.file + ": tensor '" + graph_.value(value).name + "' " + what);
  }

  const model::Graph& graph_;
  const Options& options_;
  const Plan& plan_;
  bool quantized_;
  std::vector<std::unique_ptr<Calibrator>> calibrators_;
};

}  // namespace

std::unique_ptr<Calibrator> make_calibrator(const Options& options, num::Tie tie) {
  const bool dpu = options.scheme == Scheme::kDpu;
  const auto by_histogram = [](HistogramCalibrator::Choose choose) {
    return std::make_unique<HistogramCalibrator>(std::move(choose));
  };
  const auto by_threshold = [&](std::function<double(const Histogram&)> threshold) {
    return by_histogram([dpu, threshold = std::move(threshold)](const Histogram& h) {
      const double t = threshold(h);
      return Affine{dpu ? pow2_scale(h.lo(), h.hi(), t) : t / kSymmetric, 0};
    });
  };
  switch (options.activations) {
    case Activations::kMax:
      return by_threshold([](const Histogram& h) { return h.max(); });
    case Activations::kPercentile:
      return by_threshold([percent = options.percentile](const Histogram& h) { return percentile(h, percent); });
    case Activations::kMse:
      if (dpu) return by_histogram(pow2_min_mse_scale);
      return by_threshold(min_mse_threshold);
    case Activations::kEntropy:
      return std::make_unique<EntropyCalibrator>(dpu);
    case Activations::kAsymMinMax:
      return by_histogram([](const Histogram& h) { return asymmetric(h.lo(), h.hi()); });
    case Activations::kAsymKl:
      return by_histogram([](const Histogram& h) {
        const Range r = entropy_range(h);
        return asymmetric(r.lo, r.hi);
      });
    case Activations::kMode:
    case Activations::kDefault:
      break;
  }
  return std::make_unique<ModeCalibrator>(tie);
}

model::Batch slice(const model::Batch& pictures, int first, int count) {
  model::Batch batch;
  batch.n = count;
  batch.shape = pictures.shape;
  batch.data.assign(pictures.image(first), pictures.image(first + count));
  return batch;
}

void calibrate(const model::Graph& graph, const model::Batch& pictures, const Options& options, Plan* plan,
               const std::function<void(int)>& step) {
  Observer observer(graph, options, *plan, options.forward == Forward::kQuantized);
  const auto hook = [&](int value, model::Batch* batch) { observer.see(value, batch); };
  for (int first = 0; first < pictures.n; first += options.batch) {
    const int count = std::min(options.batch, pictures.n - first);
    model::run_float(graph, slice(pictures, first, count), hook, options.threads);
    if (step) step(count);
  }
  for (Group& group : plan->groups) {
    const Affine chosen = observer.together(group);
    group.scale = chosen.scale;
    group.zero_point = chosen.zero_point;
  }
}

}  // namespace e8::quantize
