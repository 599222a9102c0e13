// Which tensors stay on chip, and how every layer is cut then.
#pragma once

#include <map>
#include <vector>

#include "host/compile/compile.h"
#include "host/compile/emit.h"

namespace e8::compile {

struct LayerPlan {
  Tiling tiling;
  Stay stay;
};

struct Schedule {
  std::vector<LayerPlan> layers;
  std::map<int, Resident> residents;  ///< by tensor; LayerPlan::stay points here
  /// Tensors that nobody reads from DRAM.
  std::vector<bool> chip_only;
};

/// Cuts the layers, in program order, and decides tensor by tensor, by the timeline. `outputs`: the network's.
/// `tensors`: a place in DRAM for each. Throws what choose_tiling() throws.
Schedule make_schedule(const std::vector<Layer>& layers, const std::vector<Located>& tensors, const isa::Config& config,
                       const std::vector<int>& outputs, Keep keep);

}  // namespace e8::compile
