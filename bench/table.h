// What a benchmark has found, for people and for programs.

#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace bench {

// The values of one measure, one for each run.
class Samples {
 public:
  void Add(double value) { values_.push_back(value); }
  std::size_t size() const { return values_.size(); }
  // Zero without values.
  double Median() const;
  double Min() const;
  double Max() const;

 private:
  std::vector<double> values_;
};

enum class Goal { kAtLeast, kAtMost, kNone };

struct Row {
  std::string measure;
  std::string unit;
  Samples values;
  // Against what, taken in the same rounds; empty: against a fixed bound, `reference_value`.
  std::string reference;
  double reference_value = 0;
  Samples ratios;  // of value to reference, one for each round
  Goal goal = Goal::kAtLeast;
  double reach = 0;  // for the ratio's median

  bool Reached() const;
};

// One round's value and its reference; `references` are those of all rounds.
void Add(Row& row, Samples& references, double value, double reference);

void PrintTable(const std::vector<Row>& rows);

// One object in each line.
absl::Status WriteJson(const std::string& path, const std::string& bench, const std::string& commit,
                       const std::vector<Row>& rows);

}  // namespace bench
