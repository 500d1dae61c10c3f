#include "observation/observation.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "base/enum_names.h"

namespace observation {
namespace {

constexpr std::array kOutcomes = {
    std::pair{Outcome::kMatch, "match"},
    std::pair{Outcome::kMismatch, "mismatch"},
    std::pair{Outcome::kNoData, "no_data"},
    std::pair{Outcome::kNoSuchName, "no_such_name"},
    std::pair{Outcome::kCnameInTheWay, "cname_in_the_way"},
    std::pair{Outcome::kWildcardSynthesis, "wildcard_synthesis"},
    std::pair{Outcome::kLame, "lame"},
    std::pair{Outcome::kRefused, "refused"},
    std::pair{Outcome::kServfail, "servfail"},
    std::pair{Outcome::kBogus, "bogus"},
    std::pair{Outcome::kTimeout, "timeout"},
    std::pair{Outcome::kUnreachable, "unreachable"},
    std::pair{Outcome::kMalformed, "malformed"},
    std::pair{Outcome::kTruncated, "truncated"},
    std::pair{Outcome::kStale, "stale"},
    std::pair{Outcome::kCnameLoop, "cname_loop"},
    std::pair{Outcome::kNotAsked, "not_asked"},
};

constexpr std::array kClues = {
    std::pair{Clue::kValueQuoted, "value_quoted"},
    std::pair{Clue::kValueCut, "value_cut"},
    std::pair{Clue::kValueSpaced, "value_spaced"},
    std::pair{Clue::kValueCase, "value_case"},
    std::pair{Clue::kOtherValues, "other_values"},
    std::pair{Clue::kZoneAppended, "zone_appended"},
    std::pair{Clue::kSplitView, "split_view"},
    std::pair{Clue::kParentDiffers, "parent_differs"},
    std::pair{Clue::kAtParentName, "at_parent_name"},
};

constexpr std::array kVotes = {
    std::pair{Vote::kAgree, "agree"},
    std::pair{Vote::kDisagree, "disagree"},
    std::pair{Vote::kCouldNotTell, "could_not_tell"},
};

}  // namespace

void Append(std::vector<Observation> from, std::vector<Observation>& to) {
  if (to.empty()) {
    to = std::move(from);
    return;
  }
  to.reserve(to.size() + from.size());
  std::ranges::move(from, std::back_inserter(to));
}

const char* OutcomeName(Outcome outcome) { return base::NameIn(kOutcomes, outcome); }
const char* VoteName(Vote vote) { return base::NameIn(kVotes, vote); }
const char* ClueName(Clue clue) { return base::NameIn(kClues, clue); }
std::optional<Clue> ParseClue(const std::string& name) { return base::ValueIn(kClues, name); }
std::optional<Outcome> ParseOutcome(const std::string& name) {
  return base::ValueIn(kOutcomes, name);
}
std::optional<Vote> ParseVote(const std::string& name) { return base::ValueIn(kVotes, name); }

}  // namespace observation
