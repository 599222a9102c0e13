// See cpu_report.h.
#include "host/cli/cpu_report.h"

#include <fmt/format.h>

#include "host/cli/subject.h"
#include "host/model/explain.h"

namespace e8::cli {
namespace {

/// Of all useful multiply-accumulates; 0 when there are none.
double share(const compile::Program& p, std::uint64_t macs) {
  std::uint64_t all = useful_macs(p);
  for (const compile::CpuNode& c : p.cpu) all += c.macs;
  return all == 0 ? 0 : static_cast<double>(macs) / static_cast<double>(all);
}

std::uint64_t cpu_macs(const compile::Program& p) {
  std::uint64_t macs = 0;
  for (const compile::CpuNode& c : p.cpu) macs += c.macs;
  return macs;
}

std::string summary(const compile::Program& p) {
  return fmt::format("{} of {} layers run on the CPU ({:.1f} % of MACs)", p.cpu.size(), p.layers.size(),
                     100 * share(p, cpu_macs(p)));
}

}  // namespace

std::string cpu_table(const compile::Program& p) {
  if (p.cpu.empty()) return "";
  std::string text = summary(p) + fmt::format("\n  {:<28}{:<10}{:>14}{:>8}  {}\n", "node", "op", "MACs", "%", "why");
  for (const compile::CpuNode& c : p.cpu) {
    text += fmt::format("  {:<28}{:<10}{:>14}{:>8.1f}  {}\n", c.node.name, model::op_name(c.node.params), c.macs,
                        100 * share(p, c.macs), c.why);
  }
  return text;
}

nlohmann::ordered_json cpu_json(const compile::Program& p) {
  nlohmann::ordered_json j = nlohmann::ordered_json::array();
  for (const compile::CpuNode& c : p.cpu) {
    j.push_back({{"name", c.node.name},
                 {"op", model::op_name(c.node.params)},
                 {"macs", c.macs},
                 {"share", share(p, c.macs)},
                 {"why", c.why}});
  }
  return j;
}

std::string cpu_note(const compile::Program& p) {
  return p.cpu.empty() ? "" : "note: " + summary(p) + "; exact8 compile names them, --strict refuses them\n";
}

}  // namespace e8::cli
