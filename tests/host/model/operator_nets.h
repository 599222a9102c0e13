// A small network around each operator of the float import, for the tests of reader, writer, lowering and quantizer.
#pragma once

#include <string>
#include <vector>

#include "host/model/graph.h"

namespace e8::model {

struct OperatorNet {
  std::string name;
  Graph graph;  ///< float, input [N,4,6,6]
};

std::vector<OperatorNet> operator_nets();

}  // namespace e8::model
