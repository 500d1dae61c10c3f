#include "cert/core/diagnosis.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "cert/core/proof.h"

namespace cert {
namespace {

using ::observation::Observation;
using ::observation::Outcome;
using ::observation::RecordType;
using ::observation::ServerRole;
using ::observation::Vote;

constexpr std::size_t kServersNamed = 3;

// What one server said, and from where we asked it.
struct Sighting {
  const Observation* seen = nullptr;
  std::string perspective;
};
using Sightings = std::vector<Sighting>;

template <typename Predicate>
Sightings Select(const Answer& answer, Predicate predicate) {
  Sightings selected;
  for (const View& view : answer.views) {
    for (const Observation& seen : view.observations) {
      if (predicate(seen)) selected.push_back({.seen = &seen, .perspective = view.perspective});
    }
  }
  return selected;
}

Sightings Voting(const Answer& answer, ServerRole role, Vote vote) {
  return Select(answer,
                [&](const Observation& seen) { return seen.role == role && seen.vote == vote; });
}

bool IsInside(const std::string& name, const std::string& zone) {
  return name == zone || name.ends_with("." + zone);
}

std::string Where(const Sighting& sighting) {
  const Observation& seen = *sighting.seen;
  if (seen.address.empty()) return seen.server + " from " + sighting.perspective;
  return absl::StrFormat("%s (%s) from %s", seen.server, seen.address, sighting.perspective);
}

// The servers of the sightings, each once, in their order.
std::vector<std::string> ServerNames(const Sightings& sightings) {
  std::vector<std::string> names;
  for (const Sighting& sighting : sightings) {
    const std::string& name = sighting.seen->server;
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  }
  return names;
}

std::string Listed(std::vector<std::string> names) {
  if (names.size() > kServersNamed) {
    const std::size_t more = names.size() - kServersNamed;
    names.resize(kServersNamed);
    return absl::StrFormat("%s and %d more", absl::StrJoin(names, ", "), more);
  }
  return absl::StrJoin(names, " and ");
}

void FillSeen(const Sightings& sightings, Finding& finding) {
  for (const Sighting& sighting : sightings) {
    finding.where.push_back(Where(sighting));
    for (const std::string& value : sighting.seen->values) {
      if (std::ranges::find(finding.seen, value) == finding.seen.end()) {
        finding.seen.push_back(value);
      }
    }
  }
}

// The record that the customer should have at the name that was asked for. A TXT question at the
// challenge name that fails outside our delegation zone fails for want of the CNAME.
Finding About(const Answer& answer, const Sightings& sightings, const DiagnosisContext& context) {
  Finding finding;
  finding.record_name = answer.question.name;
  const bool at_delegation = answer.question.name.starts_with("_acme-challenge.") &&
                             std::ranges::none_of(sightings, [&](const Sighting& sighting) {
                               return IsInside(sighting.seen->zone, context.delegation_zone);
                             });
  if (at_delegation) {
    finding.record_type = "CNAME";
    finding.expected = context.delegation_target;
  } else {
    finding.record_type = "TXT";
    finding.expected =
        answer.question.expected_values.empty() ? "" : answer.question.expected_values.front();
  }
  finding.fix = ZoneFileLine(finding.record_name, finding.record_type, finding.expected);
  FillSeen(sightings, finding);
  return finding;
}

Finding OnSomeServers(Finding finding, const Sightings& disagree, const Sightings& agree) {
  finding.code = FindingCode::kRecordOnSomeServers;
  finding.sentence = absl::StrFormat(
      "The %s record at %s is on %s but not on %s: publish it on every nameserver of the zone, or "
      "wait until your DNS host has copied it there.",
      finding.record_type, finding.record_name, Listed(ServerNames(agree)),
      Listed(ServerNames(disagree)));
  return finding;
}

Finding Wrong(Finding finding, const Sightings& disagree) {
  const bool cname = finding.record_type == "CNAME";
  finding.code = cname ? FindingCode::kCnameElsewhere : FindingCode::kRecordWrong;
  finding.sentence = absl::StrFormat(
      "The %s record at %s has another value on %s: it is \"%s\" and must be \"%s\"; %s.",
      finding.record_type, finding.record_name, Listed(ServerNames(disagree)),
      finding.seen.empty() ? "" : finding.seen.front(), finding.expected,
      cname ? "change its target" : "add a TXT record with that value, others may stay beside it");
  return finding;
}

Finding OtherTypeThere(Finding finding, const Sightings& disagree) {
  const bool cname = finding.record_type == "CNAME";
  finding.code = cname ? FindingCode::kTxtWhereCnameBelongs : FindingCode::kCnameWhereTxtBelongs;
  finding.sentence = absl::StrFormat(
      "On %s there is a %s record at %s where a %s record belongs: remove it and create the %s "
      "record with \"%s\".",
      Listed(ServerNames(disagree)), cname ? "TXT" : "CNAME", finding.record_name,
      finding.record_type, finding.record_type, finding.expected);
  return finding;
}

Finding Missing(Finding finding, const Sightings& disagree) {
  finding.code = FindingCode::kRecordMissing;
  finding.sentence =
      absl::StrFormat("There is no %s record at %s: %s %s so; create it with the value \"%s\".",
                      finding.record_type, finding.record_name, Listed(ServerNames(disagree)),
                      ServerNames(disagree).size() == 1 ? "says" : "say", finding.expected);
  return finding;
}

Finding DelegationBehind(const Answer& answer, const Sightings& disagree) {
  Finding finding{.code = FindingCode::kDelegationBehind};
  finding.record_type = "TXT";
  finding.record_name = disagree.front().seen->owner;
  FillSeen(disagree, finding);
  finding.sentence = absl::StrFormat(
      "Padlock's own nameserver %s does not show its TXT record for %s yet; nothing is to be done, "
      "we look again by ourselves.",
      Listed(ServerNames(disagree)), answer.question.name);
  return finding;
}

// TXT values at the customer's challenge name, seen by another question of the same inquiry.
Sightings TxtBesideCname(const Evidence& evidence, const Answer& answer,
                         const DiagnosisContext& context) {
  Sightings found;
  if (answer.question.type != RecordType::kCname) return found;
  for (const Answer& other : evidence) {
    if (other.question.type != RecordType::kTxt || other.question.name != answer.question.name) {
      continue;
    }
    const Sightings wrong = Select(other, [&](const Observation& seen) {
      return seen.role == ServerRole::kAuthoritative && seen.outcome == Outcome::kMismatch &&
             !IsInside(seen.zone, context.delegation_zone);
    });
    found.insert(found.end(), wrong.begin(), wrong.end());
  }
  return found;
}

Finding DiagnoseNameservers(const Evidence& evidence, const Answer& answer,
                            const Sightings& disagree, const DiagnosisContext& context) {
  if (IsInside(disagree.front().seen->zone, context.delegation_zone)) {
    return DelegationBehind(answer, disagree);
  }
  const std::string& zone = disagree.front().seen->zone;
  const Sightings agree = Select(answer, [&](const Observation& seen) {
    return seen.role == ServerRole::kAuthoritative && seen.zone == zone &&
           seen.vote == Vote::kAgree;
  });
  Finding finding = About(answer, disagree, context);
  if (!agree.empty()) return OnSomeServers(std::move(finding), disagree, agree);
  if (const Sightings txt = TxtBesideCname(evidence, answer, context); !txt.empty()) {
    return OtherTypeThere(About(answer, txt, context), txt);
  }
  const auto any = [&](Outcome outcome) {
    return std::ranges::any_of(disagree,
                               [&](const Sighting& s) { return s.seen->outcome == outcome; });
  };
  if (any(Outcome::kCnameInTheWay)) return OtherTypeThere(std::move(finding), disagree);
  if (any(Outcome::kMismatch) || any(Outcome::kCnameLoop)) {
    if (finding.record_type == "CNAME" && answer.question.type == RecordType::kTxt) {
      return OtherTypeThere(std::move(finding), disagree);
    }
    return Wrong(std::move(finding), disagree);
  }
  return Missing(std::move(finding), disagree);
}

Finding Bogus(const Answer& answer, const Sightings& bogus, const DiagnosisContext& context) {
  Finding finding = About(answer, bogus, context);
  finding.code = FindingCode::kDnssecBogus;
  finding.sentence = absl::StrFormat(
      "DNSSEC validation of %s fails at %s, and so it will at the CA: renew the zone's signatures, "
      "or correct the DS record at its parent.",
      answer.question.name, Listed(ServerNames(bogus)));
  finding.fix.clear();
  return finding;
}

Finding ResolversBehind(const Answer& answer, const Sightings& disagree,
                        const DiagnosisContext& context) {
  Finding finding = About(answer, disagree, context);
  finding.code = FindingCode::kResolversBehind;
  finding.sentence = absl::StrFormat(
      "Every nameserver has the record at %s, but %s still %s an older answer; nothing is to be "
      "done, it expires from the cache by itself.",
      answer.question.name, Listed(ServerNames(disagree)),
      ServerNames(disagree).size() == 1 ? "has" : "have");
  finding.fix.clear();
  return finding;
}

// Nobody says 'no', but too few say 'yes'.
Finding Silence(const Answer& answer, const DiagnosisContext& context) {
  const Sightings silent = Voting(answer, ServerRole::kAuthoritative, Vote::kCouldNotTell);
  Finding finding = About(answer, silent, context);
  finding.fix.clear();
  if (!silent.empty()) {
    const bool lame = std::ranges::any_of(silent, [](const Sighting& s) {
      return s.seen->outcome == Outcome::kLame || s.seen->outcome == Outcome::kRefused;
    });
    finding.code = lame ? FindingCode::kNameserverLame : FindingCode::kNameserversUnreachable;
    finding.sentence = absl::StrFormat(
        lame ? "The nameserver %s does not serve the zone of %s (%s): correct the zone's NS "
               "records, or load the zone there."
             : "The nameserver %s gives no usable answer for %s (%s): see that it runs and can be "
               "reached from the Internet.",
        Listed(ServerNames(silent)), answer.question.name,
        observation::OutcomeName(silent.front().seen->outcome));
    return finding;
  }
  const bool no_worker =
      std::ranges::any_of(answer.views, [](const View& view) { return view.worker.empty(); });
  const auto failed =
      std::ranges::find_if(answer.views, [](const View& view) { return !view.failure.empty(); });
  if (no_worker) {
    finding.code = FindingCode::kNoWorkers;
    finding.sentence =
        "Padlock has no probe worker connected in a perspective that must be asked; this is ours "
        "to "
        "mend, checking goes on as soon as one is there.";
  } else if (failed != answer.views.end()) {
    finding.code = FindingCode::kZoneNotFound;
    finding.sentence = absl::StrFormat(
        "The nameservers of %s could not be found from %s: %s; see that the domain "
        "is registered and its delegation is complete.",
        answer.question.name, failed->perspective, failed->failure);
  } else {
    finding.code = FindingCode::kTooFewPerspectives;
    finding.sentence = absl::StrFormat(
        "Too few of our perspectives and resolvers could tell whether %s is there; nothing is to "
        "be "
        "done, we look again by ourselves.",
        answer.question.name);
  }
  return finding;
}

Finding DiagnoseOne(const Evidence& evidence, const Answer& answer,
                    const DiagnosisContext& context) {
  const Sightings bogus =
      Select(answer, [](const Observation& seen) { return seen.outcome == Outcome::kBogus; });
  if (!bogus.empty()) return Bogus(answer, bogus, context);
  const Sightings disagree = Voting(answer, ServerRole::kAuthoritative, Vote::kDisagree);
  if (!disagree.empty()) return DiagnoseNameservers(evidence, answer, disagree, context);
  const Sightings behind = Voting(answer, ServerRole::kRecursive, Vote::kDisagree);
  if (!behind.empty()) return ResolversBehind(answer, behind, context);
  return Silence(answer, context);
}

}  // namespace

std::optional<Finding> Diagnose(const Evidence& evidence, const AgreementPolicy& policy,
                                const DiagnosisContext& context) {
  const auto with = [&](Decision decision) -> const Answer* {
    const auto found = std::ranges::find_if(
        evidence, [&](const Answer& answer) { return Judge(answer, policy).decision == decision; });
    return found == evidence.end() ? nullptr : &*found;
  };
  // What is certainly wrong comes before what could not be told.
  for (const Decision decision : {Decision::kDisagreed, Decision::kCouldNotTell}) {
    if (const Answer* answer = with(decision)) return DiagnoseOne(evidence, *answer, context);
  }
  return std::nullopt;
}

Finding ClaimHeldFinding(const std::string& hostname) {
  Finding finding{.code = FindingCode::kClaimHeld};
  finding.sentence = absl::StrFormat(
      "Another customer of this platform holds %s: it must be released there before a certificate "
      "can be ordered here.",
      hostname);
  return finding;
}

Finding PublicationFinding(const std::string& why) {
  Finding finding{.code = FindingCode::kPublicationFailed};
  finding.sentence = absl::StrFormat(
      "Padlock could not update its own delegation zone (%s); this is ours to mend, the update is "
      "repeated.",
      why);
  return finding;
}

Finding CaUnavailableFinding(const std::string& ca, const std::string& why) {
  Finding finding{.code = FindingCode::kCaUnavailable};
  finding.sentence = absl::StrFormat(
      "The CA %s does not answer as it should (%s); the request is repeated, nothing is to be "
      "done.",
      ca, why);
  return finding;
}

Finding IssuanceRejectedFinding(const std::string& ca, const std::string& why) {
  Finding finding{.code = FindingCode::kIssuanceRejected};
  finding.sentence = absl::StrFormat(
      "The certificate that the CA %s issued was not accepted: %s; a new order follows by itself.",
      ca, why);
  return finding;
}

Finding GaveUpFinding(const std::optional<Finding>& last) {
  Finding finding = last.value_or(Finding{});
  finding.code = FindingCode::kGaveUp;
  finding.sentence = absl::StrFormat(
      "Checking has ended after 7 days; correct the records and ask for a recheck. The last "
      "finding "
      "was: %s",
      last ? last->sentence : "none.");
  return finding;
}

Finding ParkedFinding(int claims) {
  Finding finding{.code = FindingCode::kParked};
  finding.sentence = absl::StrFormat(
      "Work on this was interrupted %d times in a row; Padlock's operators have been alerted.",
      claims);
  return finding;
}

}  // namespace cert
