#include "chaos/schedule.h"

#include <algorithm>
#include <iostream>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"

namespace chaos {
namespace {

constexpr std::size_t kAtOnce = 2;
constexpr absl::Duration kShortest = absl::Milliseconds(100);
constexpr absl::Duration kLongestPause = absl::Seconds(2);  // from one beginning to the next

absl::Duration DrawUpTo(absl::Duration longest, Draw& draw) {
  const double share = std::uniform_real_distribution<double>(0, 1)(draw);
  return kShortest + (longest - kShortest) * share;
}

absl::Status Explain(const Fault& fault, const absl::Status& status) {
  return {status.code(), absl::StrCat(fault.name, ": ", status.message())};
}

}  // namespace

Schedule::Schedule(std::vector<Fault> faults, std::uint64_t seed)
    : faults_(std::move(faults)), draw_(seed) {}

absl::Status Schedule::Run(base::Deadline end) {
  while (!end.Expired()) {
    if (at_work_.size() < kAtOnce) RETURN_IF_ERROR(BeginOne());
    RETURN_IF_ERROR(WaitAndHeal(base::Deadline::After(DrawUpTo(kLongestPause, draw_))));
  }
  return Heal([](const AtWork&) { return true; });
}

// None, when the part that was drawn is at fault already.
absl::Status Schedule::BeginOne() {
  const Fault& fault = faults_[draw_() % faults_.size()];
  const absl::Duration length = DrawUpTo(fault.longest, draw_);
  const bool taken = std::ranges::any_of(
      at_work_, [&fault](const AtWork& work) { return work.fault->part == fault.part; });
  if (taken) return absl::OkStatus();
  std::cout << absl::StrFormat("  %s, for %.1f s", fault.name, absl::ToDoubleSeconds(length))
            << std::endl;
  ++counts_[fault.name];
  at_work_.push_back({&fault, base::Deadline::After(length)});
  return Explain(fault, fault.begin());
}

absl::Status Schedule::WaitAndHeal(base::Deadline end) {
  while (!end.Expired()) {
    base::Deadline next = end;
    for (const AtWork& work : at_work_) next = std::min(next, work.end);
    std::this_thread::sleep_for(absl::ToChronoNanoseconds(next.Remaining()));
    RETURN_IF_ERROR(Heal([](const AtWork& work) { return work.end.Expired(); }));
  }
  return absl::OkStatus();
}

absl::Status Schedule::Heal(absl::FunctionRef<bool(const AtWork&)> is_due) {
  const auto due = std::stable_partition(at_work_.begin(), at_work_.end(),
                                         [is_due](const AtWork& work) { return !is_due(work); });
  const std::vector<AtWork> healed(due, at_work_.end());
  at_work_.erase(due, at_work_.end());
  for (const AtWork& work : healed) {
    RETURN_IF_ERROR(Explain(*work.fault, work.fault->heal()));
  }
  return absl::OkStatus();
}

}  // namespace chaos
