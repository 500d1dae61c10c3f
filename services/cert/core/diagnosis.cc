#include "cert/core/diagnosis.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "cert/core/http_diagnosis.h"
#include "cert/core/names.h"
#include "cert/core/nameserver_diagnosis.h"
#include "cert/core/resolver_diagnosis.h"
#include "cert/core/server_diagnosis.h"
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

  // The observations for which `predicate` holds, of the views for whose verdict `wanted` does.
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
  if (answer.question.type == RecordType::kHttp) return "HTTP";
  return answer.question.type == RecordType::kCname ? "CNAME" : "TXT";
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
  if (!denied.empty() && answer.question.type == RecordType::kHttp) {
    return DiagnoseHttp(answer, denied, context);
  }
  if (!denied.empty()) return DiagnoseNameservers(evidence, answer, denied, context);
  const Sightings behind = judged.SelectWhere(
      [](const PerspectiveVerdict& verdict) { return verdict.decision == Decision::kDisagreed; },
      [](const Observation& seen) {
        return seen.role == ServerRole::kRecursive && seen.vote == Vote::kDisagree;
      });
  return behind.empty() ? TooFewPerspectives(answer) : DiagnoseBehind(answer, behind, context);
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
  if (!silent.empty() && answer.question.type == RecordType::kHttp) {
    return DiagnoseHttp(answer, silent, context);
  }
  if (!silent.empty()) return DiagnoseSilentNameservers(answer, silent, context);
  const auto failed = [&](bool with_worker) {
    return std::ranges::find_if(answer.views, [&](const View& view) {
      return !view.failure.empty() && view.worker.empty() != with_worker;
    });
  };
  if (const auto view = failed(false); view != answer.views.end()) return NoWorkers(answer, *view);
  if (const auto view = failed(true); view != answer.views.end()) {
    return ZoneNotFound(answer, *view);
  }
  const Sightings out = judged.SelectWhere(
      [](const PerspectiveVerdict& verdict) { return verdict.decision == Decision::kCouldNotTell; },
      [](const Observation& seen) {
        return seen.role == ServerRole::kRecursive && seen.vote == Vote::kCouldNotTell;
      });
  return out.empty() ? TooFewPerspectives(answer) : ResolverOutage(answer, out);
}

// The zone that holds the name, as far as the evidence shows it.
std::string ZoneOf(const std::string& name, const Evidence& evidence) {
  std::string zone;
  for (const Answer& answer : evidence) {
    for (const Sighting& sighting : Select(answer, [](const Observation& seen) {
           return seen.role == ServerRole::kAuthoritative;
         })) {
      for (const std::string& seen : {sighting.seen->zone, sighting.seen->asked_zone}) {
        if (IsInside(name, seen) && seen.size() > zone.size()) zone = seen;
      }
    }
  }
  return zone;
}

Finding WithRelativeName(Finding finding, const Evidence& evidence) {
  if (finding.fix.empty()) return finding;
  finding.fix_relative_name =
      RelativeName(finding.record_name, ZoneOf(finding.record_name, evidence));
  return finding;
}

// The same record, or the same trouble at the same servers, seen by another question.
bool IsRepeated(const Finding& finding, const std::vector<Finding>& findings) {
  return std::ranges::any_of(findings, [&](const Finding& other) {
    const bool same_record = !finding.record_type.empty() &&
                             other.record_type == finding.record_type &&
                             other.record_name == finding.record_name;
    return same_record || (other.code == finding.code && finding.fix.empty() && other.fix.empty() &&
                           other.where == finding.where);
  });
}

void AddNew(Finding finding, const Evidence& evidence, std::vector<Finding>& findings) {
  if (IsRepeated(finding, findings)) return;
  findings.push_back(WithRelativeName(std::move(finding), evidence));
}

// What stands in the way; empty exactly when all is agreed.
std::vector<Finding> InTheWay(const Evidence& evidence, const AgreementPolicy& policy,
                              const DiagnosisContext& context) {
  std::vector<Finding> findings;
  if (evidence.empty()) findings.push_back(TooFewPerspectives(Answer{}));
  std::vector<Judged> silent;
  for (const Answer& answer : evidence) {
    Judged judged{.answer = answer, .verdict = Judge(answer, policy)};
    // What is certainly wrong comes before what could not be told.
    if (judged.verdict.decision == Decision::kDisagreed) {
      AddNew(DiagnoseNo(evidence, judged, context), evidence, findings);
    }
    if (judged.verdict.decision == Decision::kCouldNotTell) silent.push_back(std::move(judged));
  }
  for (const Judged& judged : silent) {
    AddNew(DiagnoseSilence(judged, context), evidence, findings);
  }
  return findings;
}

}  // namespace

Finding WithoutFix(const Answer& answer, FindingCode code) {
  Finding finding{.code = code, .record_name = answer.question.name};
  finding.record_type = RecordTypeName(answer);
  if (!answer.question.expected_values.empty()) {
    finding.expected = answer.question.expected_values.front();
  }
  return finding;
}

std::optional<Finding> Diagnose(const Evidence& evidence, const AgreementPolicy& policy,
                                const DiagnosisContext& context) {
  std::vector<Finding> findings = InTheWay(evidence, policy, context);
  return findings.empty() ? std::nullopt : std::optional(std::move(findings.front()));
}

std::vector<Finding> DiagnoseAll(const Evidence& evidence, const AgreementPolicy& policy,
                                 const DiagnosisContext& context) {
  std::vector<Finding> findings = InTheWay(evidence, policy, context);
  for (Finding& finding : WrongBesides(evidence, context)) {
    AddNew(std::move(finding), evidence, findings);
  }
  return findings;
}

}  // namespace cert
