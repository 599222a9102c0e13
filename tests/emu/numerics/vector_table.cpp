#include "tests/emu/numerics/vector_table.h"

#include <set>
#include <stdexcept>
#include <utility>

namespace e8::testing {
namespace {

std::vector<std::string> split(const std::string& line, const std::string& separators) {
  std::vector<std::string> parts{""};
  for (const char c : line) {
    if (separators.find(c) != std::string::npos) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

std::int64_t parse_int(const std::string& text, const std::string& where) {
  std::size_t used = 0;
  std::int64_t value = 0;
  try {
    value = std::stoll(text, &used);
  } catch (const std::exception&) {
    used = 0;
  }
  if (used == 0 || used != text.size()) throw std::runtime_error(where + ": not an integer: '" + text + "'");
  return value;
}

std::string label_of(const std::string& op, const std::string& profile) { return op + " / " + profile; }

}  // namespace

std::string VectorRow::find(const std::string& key) const {
  for (const std::string& token : split(params + ";" + inputs, "; ")) {
    const std::size_t equals = token.rfind('=');
    if (equals != std::string::npos && token.substr(0, equals) == key) return token.substr(equals + 1);
  }
  return "";
}

std::string VectorRow::text(const std::string& key) const {
  const std::string value = find(key);
  if (value.empty()) throw std::runtime_error(id + ": no " + key + "= in the row");
  return value;
}

std::int64_t VectorRow::arg(const std::string& key) const { return parse_int(text(key), id); }

std::vector<VectorRow> read_vectors(std::istream& in) {
  std::string line;
  if (!std::getline(in, line) || line != "id,op,params,inputs,profile,expected") {
    throw std::runtime_error("vector file: missing or wrong header");
  }
  std::vector<VectorRow> rows;
  std::set<std::string> ids;
  while (std::getline(in, line)) {
    const std::vector<std::string> f = split(line, ",");
    if (f.size() != 6) throw std::runtime_error("vector file: not six fields: " + line);
    if (!ids.insert(f[0]).second) throw std::runtime_error("vector file: id twice: " + f[0]);
    VectorRow row;
    row.id = f[0], row.op = f[1], row.params = f[2], row.inputs = f[3], row.profile = f[4];
    row.expected = parse_int(f[5], f[0]);
    rows.push_back(std::move(row));
  }
  if (rows.empty()) throw std::runtime_error("vector file: no rows");
  return rows;
}

VectorReport check_vectors(const std::vector<VectorRow>& rows, const std::vector<VectorRule>& rules) {
  VectorReport report;
  std::map<std::string, const VectorRule*> rule_of;
  for (const VectorRule& rule : rules) rule_of[label_of(rule.op, rule.profile)] = &rule;
  std::set<std::string> used;
  const auto fail = [&report](const VectorRow& row, const std::string& what) {
    report.errors.push_back(row.id + " (" + label_of(row.op, row.profile) + "): " + what);
  };
  for (const VectorRow& row : rows) {
    const std::string label = label_of(row.op, row.profile);
    const auto found = rule_of.find(label);
    if (found == rule_of.end()) {
      fail(row, "no rule for this op and profile");
      continue;
    }
    used.insert(label);
    const VectorRule& rule = *found->second;
    if (rule.cls == VectorClass::kNotApplicable) {
      ++report.not_applicable;
      continue;
    }
    ++(rule.cls == VectorClass::kRun ? report.run : report.control);
    const std::int64_t got = rule.rule(row);
    if (got != row.expected) fail(row, "got " + std::to_string(got) + ", expected " + std::to_string(row.expected));
    if (rule.cls != VectorClass::kControl) continue;
    const VectorRule& right = *rule_of.at(label_of(row.op, rule.right));
    report.differs[label] += right.rule(row) != row.expected ? 1 : 0;
  }
  for (const auto& [label, rule] : rule_of) {
    if (used.count(label) == 0) report.errors.push_back("rule without a row: " + label);
  }
  for (const auto& [label, count] : report.differs) {
    if (count == 0) report.errors.push_back("control never differs from the right rule: " + label);
  }
  return report;
}

}  // namespace e8::testing
