// One row a tensor, in three forms.
#include "host/cli/quantize_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "host/cli/app.h"
#include "host/model/error.h"
#include "host/model/files.h"

namespace e8::cli {
namespace {

using quantize::TensorReport;

constexpr std::size_t kAll = ~std::size_t{0};

/// What one step of a tensor is: p under dpu, else the scale, with the zero point where there is one.
std::string step_of(const TensorReport& r, bool dpu) {
  if (dpu) return fmt::format("{}", r.p);
  return fmt::format("{:.5g}", r.scale) + (r.zero_point == 0 ? "" : fmt::format(" zp {}", r.zero_point));
}

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      default:
        out += static_cast<unsigned char>(c) < 0x20 ? '?' : c;  // XML has no other control characters
    }
  }
  return out;
}

/// Layout of the plot, in pixels.
constexpr int kRow = 18, kTop = 64, kNames = 330, kBars = 360, kFigures = 470;
constexpr double kFullBar = 60;  // dB

std::string svg_row(const TensorReport& r, bool dpu, int y) {
  const double length = std::clamp(r.sqnr_db, 0.0, kFullBar) / kFullBar * kBars;
  const std::string tip = r.note.empty() ? "" : "<title>" + escaped(r.note) + "</title>";
  return fmt::format("<g>{}<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>", tip, kNames - 8, y + 13,
                     escaped(r.name + (r.note.empty() ? "" : " *"))) +
         fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{:.1f}\" height=\"{}\" fill=\"{}\"/>", kNames, y + 3, length,
                     kRow - 5, r.weights ? "#9a6fb0" : "#3b7dd8") +
         fmt::format(
             "<text x=\"{}\" y=\"{}\" xml:space=\"preserve\" class=\"n\">{:>7.1f} {:>10.2f} {:>9.3f} {:>9.3f}   "
             "{}</text></g>\n",
             kNames + kBars + 10, y + 13, r.sqnr_db, r.max_error, 100 * r.saturated, 100 * r.ties, step_of(r, dpu));
}

}  // namespace

nlohmann::ordered_json QuantizeReport::json() const {
  nlohmann::ordered_json all = {{"model", model}, {"output", output},     {"scheme", scheme},
                                {"tie", tie},     {"pictures", pictures}, {"seconds", seconds}};
  all["steps"] = report.steps;
  for (const TensorReport& r : report.tensors) {
    nlohmann::ordered_json j = {{"name", r.name},           {"kind", r.weights ? "constant" : "activation"},
                                {"sqnr_db", r.sqnr_db},     {"max_error_lsb", r.max_error},
                                {"saturated", r.saturated}, {"ties", r.ties},
                                {"scale", r.scale}};
    if (dpu()) j["p"] = r.p;
    if (r.zero_point != 0) j["zero_point"] = r.zero_point;
    if (!r.note.empty()) j["note"] = r.note;
    all["tensors"].push_back(j);
  }
  return all;
}

std::string QuantizeReport::text(std::size_t rows) const {
  std::string text = fmt::format("{}: scheme {}, ties {}, {} calibration pictures, {:.1f} s -> {}\n", model, scheme,
                                 tie, pictures, seconds, output);
  for (const std::string& step : report.steps) text += "  " + step + "\n";
  text += fmt::format("  {:<40} {:>8} {:>14} {:>12} {:>8} {:>12}\n", "worst tensors", "SQNR dB", "max error LSB",
                      "saturated %", "ties %", dpu() ? "p" : "scale");
  for (std::size_t i = 0; i < std::min(report.tensors.size(), rows); ++i) {
    const TensorReport& r = report.tensors[i];
    text += fmt::format("  {:<40} {:>8.1f} {:>14.2f} {:>12.3f} {:>8.3f} {:>12}\n", r.name, r.sqnr_db, r.max_error,
                        100 * r.saturated, 100 * r.ties, step_of(r, dpu()));
  }
  for (const TensorReport& r : report.tensors)
    if (!r.note.empty()) text += fmt::format("  {}: {}\n", r.name, r.note);
  return text;
}

std::string QuantizeReport::svg() const {
  const int height = kTop + kRow * static_cast<int>(report.tensors.size()) + 12, width = kNames + kBars + kFigures;
  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" "
      "font-family=\"sans-serif\" font-size=\"12\">\n<style>.n {{ font-family: monospace }}</style>\n"
      "<rect width=\"{0}\" height=\"{1}\" fill=\"white\"/>\n",
      width, height);
  out +=
      fmt::format("<text x=\"12\" y=\"20\" font-size=\"14\">{}: scheme {}, ties {}, {} calibration pictures</text>\n",
                  escaped(model), scheme, tie, pictures);
  out += fmt::format(
      "<text x=\"12\" y=\"38\">signal to quantization noise, worst first; <tspan fill=\"#3b7dd8\">activations</tspan>, "
      "<tspan fill=\"#9a6fb0\">constants</tspan>; * moved by a hardware limit</text>\n");
  for (int db = 0; db <= static_cast<int>(kFullBar); db += 10) {
    const double x = kNames + kBars * db / kFullBar;
    out += fmt::format(
        "<line x1=\"{0:.1f}\" y1=\"{1}\" x2=\"{0:.1f}\" y2=\"{2}\" stroke=\"#ddd\"/>"
        "<text x=\"{0:.1f}\" y=\"{3}\" text-anchor=\"middle\" fill=\"#666\">{4}</text>\n",
        x, kTop, height - 8, kTop - 6, db);
  }
  out += fmt::format(
      "<text x=\"{}\" y=\"{}\" xml:space=\"preserve\" class=\"n\" fill=\"#666\">{:>7} {:>10} {:>9} {:>9}   {}</text>\n",
      kNames + kBars + 10, kTop - 6, "SQNR dB", "max LSB", "sat. %", "ties %", dpu() ? "p" : "scale");
  int y = kTop;
  for (const TensorReport& r : report.tensors) {
    out += svg_row(r, dpu(), y);
    y += kRow;
  }
  return out + "</svg>\n";
}

void check_report_name(const std::string& path) {
  const std::string end = std::filesystem::path(path).extension().string();
  if (end != ".txt" && end != ".json" && end != ".svg")
    throw UserError(802, "--report " + path + ": the name's end tells the form; .txt, .json or .svg is allowed");
}

void write_report(const QuantizeReport& report, const std::string& path) {
  const std::string end = std::filesystem::path(path).extension().string();
  const std::string bytes = end == ".txt"   ? report.text(kAll)
                            : end == ".svg" ? report.svg()
                                            : json_text(report.json()) + "\n";
  model::write_file(path, bytes, 306);
}

}  // namespace e8::cli
