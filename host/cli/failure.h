// The first difference, placed: layer, tile, element, instruction, lane, cycle; and its FAIL line.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "host/cli/subject.h"
#include "host/cli/tensor_diff.h"
#include "sim/lockstep/mismatch.h"

namespace e8::cli {

/// What is known of a difference's place; what is not is left out of the line.
struct Spot {
  std::string layer;
  std::optional<std::pair<int, int>> tile;    ///< row, column
  std::optional<std::array<int, 3>> element;  ///< y, x, c
  std::optional<std::int64_t> got, want;
  std::optional<bool> tie;  ///< the right value was rounded from exactly half
  std::optional<std::uint32_t> instruction;
  std::optional<unsigned> lane;
  std::optional<std::uint64_t> cycle;
};

/// One failed picture.
struct Failure {
  int id = 0;        ///< message id: 701 tensors differ, 702 an expected tensor, 703 retire events, 704 a hazard in the
                     ///< program, 705 the bus protocol
  std::string what;  ///< "emulator against golden: 12 of 640 values of tensor 'y' differ"
  Spot spot;
  std::size_t item = 0, number = 0;  ///< of the picture, in and before selection
  std::string picture;
  ops::Tensor input;
  std::vector<std::pair<int, ops::Tensor>> expected;  ///< the --expect tensors of this picture
};

/// FAIL name  layer conv2  tile (1,0)  y[0,5,12,3]  got 37 want 38 (+1 LSB, tie)  instruction 41  lane 2  cycle 18342
/// y[picture, row, column, channel]; LSBs are want - got.
std::string fail_line(const std::string& name, std::size_t number, const Spot& spot);

/// The place of a difference in a tensor. `golden`, when there, tells ties.
Spot spot_of_tensor(const Subject& subject, int tensor, const TensorDiff& diff, const std::vector<ops::Tensor>* golden);

/// The place of a difference between retire events.
Spot spot_of_mismatch(const Subject& subject, const sim::Mismatch& m, const std::vector<ops::Tensor>* golden);

/// Runs the program on an emulator and compares every value that an EXEC writes with golden, tensors that never reach
/// DRAM or do not stay there among them: the first wrong one is where the difference was born. Empty when there is
/// none, or the program stops with an error before.
std::optional<Spot> find_birth(const Subject& subject, const ops::Tensor& input,
                               const std::vector<ops::Tensor>& golden);

}  // namespace e8::cli
