#include "cert/core/nameserver_diagnosis.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "cert/core/clue_diagnosis.h"
#include "cert/core/proof.h"
#include "cert/core/shown.h"

namespace cert {
namespace {

using ::observation::Observation;
using ::observation::Outcome;
using ::observation::RecordType;
using ::observation::ServerRole;
using ::observation::Vote;

bool AsksForCname(const Answer& answer) { return answer.question.type == RecordType::kCname; }

bool IsChallenge(const Answer& answer) {
  return AsksForCname(answer) || answer.question.name.starts_with("_acme-challenge.");
}

// The first CNAME target that was followed on the way to what was seen; empty if none was.
std::string FollowedTarget(const Observation& seen, const Answer& answer) {
  if (!seen.cname_chain.empty()) return seen.cname_chain.front();
  return seen.owner == answer.question.name ? "" : seen.owner;
}

bool ReachedTarget(const Observation& seen, const DiagnosisContext& context) {
  return seen.owner == context.delegation_target ||
         std::ranges::find(seen.cname_chain, context.delegation_target) != seen.cname_chain.end();
}

bool IsOurs(const Observation& seen, const DiagnosisContext& context) {
  return IsInside(seen.zone, context.delegation_zone) && ReachedTarget(seen, context);
}

// True for a server that has the right CNAME while others of its zone contradict it.
bool HoldsCname(const Observation& seen, const DiagnosisContext& context) {
  return seen.outcome == Outcome::kCnameInTheWay &&
         std::ranges::find(seen.values, context.delegation_target) != seen.values.end();
}

// A value that should be there and that not every one of the servers shows.
std::string MissingValue(const Answer& answer, const Sightings& sightings) {
  const std::vector<std::string>& expected = answer.question.expected_values;
  const auto missing = std::ranges::find_if(expected, [&](const std::string& value) {
    return std::ranges::any_of(sightings, [&](const Sighting& sighting) {
      return std::ranges::find(sighting.seen->values, value) == sighting.seen->values.end();
    });
  });
  if (missing != expected.end()) return *missing;
  return expected.empty() ? "" : expected.front();
}

Finding OnSomeServers(Finding finding, const Sightings& disagree, const Sightings& agree) {
  Describe(disagree, finding);
  finding.code = FindingCode::kRecordOnSomeServers;
  finding.sentence = absl::StrFormat(
      "The %s record at %s is on %s but not on %s: publish it on every nameserver of the zone, or "
      "wait until your DNS host has copied it there.",
      finding.record_type, finding.record_name,
      agree.empty() ? "other nameservers of the zone" : Listed(agree), Listed(disagree));
  return finding;
}

Finding CnameElsewhere(Finding finding, const Sightings& sightings, const std::string& target) {
  Describe(sightings, finding);
  if (!target.empty()) finding.seen = {target};
  finding.code = FindingCode::kCnameElsewhere;
  finding.sentence = absl::StrFormat(
      "The CNAME record at %s points elsewhere, as seen on %s: its target is \"%s\" and must be "
      "\"%s\"; change it.",
      finding.record_name, Listed(sightings),
      finding.seen.empty() ? "?" : Shown(finding.seen.front()), finding.expected);
  return finding;
}

Finding CnameCircle(Finding finding, const Sightings& sightings) {
  Describe(sightings, finding);
  finding.code = FindingCode::kCnameElsewhere;
  finding.sentence = absl::StrFormat(
      "The CNAME records that begin at %s lead in a circle or are too many, as seen on %s: remove "
      "them and create one %s record with \"%s\".",
      finding.record_name, Listed(sightings), finding.record_type, finding.expected);
  return finding;
}

Finding OtherTypeThere(Finding finding, const Sightings& sightings) {
  Describe(sightings, finding);
  const bool cname = finding.record_type == "CNAME";
  finding.code = cname ? FindingCode::kTxtWhereCnameBelongs : FindingCode::kCnameWhereTxtBelongs;
  finding.sentence = absl::StrFormat(
      "There is a %s record at %s on %s where a %s record belongs: remove it and create the %s "
      "record with \"%s\".",
      cname ? "TXT" : "CNAME", finding.record_name, Listed(sightings), finding.record_type,
      finding.record_type, finding.expected);
  return finding;
}

Finding WrongValue(Finding finding, const Sightings& sightings) {
  Describe(sightings, finding);
  finding.code = FindingCode::kRecordWrong;
  const std::string seen =
      finding.seen.empty() ? "" : absl::StrFormat(" (\"%s\")", Shown(finding.seen.front()));
  finding.sentence = absl::StrFormat(
      "The TXT record at %s has another value on %s%s: add a TXT record with \"%s\" there, others "
      "may stay beside it.",
      finding.record_name, Listed(sightings), seen, finding.expected);
  return finding;
}

Finding Missing(Finding finding, const Sightings& sightings) {
  Describe(sightings, finding);
  finding.code = FindingCode::kRecordMissing;
  finding.sentence =
      absl::StrFormat("There is no %s record at %s: %s %s so; create it with the value \"%s\".",
                      finding.record_type, finding.record_name, Listed(sightings),
                      Counted(sightings, "says", "say"), finding.expected);
  return finding;
}

// TXT values at the name where the CNAME belongs, seen by another question of the inquiry.
Sightings TxtBesideCname(const Evidence& evidence, const Answer& answer) {
  Sightings found;
  if (!AsksForCname(answer)) return found;
  for (const Answer& other : evidence) {
    const bool same_name = other.question.name == answer.question.name;
    if (!same_name || other.question.type != RecordType::kTxt) continue;
    const Sightings txt = Select(other, [&](const Observation& seen) {
      return seen.role == ServerRole::kAuthoritative && seen.outcome == Outcome::kMismatch &&
             FollowedTarget(seen, other).empty();
    });
    found.insert(found.end(), txt.begin(), txt.end());
  }
  return found;
}

// The nameservers that have the record, and whether there are any: those that gave the right CNAME
// for a TXT question are known only by where it led.
struct Holders {
  Sightings known;
  bool any = false;
};

Holders FindHolders(const Answer& answer, const std::string& zone,
                    const DiagnosisContext& context) {
  Holders holders{.known = Select(answer, [&](const Observation& seen) {
                    return seen.role == ServerRole::kAuthoritative && seen.zone == zone &&
                           (seen.vote == Vote::kAgree || HoldsCname(seen, context));
                  })};
  const Sightings beyond = Select(answer, [&](const Observation& seen) {
    return seen.role == ServerRole::kAuthoritative && IsOurs(seen, context);
  });
  const bool through_cname = IsChallenge(answer) && !AsksForCname(answer) && !beyond.empty();
  holders.any = !holders.known.empty() || through_cname;
  return holders;
}

// What stands at the name itself, where no nameserver has the record.
Finding DiagnoseContent(Finding about, const Answer& answer, const Sightings& disagree) {
  const auto with = [&](Outcome outcome) {
    return Among(disagree, [&](const Observation& seen) { return seen.outcome == outcome; });
  };
  const bool cname = about.record_type == "CNAME";
  if (const Sightings circle = with(Outcome::kCnameLoop); !circle.empty()) {
    return CnameCircle(std::move(about), circle);
  }
  if (const Sightings alias = with(Outcome::kCnameInTheWay); !alias.empty()) {
    return cname ? CnameElsewhere(std::move(about), alias, "")
                 : OtherTypeThere(std::move(about), alias);
  }
  if (std::optional<Finding> traced = DiagnoseTraces(about, disagree)) return *std::move(traced);
  const Sightings wrong = with(Outcome::kMismatch);
  if (wrong.empty()) return Missing(std::move(about), disagree);
  if (!cname) return WrongValue(std::move(about), wrong);
  return AsksForCname(answer) ? CnameElsewhere(std::move(about), wrong, "")
                              : OtherTypeThere(std::move(about), wrong);
}

}  // namespace

Finding AboutRecord(const Answer& answer, const DiagnosisContext& context) {
  Finding finding{.record_name = answer.question.name};
  const std::vector<std::string>& values = answer.question.expected_values;
  finding.record_type = IsChallenge(answer) ? "CNAME" : "TXT";
  finding.expected = IsChallenge(answer) ? context.delegation_target
                     : values.empty()    ? ""
                                         : values.front();
  finding.fix = ZoneFileLine(finding.record_name, finding.record_type, finding.expected);
  return finding;
}

Finding DelegationFinding(const Answer& answer, const Sightings& sightings,
                          const DiagnosisContext& context) {
  Finding finding{.code = FindingCode::kDelegationBehind,
                  .record_type = "TXT",
                  .record_name = context.delegation_target,
                  .expected = MissingValue(answer, sightings)};
  Describe(sightings, finding);
  finding.sentence = absl::StrFormat(
      "Padlock's own %s %s %s not show its TXT record for %s at %s yet; nothing is to be done, we "
      "look again by ourselves.",
      Counted(sightings, "nameserver", "nameservers"), Listed(sightings),
      Counted(sightings, "does", "do"), answer.question.name, finding.record_name);
  return finding;
}

Finding DiagnoseNameservers(const Evidence& evidence, const Answer& answer,
                            const Sightings& disagree, const DiagnosisContext& context) {
  // What the customer can mend comes before what mends itself.
  const Sightings theirs =
      Among(disagree, [&](const Observation& seen) { return !IsOurs(seen, context); });
  if (theirs.empty()) return DelegationFinding(answer, disagree, context);
  Finding about = AboutRecord(answer, context);
  const Sightings at_name = Among(theirs, [&](const Observation& seen) {
    return FollowedTarget(seen, answer).empty() && !HoldsCname(seen, context);
  });
  if (at_name.empty()) {
    const std::string target = FollowedTarget(*theirs.front().seen, answer);
    if (theirs.front().seen->outcome == Outcome::kCnameLoop) {
      return CnameCircle(std::move(about), theirs);
    }
    if (about.record_type == "CNAME") return CnameElsewhere(std::move(about), theirs, target);
    Finding finding = OtherTypeThere(std::move(about), theirs);
    finding.seen = {target};
    return finding;
  }
  const Holders holders = FindHolders(answer, at_name.front().seen->zone, context);
  if (holders.any) {
    if (std::optional<Finding> copies = DiagnoseCopies(about, at_name)) return *std::move(copies);
    return OnSomeServers(std::move(about), at_name, holders.known);
  }
  if (const Sightings txt = TxtBesideCname(evidence, answer); !txt.empty()) {
    return OtherTypeThere(std::move(about), txt);
  }
  return DiagnoseContent(std::move(about), answer, at_name);
}

}  // namespace cert
