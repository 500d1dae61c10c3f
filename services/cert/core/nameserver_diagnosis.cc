#include "cert/core/nameserver_diagnosis.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "cert/core/alias_diagnosis.h"
#include "cert/core/clue_diagnosis.h"
#include "cert/core/names.h"
#include "cert/core/other_name_diagnosis.h"
#include "cert/core/proof.h"
#include "cert/core/server_diagnosis.h"
#include "cert/core/shown.h"

namespace cert {
namespace {

using ::observation::Clue;
using ::observation::Observation;
using ::observation::Outcome;
using ::observation::RecordType;
using ::observation::ServerRole;
using ::observation::Vote;

bool AsksForCname(const Answer& answer) { return answer.question.type == RecordType::kCname; }

// Whether the customer's CNAME stands, or should stand, at the name.
bool IsDelegated(const Answer& answer, const DiagnosisContext& context) {
  return AsksForCname(answer) ||
         (!context.delegation_target.empty() && IsChallengeName(answer.question.name));
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
  const auto named = [](const Sightings& sightings) {
    return sightings.empty() ? "other nameservers of the zone" : Listed(sightings);
  };
  Describe(disagree, finding);
  finding.code = FindingCode::kRecordOnSomeServers;
  finding.sentence = absl::StrFormat(
      "The %s record at %s is on %s but not on %s: publish it on every nameserver of the zone, or "
      "wait until your DNS host has copied it there.",
      finding.record_type, finding.record_name, named(agree), named(disagree));
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

// A CNAME where TXT belongs, which was followed.
Finding CnameInPlaceOfTxt(Finding finding, const Sightings& led, const std::string& target) {
  DescribeFollowed(led, finding.record_name, target, finding);
  finding.code = FindingCode::kCnameWhereTxtBelongs;
  finding.sentence = absl::StrFormat(
      "There is a CNAME record at %s, which leads to \"%s\", where a TXT record belongs: remove it "
      "and create the TXT record with \"%s\".",
      finding.record_name, Shown(target), finding.expected);
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
Sightings FindTxtAtCname(const Evidence& evidence, const Answer& answer) {
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

// Those of `at_name` that gave the right CNAME to another question of the inquiry.
Sightings FindTxtBesideCname(const Evidence& evidence, const Answer& answer,
                             const Sightings& at_name) {
  Sightings beside;
  if (AsksForCname(answer)) return beside;
  for (const Answer& other : evidence) {
    if (other.question.name != answer.question.name || !AsksForCname(other)) continue;
    const Sightings right =
        Select(other, [](const Observation& seen) { return seen.vote == Vote::kAgree; });
    for (const Sighting& sighting : at_name) {
      const bool has_cname = std::ranges::any_of(right, [&](const Sighting& agreeing) {
        return agreeing.perspective == sighting.perspective &&
               agreeing.seen->server == sighting.seen->server &&
               agreeing.seen->address == sighting.seen->address;
      });
      if (has_cname && sighting.seen->outcome == Outcome::kMismatch) beside.push_back(sighting);
    }
  }
  return beside;
}

Finding TxtBesideCname(Finding finding, const Sightings& beside) {
  Describe(beside, finding);
  finding.code = FindingCode::kTxtBesideCname;
  finding.sentence = absl::StrFormat(
      "The CNAME record at %s is right, but %s %s TXT records beside it, which the DNS forbids: "
      "remove the TXT records, and leave the CNAME record with \"%s\".",
      finding.record_name, Listed(beside), Counted(beside, "serves", "serve"), finding.expected);
  return finding;
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
  const bool through_cname =
      IsDelegated(answer, context) && !AsksForCname(answer) && !beyond.empty();
  holders.any = !holders.known.empty() || through_cname;
  return holders;
}

// Nameservers of the zone that have the expected values at the name in place of its CNAME.
Sightings FindWithoutCname(const Answer& answer, const Sightings& with_cname) {
  return Select(answer, [&](const Observation& seen) {
    return seen.role == ServerRole::kAuthoritative && seen.vote == Vote::kAgree &&
           seen.zone == with_cname.front().seen->zone && FollowedTarget(seen, answer).empty();
  });
}

// Where another question, which followed the CNAME, got lost behind it.
Sightings LoopsFrom(const Evidence& evidence, const Answer& answer) {
  Sightings loops;
  for (const Answer& other : evidence) {
    if (other.question.name != answer.question.name) continue;
    const Sightings found =
        Select(other, [](const Observation& seen) { return seen.outcome == Outcome::kCnameLoop; });
    loops.insert(loops.end(), found.begin(), found.end());
  }
  return loops;
}

// What stands at the name itself, where no nameserver has the record.
Finding DiagnoseContent(const Evidence& evidence, Finding about, const Answer& answer,
                        const Sightings& disagree, const DiagnosisContext& context) {
  const auto with = [&](Outcome outcome) {
    return Among(disagree, [&](const Observation& seen) { return seen.outcome == outcome; });
  };
  const bool cname = about.record_type == "CNAME";
  Sightings circle = with(Outcome::kCnameLoop);
  if (circle.empty() && AsksForCname(answer)) circle = LoopsFrom(evidence, answer);
  if (!circle.empty()) return CnameLoop(std::move(about), circle);
  if (const Sightings alias = with(Outcome::kCnameInTheWay); !alias.empty()) {
    return cname ? CnameElsewhere(std::move(about), alias, "", context)
                 : OtherTypeThere(std::move(about), alias);
  }
  if (std::optional<Finding> traced = DiagnoseTraces(about, disagree)) return *std::move(traced);
  if (std::optional<Finding> moved = AtOtherName(evidence, about, disagree))
    return *std::move(moved);
  const Sightings wrong = with(Outcome::kMismatch);
  if (wrong.empty()) return Missing(std::move(about), disagree);
  if (!cname) return WrongValue(std::move(about), wrong);
  return AsksForCname(answer) ? CnameElsewhere(std::move(about), wrong, "", context)
                              : OtherTypeThere(std::move(about), wrong);
}

// What is wrong at the name itself, where its CNAME led all nameservers that say so.
Finding DiagnoseFollowed(Finding about, const Answer& answer, const Sightings& led,
                         const DiagnosisContext& context) {
  const auto with = [&](Outcome outcome) {
    return Among(led, [&](const Observation& seen) { return seen.outcome == outcome; });
  };
  const auto target = [&](const Sightings& sightings) {
    return FollowedTarget(*sightings.front().seen, answer);
  };
  if (const Sightings made = with(Outcome::kWildcardSynthesis); !made.empty()) {
    return WildcardCname(std::move(about), made, target(made));
  }
  if (const Sightings circle = with(Outcome::kCnameLoop); !circle.empty()) {
    return CnameLoop(std::move(about), circle);
  }
  return about.record_type == "CNAME" ? CnameElsewhere(std::move(about), led, target(led), context)
                                      : CnameInPlaceOfTxt(std::move(about), led, target(led));
}

}  // namespace

Finding AboutRecord(const Answer& answer, const DiagnosisContext& context) {
  Finding finding{.record_name = answer.question.name};
  const bool delegated = IsDelegated(answer, context);
  finding.record_type = delegated ? "CNAME" : "TXT";
  finding.expected = delegated ? context.delegation_target
                               : MissingValue(answer, Select(answer, [](const Observation& seen) {
                                                return seen.role == ServerRole::kAuthoritative &&
                                                       seen.vote == Vote::kDisagree;
                                              }));
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
    const Sightings led = Among(
        theirs, [&](const Observation& seen) { return !FollowedTarget(seen, answer).empty(); });
    if (!led.empty()) return DiagnoseFollowed(std::move(about), answer, led, context);
    return OnSomeServers(std::move(about), FindWithoutCname(answer, theirs), theirs);
  }
  if (const Sightings beside = FindTxtBesideCname(evidence, answer, at_name); !beside.empty()) {
    return TxtBesideCname(std::move(about), beside);
  }
  const Holders holders = FindHolders(answer, at_name.front().seen->zone, context);
  if (holders.any) {
    if (OnlyIpv6Fails(answer, at_name)) return Ipv6Fault(answer, at_name);
    if (std::optional<Finding> copies = DiagnoseCopies(about, at_name)) return *std::move(copies);
    const Sightings mismatch =
        Among(at_name, [](const Observation& seen) { return HasClue(seen, Clue::kParentDiffers); });
    if (mismatch.size() == at_name.size()) return NameserversMismatch(answer, at_name);
    return OnSomeServers(std::move(about), at_name, holders.known);
  }
  if (const Sightings txt = FindTxtAtCname(evidence, answer); !txt.empty()) {
    return OtherTypeThere(std::move(about), txt);
  }
  return DiagnoseContent(evidence, std::move(about), answer, at_name, context);
}

}  // namespace cert
