#include "cert/core/diagnosis.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "cert/core/nameserver_diagnosis.h"
#include "cert/core/shown.h"
#include "cert/core/sighting.h"

namespace cert {
namespace {

using ::observation::Observation;
using ::observation::Outcome;
using ::observation::RecordType;
using ::observation::ServerRole;
using ::observation::Vote;

// The views of an answer with the verdict over each.
struct Judged {
  const Answer& answer;
  Verdict verdict;

  // The observations for which `predicate` holds, of the views whose verdict is one of `wanted`.
  template <typename Wanted, typename Predicate>
  Sightings SelectWhere(Wanted wanted, Predicate predicate) const {
    Sightings selected;
    for (std::size_t i = 0; i < answer.views.size(); ++i) {
      if (wanted(verdict.perspectives[i])) AddFrom(answer.views[i], predicate, selected);
    }
    return selected;
  }
};

const char* RecordTypeName(const Answer& answer) {
  if (answer.question.type == RecordType::kCaa) return "CAA";
  return answer.question.type == RecordType::kCname ? "CNAME" : "TXT";
}

// A finding about no record that anybody should create.
Finding WithoutFix(const Answer& answer, FindingCode code) {
  Finding finding{.code = code, .record_name = answer.question.name};
  finding.record_type = RecordTypeName(answer);
  if (!answer.question.expected_values.empty()) {
    finding.expected = answer.question.expected_values.front();
  }
  return finding;
}

Finding Bogus(const Answer& answer, const Sightings& bogus) {
  Finding finding = WithoutFix(answer, FindingCode::kDnssecBogus);
  Describe(bogus, finding);
  finding.sentence = absl::StrFormat(
      "DNSSEC validation of %s fails at %s, and so it will at the CA: renew the zone's signatures, "
      "or correct the DS record at its parent.",
      answer.question.name, Listed(bogus));
  return finding;
}

// When the last of the cached answers is gone, as far as the resolvers tell.
std::string Latest(const Sightings& behind) {
  std::optional<absl::Time> latest;
  for (const Sighting& sighting : behind) {
    latest = std::max(latest, sighting.seen->cache_expire_time);
  }
  if (!latest) return "";
  return absl::FormatTime(", at %H:%M:%S UTC on %Y-%m-%d at the latest", *latest,
                          absl::UTCTimeZone());
}

Finding ResolversBehind(const Answer& answer, const Sightings& behind) {
  Finding finding = WithoutFix(answer, FindingCode::kResolversBehind);
  Describe(behind, finding);
  finding.sentence = absl::StrFormat(
      "The nameservers have the %s record at %s, but %s still %s an older answer; nothing is to be "
      "done, it expires from the cache by itself%s.",
      finding.record_type, answer.question.name, Listed(behind), Counted(behind, "has", "have"),
      Latest(behind));
  return finding;
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

// Nameservers that say neither 'yes' nor 'no'.
Finding SilentNameservers(const Answer& answer, const Sightings& silent,
                          const DiagnosisContext& context) {
  const Sightings theirs = Among(silent, [&](const Observation& seen) {
    return !IsInside(seen.zone, context.delegation_zone);
  });
  if (theirs.empty()) return DelegationFinding(answer, silent, context);
  const Sightings lame = Among(theirs, [](const Observation& seen) {
    return seen.outcome == Outcome::kLame || seen.outcome == Outcome::kRefused;
  });
  if (!lame.empty()) return Lame(answer, lame);
  // One that nobody could reach would have been excused: it is named only where all are like it.
  const Sightings spared =
      Among(theirs, [](const Observation& seen) { return seen.outcome == Outcome::kNotAsked; });
  const Sightings answering = Among(theirs, [](const Observation& seen) {
    return seen.outcome != Outcome::kTimeout && seen.outcome != Outcome::kUnreachable &&
           seen.outcome != Outcome::kNotAsked;
  });
  if (answering.empty() && !spared.empty()) return NotAsked(answer, spared);
  return NoUsableAnswer(answer, answering.empty() ? theirs : answering);
}

Finding NoWorkers(const Answer& answer, const View& view) {
  Finding finding = WithoutFix(answer, FindingCode::kNoWorkers);
  finding.sentence = absl::StrFormat(
      "Padlock had no probe worker in perspective %s to look at %s (%s); this is ours to mend, "
      "checking goes on as soon as one is there.",
      view.perspective, answer.question.name, Shown(view.failure));
  return finding;
}

Finding ZoneNotFound(const Answer& answer, const View& view) {
  Finding finding = WithoutFix(answer, FindingCode::kZoneNotFound);
  finding.sentence = absl::StrFormat(
      "The nameservers of %s could not be asked from %s: %s. If this stays so, see that the domain "
      "is registered and its delegation is complete.",
      answer.question.name, view.perspective, Shown(view.failure));
  return finding;
}

Finding TooFewPerspectives(const Answer& answer) {
  Finding finding = WithoutFix(answer, FindingCode::kTooFewPerspectives);
  finding.sentence = absl::StrFormat(
      "Too few of our perspectives and resolvers could tell whether %s is there; nothing is to be "
      "done, we look again by ourselves.",
      answer.question.name.empty() ? "any record" : answer.question.name);
  return finding;
}

Finding NobodyValidates(const Answer& answer) {
  Finding finding = WithoutFix(answer, FindingCode::kTooFewPerspectives);
  finding.sentence = absl::StrFormat(
      "%s is there, but none of our resolvers that validate DNSSEC could tell; nothing is to be "
      "done, we look again by ourselves.",
      answer.question.name);
  return finding;
}

// Somebody says 'no'.
Finding DiagnoseNo(const Evidence& evidence, const Judged& judged,
                   const DiagnosisContext& context) {
  const Answer& answer = judged.answer;
  const Sightings bogus =
      Select(answer, [](const Observation& seen) { return seen.outcome == Outcome::kBogus; });
  if (!bogus.empty()) return Bogus(answer, bogus);
  const Sightings denied = Select(answer, [](const Observation& seen) {
    return seen.role == ServerRole::kAuthoritative && seen.vote == Vote::kDisagree;
  });
  if (!denied.empty()) return DiagnoseNameservers(evidence, answer, denied, context);
  const Sightings behind = judged.SelectWhere(
      [](const PerspectiveVerdict& verdict) { return verdict.decision == Decision::kDisagreed; },
      [](const Observation& seen) {
        return seen.role == ServerRole::kRecursive && seen.vote == Vote::kDisagree;
      });
  return behind.empty() ? TooFewPerspectives(answer) : ResolversBehind(answer, behind);
}

// Nobody says 'no' loud enough, but too few say 'yes'.
Finding DiagnoseSilence(const Judged& judged, const DiagnosisContext& context) {
  const Answer& answer = judged.answer;
  if (judged.verdict.unvalidated) return NobodyValidates(answer);
  const Sightings silent = judged.SelectWhere(
      [](const PerspectiveVerdict& verdict) {
        return verdict.nameservers == Decision::kCouldNotTell;
      },
      [](const Observation& seen) {
        return seen.role == ServerRole::kAuthoritative && seen.vote == Vote::kCouldNotTell;
      });
  if (!silent.empty()) return SilentNameservers(answer, silent, context);
  const auto failed = [&](bool with_worker) {
    return std::ranges::find_if(answer.views, [&](const View& view) {
      return !view.failure.empty() && view.worker.empty() != with_worker;
    });
  };
  if (const auto view = failed(false); view != answer.views.end()) return NoWorkers(answer, *view);
  if (const auto view = failed(true); view != answer.views.end()) {
    return ZoneNotFound(answer, *view);
  }
  return TooFewPerspectives(answer);
}

}  // namespace

std::optional<Finding> Diagnose(const Evidence& evidence, const AgreementPolicy& policy,
                                const DiagnosisContext& context) {
  if (evidence.empty()) return TooFewPerspectives(Answer{});
  std::optional<Judged> silent;
  for (const Answer& answer : evidence) {
    Judged judged{.answer = answer, .verdict = Judge(answer, policy)};
    // What is certainly wrong comes before what could not be told.
    if (judged.verdict.decision == Decision::kDisagreed) {
      return DiagnoseNo(evidence, judged, context);
    }
    if (judged.verdict.decision == Decision::kCouldNotTell && !silent) {
      silent.emplace(std::move(judged));
    }
  }
  return silent ? std::optional(DiagnoseSilence(*silent, context)) : std::nullopt;
}

}  // namespace cert
