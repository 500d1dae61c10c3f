#include "probe/core/zone_view.h"

#include <algorithm>

#include "absl/strings/str_format.h"

namespace probe {
namespace {

using observation::Clue;
using observation::Observation;
using observation::Outcome;
using observation::Vote;

constexpr std::size_t kMaxNoteLength = 512;  // a service takes no more
constexpr std::uint32_t kHalfTheSerials = 0x8000'0000U;

bool SaysTheSame(const Observation& a, const Observation& b) {
  return a.outcome == b.outcome && std::ranges::is_permutation(a.values, b.values);
}

}  // namespace

bool IsOlderSerial(std::uint32_t a, std::uint32_t b) {
  const std::uint32_t ahead = b - a;
  return ahead != 0 && ahead < kHalfTheSerials;
}

bool SerialsWouldTell(const std::vector<Observation>& servers) {
  return std::ranges::any_of(servers, [&](const Observation& no) {
    return no.vote == Vote::kDisagree &&
           std::ranges::any_of(servers, [&](const Observation& other) {
             return other.vote != Vote::kCouldNotTell && !SaysTheSame(no, other);
           });
  });
}

void CompareSerials(std::vector<Observation>& servers) {
  std::vector<Observation*> stale;
  for (Observation& no : servers) {
    if (no.vote != Vote::kDisagree || !no.soa_serial) continue;
    for (const Observation& other : servers) {
      if (other.vote == Vote::kCouldNotTell || !other.soa_serial) continue;
      if (*other.soa_serial == *no.soa_serial && !SaysTheSame(no, other)) {
        AddClue(Clue::kSplitView, no);
      }
      if (other.vote != Vote::kAgree || !IsOlderSerial(*no.soa_serial, *other.soa_serial)) continue;
      no.note = absl::StrFormat("this server has version %u of the zone, %s has %u already",
                                *no.soa_serial, other.server, *other.soa_serial);
      stale.push_back(&no);
      break;
    }
  }
  // Last, so that all are compared by what they answered.
  for (Observation* no : stale) no->outcome = Outcome::kStale;
}

void ShowWay(const Zone& zone, const std::vector<DnsName>& visited, Observation& observation) {
  for (std::size_t i = 1; i < visited.size(); ++i) {
    observation.cname_chain.push_back(visited[i].ToString());
  }
  if (observation.note.empty()) observation.note = zone.note;
  if (observation.note.size() > kMaxNoteLength) observation.note.resize(kMaxNoteLength);
  if (zone.parent_differs) AddClue(Clue::kParentDiffers, observation);
}

bool AllAgree(const std::vector<Observation>& observations) {
  return std::ranges::all_of(observations,
                             [](const Observation& o) { return o.vote == Vote::kAgree; });
}

void AddClue(Clue clue, Observation& observation) {
  auto& clues = observation.clues;
  if (std::ranges::find(clues, clue) == clues.end()) clues.push_back(clue);
}

}  // namespace probe
