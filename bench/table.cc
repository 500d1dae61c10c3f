#include "bench/table.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

#include "absl/strings/str_format.h"

namespace bench {
namespace {

std::string Verdict(const Row& row) {
  if (row.goal == Goal::kNone) return absl::StrFormat("%7s %5d", "", row.ratios.size());
  return absl::StrFormat("%s %.2f %5d  %s", row.goal == Goal::kAtLeast ? ">=" : "<=", row.reach,
                         row.ratios.size(), row.Reached() ? "reached" : "NOT REACHED");
}

}  // namespace

double Samples::Median() const {
  if (values_.empty()) return 0;
  std::vector<double> sorted = values_;
  std::ranges::sort(sorted);
  const std::size_t middle = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

double Samples::Min() const { return values_.empty() ? 0 : *std::ranges::min_element(values_); }

double Samples::Max() const { return values_.empty() ? 0 : *std::ranges::max_element(values_); }

bool Row::Reached() const {
  return goal == Goal::kAtMost ? ratios.Median() <= reach : ratios.Median() >= reach;
}

void Add(Row& row, Samples& references, double value, double reference) {
  row.values.Add(value);
  references.Add(reference);
  row.reference_value = references.Median();
  row.ratios.Add(value / reference);
}

void PrintTable(const std::vector<Row>& rows) {
  absl::PrintF("%-44s %12s %-14s %12s %7s %15s %8s %5s\n", "measure", "value", "unit", "reference",
               "ratio", "min .. max", "reach", "runs");
  for (const Row& row : rows) {
    absl::PrintF("%-44s %12.2f %-14s %12.2f %7.2f %6.2f .. %5.2f %s\n", row.measure,
                 row.values.Median(), row.unit, row.reference_value, row.ratios.Median(),
                 row.ratios.Min(), row.ratios.Max(), Verdict(row));
  }
}

absl::Status WriteJson(const std::string& path, const std::string& bench, const std::string& commit,
                       const std::vector<Row>& rows) {
  std::ofstream file(path);
  for (const Row& row : rows) {
    const nlohmann::ordered_json line = {{"bench", bench},
                                         {"measure", row.measure},
                                         {"value", row.values.Median()},
                                         {"unit", row.unit},
                                         {"reference", row.reference},
                                         {"reference_value", row.reference_value},
                                         {"ratio", row.ratios.Median()},
                                         {"min", row.ratios.Min()},
                                         {"max", row.ratios.Max()},
                                         {"runs", row.ratios.size()},
                                         {"commit", commit}};
    file << line.dump() << "\n";
  }
  file.close();
  if (!file) return absl::UnavailableError(path + " cannot be written");
  return absl::OkStatus();
}

}  // namespace bench
