#include "cert/core/server_diagnosis.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "cert/core/names.h"
#include "cert/core/nameserver_diagnosis.h"
#include "cert/core/shown.h"

namespace cert {
namespace {

using ::observation::Clue;
using ::observation::Observation;
using ::observation::Outcome;
using ::observation::ServerRole;
using ::observation::Vote;

bool IsIpv6(const Observation& seen) { return absl::StrContains(seen.address, ':'); }

bool Answers(const Observation& seen) {
  return seen.outcome != Outcome::kTimeout && seen.outcome != Outcome::kUnreachable &&
         seen.outcome != Outcome::kNotAsked;
}

Finding Lame(const Answer& answer, const Sightings& lame) {
  Finding finding = WithoutFix(answer, FindingCode::kNameserverLame);
  Describe(lame, finding);
  finding.sentence = absl::StrFormat(
      "The %s %s %s not serve the zone of %s (%s): correct the zone's NS records, or load the zone "
      "there.",
      Counted(lame, "nameserver", "nameservers"), Listed(lame), Counted(lame, "does", "do"),
      answer.question.name, observation::OutcomeName(lame.front().seen->outcome));
  return finding;
}

Finding NoUsableAnswer(const Answer& answer, const Sightings& silent) {
  Finding finding = WithoutFix(answer, FindingCode::kNameserversUnreachable);
  Describe(silent, finding);
  finding.sentence = absl::StrFormat(
      "The %s %s %s no usable answer for %s (%s): see that %s and can be reached from the "
      "Internet.",
      Counted(silent, "nameserver", "nameservers"), Listed(silent),
      Counted(silent, "gives", "give"), answer.question.name,
      observation::OutcomeName(silent.front().seen->outcome),
      Counted(silent, "it runs", "they run"));
  return finding;
}

// Our own limits, or an address that the probe must not ask.
Finding NotAsked(const Answer& answer, const Sightings& spared) {
  Finding finding = WithoutFix(answer, FindingCode::kNameserversUnreachable);
  Describe(spared, finding);
  finding.sentence = absl::StrFormat(
      "The %s %s %s not asked for %s (%s): see that the zone's nameservers have public addresses "
      "only; anything else is ours to mend.",
      Counted(spared, "nameserver", "nameservers"), Listed(spared), Counted(spared, "was", "were"),
      answer.question.name, Shown(spared.front().seen->note));
  return finding;
}

Finding DelegationUnreachable(const Answer& answer, const Sightings& silent,
                              const DiagnosisContext& context) {
  Finding finding{.code = FindingCode::kDelegationUnreachable,
                  .record_type = "TXT",
                  .record_name = context.delegation_target};
  Describe(silent, finding);
  finding.sentence = absl::StrFormat(
      "Padlock's own %s %s %s not answer for %s, to which %s leads (%s); this is ours to mend, we "
      "look again by ourselves.",
      Counted(silent, "nameserver", "nameservers"), Listed(silent), Counted(silent, "does", "do"),
      finding.record_name, answer.question.name,
      observation::OutcomeName(silent.front().seen->outcome));
  return finding;
}

const std::string& ZoneOf(const Sightings& sightings) { return sightings.front().seen->zone; }

Finding AboutZone(const Sightings& sightings, FindingCode code) {
  Finding finding{.code = code, .record_type = "NS", .record_name = ZoneOf(sightings)};
  for (const Sighting& sighting : sightings) {
    const std::string& note = sighting.seen->note;
    if (finding.seen.empty() && !note.empty()) finding.seen.push_back(note);
  }
  finding.where = PlacesOf(sightings);
  return finding;
}

Finding MismatchBesides(const Sightings& sightings) {
  Finding finding = AboutZone(sightings, FindingCode::kNameserversMismatch);
  finding.sentence = absl::StrFormat(
      "The parent of the zone %s names other nameservers than the zone itself: make the two lists "
      "of NS records the same, at the registrar and in the zone; nothing waits for it.",
      finding.record_name);
  return finding;
}

// From this perspective some server has answered over IPv6, so that it is not we who lack it.
bool HasIpv6(const Evidence& evidence, const std::string& perspective) {
  return std::ranges::any_of(evidence, [&](const Answer& answer) {
    const Sightings answering =
        Select(answer, [](const Observation& seen) { return IsIpv6(seen) && Answers(seen); });
    return std::ranges::find(answering, perspective, &Sighting::perspective) != answering.end();
  });
}

Sightings Ipv6Failures(const Evidence& evidence, const Answer& answer) {
  Sightings failing = Select(answer, [](const Observation& seen) {
    return seen.role == ServerRole::kAuthoritative && IsIpv6(seen) && seen.vote != Vote::kAgree &&
           seen.outcome != Outcome::kNotAsked;
  });
  std::erase_if(failing, [&](const Sighting& sighting) {
    return !OnlyIpv6Fails(answer, {sighting}) || !HasIpv6(evidence, sighting.perspective);
  });
  return failing;
}

}  // namespace

Finding DiagnoseSilentNameservers(const Answer& answer, const Sightings& silent,
                                  const DiagnosisContext& context) {
  const Sightings theirs = Among(silent, [&](const Observation& seen) {
    return !IsInside(seen.zone, context.delegation_zone);
  });
  if (theirs.empty()) {
    return std::ranges::none_of(silent, [](const Sighting& s) { return Answers(*s.seen); })
               ? DelegationUnreachable(answer, silent, context)
               : DelegationFinding(answer, silent, context);
  }
  const Sightings answering = Among(theirs, Answers);
  if (!answering.empty() && OnlyIpv6Fails(answer, answering)) return Ipv6Fault(answer, answering);
  const Sightings lame = Among(theirs, [](const Observation& seen) {
    return seen.outcome == Outcome::kLame || seen.outcome == Outcome::kRefused;
  });
  if (!lame.empty()) return Lame(answer, lame);
  // One that nobody could reach would have been excused: it is named only where all are like it.
  const Sightings spared =
      Among(theirs, [](const Observation& seen) { return seen.outcome == Outcome::kNotAsked; });
  if (answering.empty() && !spared.empty()) return NotAsked(answer, spared);
  return NoUsableAnswer(answer, answering.empty() ? theirs : answering);
}

bool OnlyIpv6Fails(const Answer& answer, const Sightings& sightings) {
  const Sightings right = Select(answer, [](const Observation& seen) {
    return seen.role == ServerRole::kAuthoritative && !IsIpv6(seen) && seen.vote == Vote::kAgree;
  });
  return std::ranges::all_of(sightings, [&](const Sighting& failing) {
    return IsIpv6(*failing.seen) && std::ranges::any_of(right, [&](const Sighting& other) {
             return other.perspective == failing.perspective &&
                    other.seen->server == failing.seen->server;
           });
  });
}

Finding Ipv6Fault(const Answer& answer, const Sightings& failing) {
  Finding finding = WithoutFix(answer, FindingCode::kIpv6Fault);
  Describe(failing, finding);
  finding.sentence = absl::StrFormat(
      "The %s %s %s right for %s over IPv4 but not over IPv6 (%s): mend the server behind the AAAA "
      "record, or remove that record.",
      Counted(failing, "nameserver", "nameservers"), Listed(failing), Counted(failing, "is", "are"),
      answer.question.name, observation::OutcomeName(failing.front().seen->outcome));
  return finding;
}

Finding NameserversMismatch(const Answer& answer, const Sightings& disagree) {
  Finding finding = AboutZone(disagree, FindingCode::kNameserversMismatch);
  finding.sentence = absl::StrFormat(
      "The parent of the zone %s names other nameservers than the zone itself, and %s %s not the "
      "record at %s: make the two lists of NS records the same, at the registrar and in the zone.",
      finding.record_name, Listed(disagree), Counted(disagree, "has", "have"),
      answer.question.name);
  return finding;
}

std::vector<Finding> WrongBesides(const Evidence& evidence, const DiagnosisContext& context) {
  std::vector<Finding> findings;
  for (const Answer& answer : evidence) {
    const Sightings failing = Ipv6Failures(evidence, answer);
    if (!failing.empty()) findings.push_back(Ipv6Fault(answer, failing));
  }
  for (const Answer& answer : evidence) {
    const Sightings differ = Select(answer, [&](const Observation& seen) {
      return HasClue(seen, Clue::kParentDiffers) && !IsInside(seen.zone, context.delegation_zone);
    });
    if (!differ.empty()) findings.push_back(MismatchBesides(differ));
  }
  return findings;
}

}  // namespace cert
