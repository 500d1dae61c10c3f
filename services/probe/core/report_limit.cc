#include "probe/core/report_limit.h"

#include <algorithm>
#include <array>
#include <string>

namespace probe {
namespace {

using observation::Observation;
using observation::Vote;

constexpr std::array kOrder{Vote::kDisagree, Vote::kCouldNotTell, Vote::kAgree};
constexpr char kCutNote[] = "there is more to show than a report may hold";

// At most, on the wire: a report's id and failure; an observation's numbers, times and clues, and
// what comes before each of its texts; what comes before a text of a list.
constexpr std::size_t kReportFrameBytes = 1024;
constexpr std::size_t kObservationFrameBytes = 160;
constexpr std::size_t kTextFrameBytes = 3;

std::size_t BareBytes(const Observation& observation) {
  return kObservationFrameBytes + observation.server.size() + observation.address.size() +
         observation.zone.size() + observation.asked_zone.size() + observation.owner.size() +
         std::max(observation.note.size(), sizeof kCutNote);
}

std::size_t EvidenceBytes(const Observation& observation) {
  std::size_t bytes = 0;
  for (const std::string& value : observation.values) bytes += kTextFrameBytes + value.size();
  for (const std::string& name : observation.cname_chain) bytes += kTextFrameBytes + name.size();
  return bytes;
}

// How many of them fit without their evidence, from the first on.
std::size_t CountFitting(const std::vector<Observation>& observations) {
  std::size_t count = 0;
  for (std::size_t bytes = kReportFrameBytes; count < observations.size(); ++count) {
    bytes += BareBytes(observations[count]);
    if (count == kMaxObservations || bytes > kMaxReportBytes) break;
  }
  return count;
}

}  // namespace

void LimitReport(std::vector<Observation>& observations) {
  if (CountFitting(observations) < observations.size()) {
    std::ranges::stable_sort(observations, {}, [](const Observation& observation) {
      return std::ranges::find(kOrder, observation.vote);
    });
    observations.resize(CountFitting(observations));
  }
  std::size_t left = kMaxReportBytes - kReportFrameBytes;
  for (const Observation& observation : observations) left -= BareBytes(observation);
  for (const Vote vote : kOrder) {
    for (Observation& observation : observations) {
      if (observation.vote != vote) continue;
      const std::size_t bytes = EvidenceBytes(observation);
      if (bytes <= left) {
        left -= bytes;
        continue;
      }
      observation.values.clear();
      observation.cname_chain.clear();
      observation.note = kCutNote;
    }
  }
}

}  // namespace probe
