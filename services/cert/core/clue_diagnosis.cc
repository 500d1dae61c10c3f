#include "cert/core/clue_diagnosis.h"

#include <array>
#include <string>
#include <utility>

#include "absl/strings/str_format.h"
#include "cert/core/shown.h"

namespace cert {
namespace {

using ::observation::Clue;
using ::observation::Observation;
using ::observation::Outcome;

Sightings WithClue(const Sightings& sightings, Clue clue) {
  return Among(sightings, [&](const Observation& seen) { return HasClue(seen, clue); });
}

std::string Serial(const Sightings& sightings) {
  const std::optional<std::uint32_t>& serial = sightings.front().seen->soa_serial;
  return serial ? absl::StrFormat(" (serial %d)", *serial) : "";
}

Finding Stale(Finding finding, const Sightings& stale) {
  Describe(stale, finding);
  finding.code = FindingCode::kNameserverStale;
  finding.sentence = absl::StrFormat(
      "The %s %s %s an older version of the zone than the others%s, without the %s record at %s: "
      "wait until your DNS host has copied it there, or mend the zone transfer.",
      Counted(stale, "nameserver", "nameservers"), Listed(stale), Counted(stale, "serves", "serve"),
      Serial(stale), finding.record_type, finding.record_name);
  return finding;
}

Finding SplitView(Finding finding, const Sightings& split) {
  Describe(split, finding);
  finding.code = FindingCode::kSplitView;
  finding.sentence = absl::StrFormat(
      "The %s %s %s the same version of the zone as the others%s, but not the %s record at %s: "
      "publish it in every view of the zone that the Internet is shown.",
      Counted(split, "nameserver", "nameservers"), Listed(split), Counted(split, "serves", "serve"),
      Serial(split), finding.record_type, finding.record_name);
  return finding;
}

Finding Wildcard(Finding finding, const Sightings& synthesised) {
  Describe(synthesised, finding);
  finding.code = FindingCode::kWildcardAnswers;
  finding.sentence = absl::StrFormat(
      "What %s shows on %s comes from a wildcard record: create a %s record with \"%s\" at exactly "
      "this name, which takes precedence over the wildcard.",
      finding.record_name, Listed(synthesised), finding.record_type, finding.expected);
  return finding;
}

Finding ZoneAppended(Finding finding, const Sightings& appended) {
  Describe(appended, finding);
  const std::string& zone = appended.front().seen->zone;
  finding.code = FindingCode::kZoneAppended;
  finding.sentence = absl::StrFormat(
      "The %s record is at %s.%s instead of %s, as seen on %s, because your DNS host appends the "
      "zone to what is entered: enter \"%s\" as its name.",
      finding.record_type, finding.record_name, zone, finding.record_name, Listed(appended),
      Shown(RelativeName(finding.record_name, zone)));
  return finding;
}

Finding ValueChanged(Finding finding, const Sightings& changed, const char* how,
                     const char* advice) {
  Describe(changed, finding);
  finding.code = FindingCode::kValueChanged;
  const std::string seen =
      finding.seen.empty() ? "" : absl::StrFormat(" (\"%s\")", Shown(finding.seen.front()));
  finding.sentence = absl::StrFormat(
      "The %s record at %s has the right value on %s, but %s%s: %s \"%s\".", finding.record_type,
      finding.record_name, Listed(changed), how, seen, advice, finding.expected);
  return finding;
}

// How a value was changed on its way into the zone, and what to enter.
struct Change {
  Clue clue;
  const char* how;
  const char* advice;
};

constexpr std::array kChanges = {
    Change{Clue::kValueQuoted, "with quotation marks that have become part of it",
           "enter it without them, as"},
    Change{Clue::kValueSpaced, "with white space in it", "enter it without any, as"},
    Change{Clue::kValueCase, "in other letter case", "enter it letter by letter, as"},
    Change{Clue::kValueCut, "only a part of it", "enter all of it,"},
};

}  // namespace

std::optional<Finding> DiagnoseCopies(const Finding& about, const Sightings& disagree) {
  const Sightings stale =
      Among(disagree, [](const Observation& seen) { return seen.outcome == Outcome::kStale; });
  if (!stale.empty()) return Stale(about, stale);
  const Sightings split = WithClue(disagree, Clue::kSplitView);
  if (!split.empty()) return SplitView(about, split);
  return std::nullopt;
}

std::optional<Finding> DiagnoseTraces(const Finding& about, const Sightings& disagree) {
  for (const auto& [clue, how, advice] : kChanges) {
    const Sightings changed = WithClue(disagree, clue);
    if (!changed.empty()) return ValueChanged(about, changed, how, advice);
  }
  const Sightings appended = WithClue(disagree, Clue::kZoneAppended);
  if (!appended.empty()) return ZoneAppended(about, appended);
  const Sightings synthesised = Among(disagree, [](const Observation& seen) {
    return seen.outcome == Outcome::kWildcardSynthesis;
  });
  if (!synthesised.empty()) return Wildcard(about, synthesised);
  return std::nullopt;
}

Finding WildcardCname(Finding about, const Sightings& led, const std::string& target) {
  Finding finding = std::move(about);
  DescribeFollowed(led, finding.record_name, target, finding);
  finding.code = FindingCode::kWildcardAnswers;
  finding.sentence = absl::StrFormat(
      "The CNAME record that %s shows, which leads to \"%s\", comes from a wildcard record: create "
      "a %s record with \"%s\" at exactly this name, which takes precedence over the wildcard.",
      finding.record_name, Shown(target), finding.record_type, finding.expected);
  return finding;
}

}  // namespace cert
