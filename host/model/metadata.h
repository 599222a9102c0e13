// What a quantized file says beside its graph: how it was quantized, how a picture becomes its input, class names.
//
// A quantized file without exact8.scheme and exact8.tie comes from another tool and means what ONNX says: scheme
// "scaled", ties half_even, as onnxruntime computes it (README.md); with AMD's operators it is made for the DPU: scheme
// "dpu", ties half_up.
//
// Keys of Graph::metadata (the file's metadata_props), all with the prefix "exact8.":
//   exact8.scheme      "dpu" or "scaled"
//   exact8.tie         "half_up", "half_away" or "half_even": the tie rule of every rounding of the network
//   exact8.guard_bits  0..15, of additions under dpu (numerics: G); absent = 2
//   exact8.preprocess  {"size": [h, w, c], "mean": [..], "std": [..], "round": ".."}; mean and std have c numbers;
//                      where they are wanted "resize": [short side] or [h, w], "crop": true, "bgr": true
//   exact8.labels      ["t-shirt", ..]; absent = none
#pragma once

#include <string>
#include <vector>

#include "host/model/graph.h"
#include "host/model/int_net.h"

namespace e8::model {

constexpr int kDefaultGuardBits = 2;

struct Metadata {
  std::string scheme, tie;
  int guard_bits = kDefaultGuardBits;
  Preprocess preprocess;
  std::vector<std::string> labels;
  bool onnx = false;  ///< another tool's file under "scaled": onnxruntime's arithmetic
};

/// How another tool's file is to be understood, where the user says so; empty: by what it contains.
struct Reading {
  std::string scheme, tie;
  bool empty() const { return scheme.empty() && tie.empty(); }
};

/// Sets the keys above and removes other keys of this prefix. Throws UserError 122 on values that read_metadata would
/// refuse.
void write_metadata(Graph* graph, const std::string& scheme, const std::string& tie, const Preprocess& preprocess,
                    const std::vector<std::string>& labels, int guard_bits = kDefaultGuardBits);

/// Throws UserError 122 naming the key that is missing, not understood or out of range, and where `reading` contradicts
/// a file that has its own. Without exact8.preprocess, another tool's file has a preprocess of size 0.
Metadata read_metadata(const Graph& graph, const Reading& reading = {});

/// What a float model may say about its pictures, keys exact8.preprocess and exact8.labels; where they are absent, mean
/// 0 and standard deviation 1, no labels. Here "round" may be absent too, and is then empty: the quantizer's choice.
/// scheme and tie stay empty. Throws as read_metadata.
Metadata read_picture_metadata(const Graph& graph);

/// Sets exact8.preprocess of a float model; `round` is left to the quantizer.
void write_picture_metadata(Graph* graph, const Preprocess& preprocess);

/// Whether resize, crop and bgr fit the network's input. Throws UserError 122 (`file` begins the message).
void check_preprocess(const std::string& file, const Preprocess& preprocess);

/// The tie rule of a name. Throws UserError 122 (`file` begins the message) on any other than the three.
num::Tie tie_of(const std::string& name, const std::string& file);

}  // namespace e8::model
