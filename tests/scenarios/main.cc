// padlock-scenarios: random DNS worlds in virtual time, in which the verdict of real checks is
// compared with the truth.
//
//   padlock-scenarios --seed N --count M    the scenarios N, N+1, … N+M-1, and their counts
//   padlock-scenarios --seed N              one of them

#include <CLI/CLI.hpp>
#include <array>
#include <iostream>
#include <string>

#include "absl/strings/str_format.h"
#include "base/log.h"
#include "scenarios/describe.h"
#include "scenarios/run.h"
#include "scenarios/scenario.h"

namespace {

using cert::Decision;
using scenarios::RunResult;
using scenarios::Scenario;

constexpr int kShown = 20;  // scenarios that failed

// How often each verdict was given.
struct Tally {
  std::size_t agreed = 0;
  std::size_t disagreed = 0;
  std::size_t could_not_tell = 0;

  void Add(Decision decision) {
    (decision == Decision::kAgreed      ? agreed
     : decision == Decision::kDisagreed ? disagreed
                                        : could_not_tell)++;
  }
  std::string Row(const std::string& name) const {
    return absl::StrFormat("%-34s %9d %9d %9d\n", name, agreed, disagreed, could_not_tell);
  }
};

class Statistics {
 public:
  void Add(const Scenario& scenario, const RunResult& result) {
    ++scenarios_;
    excused_by_loss_ += result.excused_by_loss;
    excused_by_policy_ += result.excused_by_policy;
    agreed_by_left_servers_ += result.agreed_by_left_servers;
    checks_ += result.checks;
    questions_ += result.questions;
    resolver_questions_ += result.resolver_questions;
    most_questions_ = std::max(most_questions_, result.most_questions);
    for (const RunResult::Judged& judged : result.judged) {
      by_truth_[TruthIndex(judged)].Add(judged.decision);
      for (std::size_t fault = 0; fault < scenarios::kFaults; ++fault) {
        if (scenario.faults.test(fault)) by_fault_[fault].Add(judged.decision);
      }
      if (scenario.faults.none()) faultless_.Add(judged.decision);
    }
    if (result.violations.empty()) return;
    if (++failed_ > kShown) return;
    std::cout << "FAILED --seed " << scenario.seed << "\n";
    for (const std::string& violation : result.violations) std::cout << "  " << violation << "\n";
  }

  void Print() const {
    std::cout << absl::StrFormat("%-34s %9s %9s %9s\n", "by truth", "agreed", "disagreed",
                                 "unsure");
    for (std::size_t i = 0; i < by_truth_.size(); ++i) std::cout << by_truth_[i].Row(kTruths[i]);
    std::cout << "by fault\n" << faultless_.Row("  none");
    for (std::size_t fault = 0; fault < scenarios::kFaults; ++fault) {
      const auto* name = scenarios::FaultName(static_cast<scenarios::Fault>(fault));
      std::cout << by_fault_[fault].Row(std::string("  ") + name);
    }
    std::cout << absl::StrFormat(
        "%d scenarios, %d checks, %d questions (%d to resolvers; at most %d in one check)\n"
        "agreed though a server says no: %d whose packets were all lost, %d not heard at a remote "
        "perspective that could not tell, %d by servers that the zone had just left\n"
        "scenarios that failed: %d\n",
        scenarios_, checks_, questions_, resolver_questions_, most_questions_, excused_by_loss_,
        excused_by_policy_, agreed_by_left_servers_, failed_);
  }

  bool passed() const { return failed_ == 0; }

 private:
  static constexpr std::array kTruths = {
      "  only agreed is true", "  only disagreed is true", "  agreed or disagreed would be",
      "  agreed would be",     "  disagreed would be",     "  neither would be"};

  static std::size_t TruthIndex(const RunResult::Judged& judged) {
    if (judged.must) return *judged.must == Decision::kAgreed ? 0 : 1;
    if (judged.may_agree) return judged.may_disagree ? 2 : 3;
    return judged.may_disagree ? 4 : 5;
  }

  std::size_t scenarios_ = 0;
  std::size_t checks_ = 0;
  std::size_t questions_ = 0;
  std::size_t resolver_questions_ = 0;
  std::size_t most_questions_ = 0;
  int excused_by_loss_ = 0;
  int excused_by_policy_ = 0;
  int agreed_by_left_servers_ = 0;
  int failed_ = 0;
  Tally faultless_;
  std::array<Tally, kTruths.size()> by_truth_{};
  std::array<Tally, scenarios::kFaults> by_fault_{};
};

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Random DNS worlds, and whether the verdict on them is true");
  std::uint64_t seed = 1;
  std::uint64_t count = 1;
  app.add_option("--seed", seed, "of the first scenario");
  app.add_option("--count", count, "how many scenarios");
  CLI11_PARSE(app, argc, argv);
  base::InitLog("scenarios", base::LogLevel::kWarning);
  Statistics statistics;
  for (std::uint64_t i = 0; i < count; ++i) {
    const Scenario scenario = scenarios::DrawScenario(seed + i);
    const RunResult result = scenarios::Run(scenario);
    statistics.Add(scenario, result);
    if (count == 1) std::cout << scenarios::Describe(scenario, result);
  }
  statistics.Print();
  return statistics.passed() ? 0 : 1;
}
