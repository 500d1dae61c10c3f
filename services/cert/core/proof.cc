#include "cert/core/proof.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "cert/core/challenge.h"
#include "cert/core/names.h"

namespace cert {
namespace {

using ::observation::RecordType;
using ::observation::Scope;

RequiredRecord Record(RecordPurpose purpose, const std::string& type, const std::string& name,
                      const std::string& value) {
  return {.purpose = purpose,
          .type = type,
          .name = name,
          .value = value,
          .zone_file_line = ZoneFileLine(name, type, value)};
}

bool AwaitsTokens(OrderState state) {
  return state == OrderState::kPublishing || state == OrderState::kPropagating ||
         state == OrderState::kValidating;
}

}  // namespace

std::string ZoneFileLine(const std::string& name, const std::string& type,
                         const std::string& value) {
  if (type == "TXT") return absl::StrFormat("%s. 3600 IN TXT \"%s\"", name, value);
  return absl::StrFormat("%s. 3600 IN %s %s.", name, type, value);
}

std::vector<RequiredRecord> RequiredRecords(const Domain& domain) {
  std::vector<RequiredRecord> records = {
      Record(RecordPurpose::kClaim, "TXT", ClaimNameOf(domain.hostname), domain.claim_value)};
  if (domain.method == ValidationMethod::kDelegation) {
    records.push_back(Record(RecordPurpose::kDelegation, "CNAME", ChallengeNameOf(domain.hostname),
                             domain.delegation_target));
  }
  return records;
}

std::vector<RequiredRecord> TokenRecords(const Order& order, const DomainId& domain) {
  std::vector<RequiredRecord> records;
  if (!AwaitsTokens(order.progress.state)) return records;
  for (const Authorization& authorization : order.authorizations) {
    if (authorization.domain != domain || authorization.method != ValidationMethod::kTxt ||
        !NeedsToken(authorization)) {
      continue;
    }
    records.push_back(Record(RecordPurpose::kAcmeToken, "TXT",
                             ChallengeNameOf(authorization.identifier), authorization.txt_value));
  }
  return records;
}

Answer OnlyFor(const Answer& answer, const std::string& value) {
  Answer only = answer;
  only.question.expected_values = {value};
  for (View& view : only.views) {
    for (observation::Observation& seen : view.observations) {
      const bool there = std::ranges::find(seen.values, value) != seen.values.end();
      if (seen.outcome != observation::Outcome::kMismatch || !there) continue;
      seen.outcome = observation::Outcome::kMatch;
      seen.vote = observation::Vote::kAgree;
      // While nameservers miss the other values, no resolver is asked.
      only.question.scope = Scope::kAuthoritative;
    }
  }
  return only;
}

std::string TargetOf(const Domain& domain) {
  return domain.method == ValidationMethod::kDelegation ? domain.delegation_target : "";
}

std::vector<Question> ProofQuestions(const Domain& domain) {
  std::vector<Question> questions = {{.name = ClaimNameOf(domain.hostname),
                                      .type = RecordType::kTxt,
                                      .scope = Scope::kAuthoritativeThenRecursive,
                                      .expected_values = {domain.claim_value}}};
  if (domain.method != ValidationMethod::kDelegation) return questions;
  questions.push_back({.name = ChallengeNameOf(domain.hostname),
                       .type = RecordType::kCname,
                       .scope = Scope::kAuthoritativeThenRecursive,
                       .expected_values = {domain.delegation_target}});
  questions.push_back({.name = ChallengeNameOf(domain.hostname),
                       .type = RecordType::kTxt,
                       .scope = Scope::kAuthoritative,
                       .expected_values = {domain.canary_value}});
  return questions;
}

Evidence WithoutClaim(Evidence proof) {
  std::erase_if(proof, [](const Answer& answer) { return IsClaimName(answer.question.name); });
  return proof;
}

Question TokenQuestion(const Authorization& authorization) {
  if (authorization.method == ValidationMethod::kHttp) {
    return {.name = authorization.identifier,
            .type = RecordType::kHttp,
            .scope = Scope::kAuthoritativeThenRecursive,
            .expected_values = {authorization.key_authorization}};
  }
  return {.name = ChallengeNameOf(authorization.identifier),
          .type = RecordType::kTxt,
          .scope = Scope::kAuthoritativeThenRecursive,
          .expected_values = {authorization.txt_value}};
}

std::vector<Question> TokenQuestions(const Order& order) {
  std::vector<Question> questions;
  for (const Authorization& authorization : order.authorizations) {
    if (!NeedsToken(authorization)) continue;
    Question question = TokenQuestion(authorization);
    const auto same = std::ranges::find(questions, question.name, &Question::name);
    if (same == questions.end()) {
      questions.push_back(std::move(question));
    } else {
      same->expected_values.push_back(question.expected_values.front());
    }
  }
  return questions;
}

}  // namespace cert
