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

bool Shows(const Observation& seen, const std::string& value) {
  return std::ranges::find(seen.values, value) != seen.values.end() ||
         std::ranges::find(seen.cname_chain, value) != seen.cname_chain.end();
}

Finding StandsAt(const std::string& name, const Sightings& sightings, Finding finding) {
  Describe(sightings, finding);
  finding.seen = {finding.expected};
  finding.code = FindingCode::kRecordAtOtherName;
  finding.sentence = absl::StrFormat(
      "The value for the %s record at %s stands at %s instead, as seen on %s: create the record at "
      "%s.",
      finding.record_type, finding.record_name, name, Listed(sightings), finding.record_name);
  return finding;
}

}  // namespace

std::optional<Finding> AtOtherName(const Evidence& evidence, const Finding& about,
                                   const Sightings& disagree) {
  const Sightings above =
      Among(disagree, [](const Observation& seen) { return HasClue(seen, Clue::kAtParentName); });
  const std::size_t dot = about.record_name.find('.');
  if (!above.empty() && dot != std::string::npos) {
    return StandsAt(about.record_name.substr(dot + 1), above, about);
  }
  for (const Answer& other : evidence) {
    if (other.question.name == about.record_name) continue;
    const Sightings there = Select(other, [&](const Observation& seen) {
      return seen.role == ServerRole::kAuthoritative && Shows(seen, about.expected);
    });
    if (!there.empty()) return StandsAt(other.question.name, there, about);
  }
  return std::nullopt;
}

}  // namespace cert
