// A compiled program: instructions, constants, where tensors lie, and the map from instruction back to layer and tile.
//
// File format (.e8): host/compile/README.md. Versioned, a CRC-32 a section, refused when damaged or made for another
// instruction set.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "emu/isa/isa.h"
#include "host/model/int_net.h"

namespace e8::compile {

/// Where a tensor lies in DRAM: element (y, x, c) at offset + y*row_stride + (c / block)*blk_stride + x*block + c %
/// block. Blocked tensors have block = V and channels beyond shape.c hold anything; dense ones block = shape.c,
/// blk_stride = 0.
struct Place {
  isa::Region region = isa::kRegionScratch;
  std::uint32_t offset = 0, row_stride = 0, blk_stride = 0;
  int block = 1;
};

struct TensorInfo {
  std::string name;
  ops::Shape shape;
  double scale = 1.0;
  int zero_point = 0;
  bool in_dram = false;  ///< when the program has ended; false: fused into a neighbour, or its memory was reused
  Place place;           ///< valid with in_dram
};

/// One node of the network as it was compiled.
struct LayerInfo {
  std::string name;                    ///< IntNode::name (fused nodes joined by '+')
  std::string op;                      ///< "conv", "max_pool", ...
  int output = -1;                     ///< index into Program::tensors
  std::uint64_t macs = 0;              ///< useful
  std::uint64_t predicted_cycles = 0;  ///< by the compiler's timeline
  std::uint64_t dram_bytes = 0;        ///< read and written
  /// By the timeline: cycles that LOADs, EXECs and STOREs take, each engine alone.
  std::uint64_t load_cycles = 0, exec_cycles = 0, store_cycles = 0;
};

/// What an instruction is for. Output element of an EXEC write: see locate().
struct InstructionInfo {
  std::int32_t layer = -1;              ///< index into Program::layers, -1 for none (END)
  std::int32_t y0 = 0, x0 = 0, c0 = 0;  ///< first output row of lane 0, column and channel of the instruction's tile
  std::int32_t lane_y = 0, lane_x = 0,
               lane_c = 0;  ///< output rows, columns, channels from lane to lane (lane row/column grids: lanes_x)
  std::int32_t lanes_x = 1;
  std::int32_t tile_y = 0, tile_x = 0;  ///< number of the tile in the layer
};

/// An output element of the network: what a FAIL line names.
struct Element {
  int layer = -1, tile_y = 0, tile_x = 0, y = 0, x = 0, c = 0;
  bool known = false;  ///< y, x, c are valid (the instruction writes a layer's output)
};

/// A node that the CPU computes between two runs of the accelerator, with the golden model's operators.
struct CpuNode {
  model::IntNode node;        ///< tensors: indices into Program::tensors
  std::string why;            ///< the accelerator does not
  std::uint64_t macs = 0;     ///< useful
  std::uint32_t at = 0;       ///< runs when the instructions before this one have ended, and before it starts
  std::vector<Place> inputs;  ///< where its tensors lie at that time
  Place output;
};

struct Program {
  isa::Config config;
  std::uint32_t isa_hash = 0;
  std::string name, scheme, tie;
  std::vector<isa::Instruction> code;  ///< segments that end with END each, cut where `cpu` nodes run; may be empty
  std::vector<CpuNode> cpu;            ///< in order
  std::vector<std::uint8_t> weights;   ///< image of region kRegionWeights
  std::uint32_t region_bytes[isa::kRegions] = {0, 0, 0, 0};
  std::vector<TensorInfo> tensors;  ///< index = IntNet tensor index
  int input = -1;
  std::vector<model::IntOutput> outputs;
  std::vector<LayerInfo> layers;
  std::vector<InstructionInfo> map;  ///< one an instruction
  std::uint64_t predicted_cycles = 0;
  model::Preprocess preprocess;
  std::vector<std::string> labels;
};

/// The output element that word `address`'s n-th EXEC event of instruction `index` holds in `lane`, channel `channel`.
Element locate(const Program& program, std::uint32_t index, std::uint64_t n, unsigned lane, unsigned channel);

/// Bytes of a tensor's place, from Place::offset.
std::uint64_t place_bytes(const Place& place, const ops::Shape& shape);
/// Tensor to DRAM bytes (place_bytes of them; bytes that hold no element are `fill`), and back.
std::vector<std::uint8_t> pack(const ops::Tensor& tensor, const Place& place, std::int8_t fill = 0);
ops::Tensor unpack(const std::uint8_t* bytes, const ops::Shape& shape, const Place& place);

/// Atomic. Throws UserError 501.
void write_program(const Program& program, const std::string& path);
/// Throws UserError: 502 cannot read, 503 not a program or another version, 504 damaged (section and what is wrong),
/// 505 made for another instruction set.
Program read_program(const std::string& path);
Program parse_program(const std::string& bytes, const std::string& name);
std::string serialize_program(const Program& program);

}  // namespace e8::compile
