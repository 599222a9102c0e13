// Views: which rows and words of an image a layer's taps touch.
#include "host/compile/layer.h"

#include <algorithm>

namespace e8::compile {
namespace {

struct Extent {
  int first = 0, span = 1;
};

Extent extent(const std::vector<Phase>& phases, int Phase::*origin, int Phase::*taps, int Phase::*distance) {
  int first = phases.front().*origin, last = first;
  for (const Phase& p : phases) {
    first = std::min(first, p.*origin);
    last = std::max(last, p.*origin + (p.*taps - 1) * p.*distance);
  }
  return {first, last - first + 1};
}

}  // namespace

void make_views(Layer& layer, int max_pixel) {
  constexpr int kMaxStep = 255;  // LOAD.step
  const Extent y = extent(layer.phases, &Phase::oy, &Phase::n_ky, &Phase::dy);
  const bool skip_rows = y.span == 1 && y.first >= 0;
  layer.rows = {skip_rows ? layer.sy : 1, y.first, skip_rows ? 1 : layer.sy, y.span};
  for (Phase& p : layer.phases) p.oy -= y.first;
  if (layer.columns.bytes) return;
  const Extent x = extent(layer.phases, &Phase::ox, &Phase::n_kx, &Phase::dx);
  const bool skip_columns = x.span == 1 && layer.sx * max_pixel <= kMaxStep;
  layer.columns = {false, skip_columns ? layer.sx : 1, x.first, skip_columns ? 1 : layer.sx, x.span, layer.sx};
  for (Phase& p : layer.phases) p.ox -= x.first;
}

}  // namespace e8::compile
