#include "cert/core/caa.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "cert/core/diagnosis.h"
#include "cert/core/names.h"
#include "cert/core/shown.h"
#include "cert/core/sighting.h"

namespace cert {
namespace {

using ::observation::Observation;
using ::observation::Outcome;
using ::observation::RecordType;
using ::observation::Scope;
using ::observation::ServerRole;
using ::observation::Vote;

constexpr std::array kKnownTags{"issue", "issuewild", "iodef"};

// "*.<host>" or "<host>", as the certificate has it.
std::string CertificateName(const Question& question) {
  return question.caa->wildcard ? WildcardOf(question.name) : question.name;
}

// The second word of `<flags> <tag> "<value>"`.
std::string TagOf(const std::string& value) {
  const std::vector<std::string> words = absl::StrSplit(value, absl::MaxSplits(' ', 2));
  return words.size() < 2 ? "" : words[1];
}

bool IsUnknown(const std::string& value) {
  return std::ranges::find(kKnownTags, TagOf(value)) == kKnownTags.end();
}

// A property that CAs do not know forbids only when its flag says so; the worker names it then.
bool UnknownForbids(const Sightings& denied) {
  return std::ranges::any_of(denied, [](const Sighting& sighting) {
    return absl::StrContains(sighting.seen->note, "is critical") &&
           std::ranges::any_of(sighting.seen->values, IsUnknown);
  });
}

// The property that allows this CA, bound as the owner binds those that are there.
std::string AllowingProperty(const Question& question, const std::vector<std::string>& seen) {
  const CaaExpectation& issuer = *question.caa;
  const auto any = [&](const std::string& words) {
    return std::ranges::any_of(seen, [&](const std::string& value) {
      return absl::StrContains(value, issuer.issuer_domains.front()) &&
             absl::StrContains(value, words);
    });
  };
  const bool wild = issuer.wildcard && std::ranges::any_of(seen, [](const std::string& value) {
                      return TagOf(value) == "issuewild";
                    });
  std::string value = issuer.issuer_domains.front();
  if (any("accounturi")) value += "; accounturi=" + issuer.account_uri;
  if (any("validationmethods")) value += "; validationmethods=" + issuer.validation_method;
  return absl::StrFormat("0 %s \"%s\"", wild ? "issuewild" : "issue", value);
}

Finding AboutCaa(FindingCode code, const std::string& name) {
  return {.code = code, .record_type = "CAA", .record_name = name};
}

Finding Forbidden(const Question& question, const Sightings& denied, const std::string& ca) {
  const std::string& owner = denied.front().seen->owner;
  Finding finding = AboutCaa(FindingCode::kCaaForbids, owner.empty() ? question.name : owner);
  Describe(denied, finding);
  const std::string note = Shown(denied.front().seen->note);
  const std::string why = absl::StrFormat(
      "The CAA records at %s do not let the CA %s (%s) issue for %s, as seen on %s: %s",
      finding.record_name, ca, absl::StrJoin(question.caa->issuer_domains, " or "),
      CertificateName(question), Listed(denied), note);
  if (UnknownForbids(denied)) {
    finding.sentence = why + "; remove that property, or its critical flag.";
    return finding;
  }
  finding.expected = AllowingProperty(question, finding.seen);
  finding.fix = absl::StrFormat("%s. 3600 IN CAA %s", finding.record_name, finding.expected);
  finding.fix_relative_name = RelativeName(finding.record_name, denied.front().seen->zone);
  finding.sentence = absl::StrFormat("%s; add the CAA record %s there, others may stay beside it.",
                                     why, finding.expected);
  return finding;
}

Finding Unanswerable(const Question& question, const Sightings& silent) {
  Finding finding = AboutCaa(FindingCode::kCaaUnanswerable, question.name);
  Describe(silent, finding);
  finding.sentence = absl::StrFormat(
      "The %s %s %s no usable answer about the CAA records for %s (%s), which every CA must take "
      "for a refusal: see that %s and %s questions for CAA; the order goes on by itself then.",
      Counted(silent, "nameserver", "nameservers"), Listed(silent),
      Counted(silent, "gives", "give"), CertificateName(question),
      observation::OutcomeName(silent.front().seen->outcome),
      Counted(silent, "it runs", "they run"), Counted(silent, "answers", "answer"));
  return finding;
}

CaaJudgement JudgeOne(const Answer& answer, const AgreementPolicy& policy, const std::string& ca) {
  const Verdict verdict = Judge(answer, policy);
  if (verdict.decision == Decision::kAgreed) return {};
  const auto authoritative = [&](Vote vote) {
    return Select(answer, [vote](const Observation& seen) {
      return seen.role == ServerRole::kAuthoritative && seen.vote == vote &&
             seen.outcome != Outcome::kBogus && seen.outcome != Outcome::kNotAsked;
    });
  };
  const Sightings denied = authoritative(Vote::kDisagree);
  if (!denied.empty()) return {CaaVerdict::kForbidden, Forbidden(answer.question, denied, ca)};
  std::optional<Finding> finding = Diagnose({answer}, policy, {});
  const FindingCode code = finding->code;
  if (code == FindingCode::kNameserverLame || code == FindingCode::kNameserversUnreachable ||
      code == FindingCode::kIpv6Fault) {
    const Sightings silent = authoritative(Vote::kCouldNotTell);
    if (!silent.empty()) return {CaaVerdict::kUnanswerable, Unanswerable(answer.question, silent)};
  }
  const bool bogus = code == FindingCode::kDnssecBogus;
  return {bogus ? CaaVerdict::kUnanswerable : CaaVerdict::kUnknown, *std::move(finding)};
}

}  // namespace

std::vector<Question> CaaQuestions(const std::vector<std::string>& names,
                                   const CaaExpectation& issuer) {
  std::vector<Question> questions;
  for (const std::string& name : names) {
    CaaExpectation expectation = issuer;
    expectation.wildcard = IsWildcard(name);
    questions.push_back({.name = BaseOf(name),
                         .type = RecordType::kCaa,
                         .scope = Scope::kAuthoritativeThenRecursive,
                         .caa = std::move(expectation)});
  }
  return questions;
}

CaaJudgement JudgeCaa(const Evidence& evidence, const AgreementPolicy& policy,
                      const std::string& ca) {
  CaaJudgement worst;
  for (const Answer& answer : evidence) {
    CaaJudgement judgement = JudgeOne(answer, policy, ca);
    // What is certainly wrong comes before what could not be told.
    if (judgement.verdict == CaaVerdict::kForbidden) return judgement;
    if (worst.verdict == CaaVerdict::kAllowed) worst = std::move(judgement);
  }
  return worst;
}

std::vector<RefusedName> NamesJudged(const Evidence& evidence, const AgreementPolicy& policy,
                                     const std::string& ca, CaaVerdict verdict) {
  std::vector<RefusedName> names;
  for (const Answer& answer : evidence) {
    CaaJudgement judgement = JudgeOne(answer, policy, ca);
    if (judgement.verdict != verdict) continue;
    names.push_back({CertificateName(answer.question), std::move(judgement.finding)});
  }
  return names;
}

}  // namespace cert
