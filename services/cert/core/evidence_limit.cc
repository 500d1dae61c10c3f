#include "cert/core/evidence_limit.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace cert {
namespace {

using ::observation::Observation;
using ::observation::Vote;

constexpr std::size_t kBytesBesideTexts = 512;
constexpr std::size_t kOtherValuesKept = 2;

using Texts = std::vector<std::string>;

std::size_t BytesOf(const Texts& texts) {
  return std::accumulate(
      texts.begin(), texts.end(), std::size_t{0},
      [](std::size_t bytes, const std::string& text) { return bytes + text.size(); });
}

std::size_t BytesOf(const Observation& seen) {
  return kBytesBesideTexts + seen.server.size() + seen.address.size() + seen.zone.size() +
         seen.asked_zone.size() + seen.owner.size() + seen.note.size() + BytesOf(seen.cname_chain) +
         BytesOf(seen.values);
}

std::size_t BytesOf(const View& view) {
  std::size_t bytes = 0;
  for (const Observation& seen : view.observations) bytes += BytesOf(seen);
  return bytes;
}

// What is expected at one name may stand at another, and diagnosis looks for it there.
std::set<std::string> AllExpected(const Evidence& evidence) {
  std::set<std::string> expected;
  for (const Answer& answer : evidence) {
    expected.insert(answer.question.expected_values.begin(), answer.question.expected_values.end());
  }
  return expected;
}

void AddNote(const std::string& note, Observation& seen) {
  seen.note = seen.note.empty() ? note : absl::StrCat(seen.note, "; ", note);
}

void CutTexts(const std::set<std::string>& expected, Observation& seen) {
  const std::size_t before = seen.values.size() + seen.cname_chain.size();
  std::size_t others = 0;
  std::erase_if(seen.values, [&](const std::string& value) {
    return !expected.contains(value) && ++others > kOtherValuesKept;
  });
  if (seen.cname_chain.size() > 2) {
    seen.cname_chain.erase(
        std::remove_if(seen.cname_chain.begin() + 1, seen.cname_chain.end() - 1,
                       [&](const std::string& target) { return !expected.contains(target); }),
        seen.cname_chain.end() - 1);
  }
  const std::size_t after = seen.values.size() + seen.cname_chain.size();
  if (after < before) AddNote("there is more to show than is kept", seen);
}

int Rank(const Observation& seen) {
  if (seen.vote == Vote::kDisagree) return 0;
  return seen.vote == Vote::kCouldNotTell ? 1 : 2;
}

void DropObservations(std::size_t share, std::vector<Observation>& observations) {
  std::ranges::stable_sort(observations, {}, Rank);
  std::size_t bytes = BytesOf(observations.front());
  const auto beyond =
      std::find_if(observations.begin() + 1, observations.end(), [&](const Observation& seen) {
        bytes += BytesOf(seen);
        return bytes > share;
      });
  const auto dropped = observations.end() - beyond;
  observations.erase(beyond, observations.end());
  AddNote(absl::StrFormat("answers of %d more servers are not kept", dropped), observations.back());
}

void LimitView(const std::set<std::string>& expected, std::size_t share, View& view) {
  if (BytesOf(view) <= share) return;
  for (Observation& seen : view.observations) CutTexts(expected, seen);
  if (BytesOf(view) > share) DropObservations(share, view.observations);
}

}  // namespace

void LimitEvidence(Evidence& evidence) {
  std::size_t bytes = 0;
  std::size_t views = 0;
  for (const Answer& answer : evidence) {
    for (const View& view : answer.views) bytes += BytesOf(view);
    views += answer.views.size();
  }
  if (bytes <= kMaxEvidenceBytes) return;
  const std::set<std::string> expected = AllExpected(evidence);
  for (Answer& answer : evidence) {
    for (View& view : answer.views) LimitView(expected, kMaxEvidenceBytes / views, view);
  }
}

}  // namespace cert
