// CMSIS-NN's int8 test vectors ($EXACT8_DATA/cmsis-nn/cmsis_s8.jsonl) as integer networks of one node.
//
// Expected outputs were made by the TFLite interpreter. A case with a batch is run once an image.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "host/model/int_net.h"

namespace e8::test {

struct CmsisCase {
  std::string kind, name;
  std::string unsupported;                       ///< why no integer network computes it; empty: one does
  model::IntNet net;                             ///< inputs are tensor 0, and 1 for an addition
  std::vector<std::vector<ops::Tensor>> inputs;  ///< of each image, of each input
  std::vector<ops::Tensor> want;                 ///< of each image
};

/// Throws std::runtime_error naming the line when a case is not understood or its sizes disagree.
std::vector<CmsisCase> read_cmsis(const std::string& path);

/// How many bytes of `got` differ from what the case wants of image `i`; all of them when the shape does.
std::size_t mismatches(const CmsisCase& c, std::size_t i, const ops::Tensor& got);

/// "conv 21 passed", "mul 0 passed; not supported: mul (why)": a line a kind.
std::string conformance_table(const std::vector<CmsisCase>& cases, const std::vector<bool>& passed,
                              const std::vector<std::string>& unsupported);

}  // namespace e8::test
