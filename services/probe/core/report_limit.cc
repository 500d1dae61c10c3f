#include "probe/core/report_limit.h"

#include <algorithm>
#include <string>

namespace probe {
namespace {

using observation::Observation;
using observation::Vote;

int Rank(const Observation& observation) {
  switch (observation.vote) {
    case Vote::kDisagree:
      return 0;
    case Vote::kCouldNotTell:
      return 1;
    case Vote::kAgree:
      break;
  }
  return 2;
}

std::size_t EvidenceBytes(const Observation& observation) {
  std::size_t bytes = 0;
  for (const std::string& value : observation.values) bytes += value.size();
  for (const std::string& target : observation.cname_chain) bytes += target.size();
  return bytes;
}

}  // namespace

void LimitReport(std::vector<Observation>& observations) {
  if (observations.size() > kMaxObservations) {
    std::ranges::stable_sort(observations, {}, Rank);
    observations.resize(kMaxObservations);
  }
  std::size_t left = kMaxEvidenceBytes;
  for (Observation& observation : observations) {
    const std::size_t bytes = EvidenceBytes(observation);
    if (bytes <= left) {
      left -= bytes;
      continue;
    }
    observation.values.clear();
    observation.cname_chain.clear();
    observation.note = "there is more to show than a report may hold";
  }
}

}  // namespace probe
