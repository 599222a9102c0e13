// exact8 diff: where and how two arrays differ.
#include <fmt/format.h>

#include <algorithm>

#include "host/cli/app.h"
#include "host/cli/tensor_diff.h"

namespace e8::cli {
namespace {

using nlohmann::ordered_json;

std::string to_text(const std::string& a, const std::string& b, const ArrayDiff& d) {
  if (d.differing == 0) return fmt::format("{} and {}: {} values, all equal\n", a, b, d.values);
  std::string text = fmt::format(
      "{} and {}: {} of {} values differ\n  first {}: {} against {}\n  all within {} to {}\n"
      "  |difference| at most {}, mean {:.6g} over all values\n",
      a, b, d.differing, d.values, shown(d.first), d.first_a, d.first_b, shown(d.low), shown(d.high), d.largest,
      d.mean);
  for (const auto& [step, count] : d.histogram) text += fmt::format("  {:+d}: {} values\n", step, count);
  if (d.channels.size() > 1) {
    text += fmt::format("  in {} of the last dimension's indices, most in", d.channels.size());
    std::vector<std::pair<std::size_t, std::int64_t>> most;
    for (const auto& [channel, count] : d.channels) most.emplace_back(count, -channel);
    std::sort(most.rbegin(), most.rend());
    for (std::size_t i = 0; i < std::min<std::size_t>(most.size(), 5); ++i) {
      text += fmt::format("{} {} ({})", i == 0 ? "" : ",", -most[i].second, most[i].first);
    }
    text += "\n";
  }
  return text;
}

ordered_json to_json(const ArrayDiff& d) {
  ordered_json j = {{"values", d.values}, {"differing", d.differing}};
  if (d.differing == 0) return j;
  j["first"] = {{"index", d.first}, {"a", d.first_a}, {"b", d.first_b}};
  j["low"] = d.low;
  j["high"] = d.high;
  j["largest"] = d.largest;
  j["mean"] = d.mean;
  for (const auto& [step, count] : d.histogram) j["histogram"][std::to_string(step)] = count;
  return j;
}

void run_diff(Context& context, const std::string& path_a, const std::string& path_b, bool json) {
  const model::Npy a = model::read_npy(path_a), b = model::read_npy(path_b);
  if (a.shape != b.shape || a.dtype != b.dtype) {
    throw UserError(708,
                    fmt::format("{} is {} {}, {} is {} {}: nothing can be compared", path_a, a.dtype, shown(a.shape),
                                path_b, b.dtype, shown(b.shape)),
                    Exit::kMismatch);
  }
  const ArrayDiff diff = compare(a, b);
  if (diff.values == 0) throw UserError(706, path_a + ": no values, nothing was compared", Exit::kNothingCompared);
  context.result(json, to_json(diff), to_text(path_a, path_b, diff));
  if (diff.differing == 0) return;
  context.err << fmt::format("E8-709: {} of {} values differ\n", diff.differing, diff.values);
  context.code = Exit::kMismatch;
}

}  // namespace

void add_diff(CLI::App& app, Context& context) {
  CLI::App* verb = app.add_subcommand("diff", "where and how two .npy arrays differ");
  verb->footer("Example: exact8 diff board/conv2.npy golden/conv2.npy\nExit: 0 equal, 1 different");
  struct Arguments {
    std::string a, b;
    bool json = false;
  };
  const auto args = std::make_shared<Arguments>();
  verb->add_option("a", args->a, ".npy")->required();
  verb->add_option("b", args->b, ".npy")->required();
  verb->add_flag("--json", args->json, "print one JSON object");
  verb->callback([&context, args] { run_diff(context, args->a, args->b, args->json); });
}

}  // namespace e8::cli
