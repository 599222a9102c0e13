// What exact8 quantize says about its tensors: a table on the terminal, and files as text, JSON or an SVG plot.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "host/quantize/quantize.h"

namespace e8::cli {

/// The report with what the head of it says.
struct QuantizeReport {
  std::string model, output, scheme, tie;
  int pictures = 0;
  double seconds = 0;
  quantize::Report report;

  bool dpu() const { return scheme == "dpu"; }
  nlohmann::ordered_json json() const;
  /// At most `rows` tensors, worst first; then what legality moved.
  std::string text(std::size_t rows) const;
  /// A bar for each tensor, worst first, as long as its SQNR; its other figures beside it.
  std::string svg() const;
};

/// Throws UserError 802 unless `path` ends in .txt, .json or .svg.
void check_report_name(const std::string& path);

/// Writes the report in the form that the name's end tells. Throws UserError 306 when it cannot be written.
void write_report(const QuantizeReport& report, const std::string& path);

}  // namespace e8::cli
