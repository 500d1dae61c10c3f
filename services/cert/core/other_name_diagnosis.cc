#include "cert/core/other_name_diagnosis.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_format.h"

namespace cert {
namespace {

using ::observation::Clue;
using ::observation::Observation;
using ::observation::ServerRole;

bool Has(const std::vector<std::string>& values, const std::string& value) {
  return std::ranges::find(values, value) != values.end();
}

// Where another question shows it: on servers that have it, or by where a CNAME with it led.
struct Elsewhere {
  std::string name;
  Sightings shown;
  Sightings led;
};

Finding StandsAt(const Elsewhere& elsewhere, Finding finding) {
  if (elsewhere.shown.empty()) {
    DescribeFollowed(elsewhere.led, elsewhere.name, finding.expected, finding);
  } else {
    Describe(elsewhere.shown, finding);
  }
  finding.seen = {finding.expected};
  finding.code = FindingCode::kRecordAtOtherName;
  finding.sentence = absl::StrFormat(
      "The value for the %s record at %s stands at %s instead%s: create the record at %s.",
      finding.record_type, finding.record_name, elsewhere.name, AsSeenOn(elsewhere.shown),
      finding.record_name);
  return finding;
}

}  // namespace

std::optional<Finding> AtOtherName(const Evidence& evidence, const Finding& about,
                                   const Sightings& disagree) {
  const Sightings above =
      Among(disagree, [](const Observation& seen) { return HasClue(seen, Clue::kAtParentName); });
  const std::size_t dot = about.record_name.find('.');
  if (!above.empty() && dot != std::string::npos) {
    return StandsAt({.name = about.record_name.substr(dot + 1), .shown = above, .led = {}}, about);
  }
  for (const Answer& other : evidence) {
    if (other.question.name == about.record_name) continue;
    const Elsewhere elsewhere{.name = other.question.name,
                              .shown = Select(other,
                                              [&](const Observation& seen) {
                                                return seen.role == ServerRole::kAuthoritative &&
                                                       Has(seen.values, about.expected);
                                              }),
                              .led = Select(other, [&](const Observation& seen) {
                                return seen.role == ServerRole::kAuthoritative &&
                                       Has(seen.cname_chain, about.expected);
                              })};
    if (!elsewhere.shown.empty() || !elsewhere.led.empty()) return StandsAt(elsewhere, about);
  }
  return std::nullopt;
}

}  // namespace cert
