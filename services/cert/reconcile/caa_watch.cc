#include "cert/reconcile/caa_watch.h"

#include <algorithm>
#include <utility>

#include "base/status_macros.h"
#include "cert/core/covered_names.h"
#include "cert/reconcile/authority_rules.h"
#include "cert/reconcile/setback.h"
#include "cert/store/record_moves.h"

namespace cert {
namespace {

// For a directory that nobody has read yet; the look at the records must not wait for a CA.
constexpr absl::Duration kDirectoryPatience = absl::Seconds(3);

// What is in force of a domain.
struct InForce {
  std::vector<std::string> names;
  std::vector<std::string> cas;  // that any of its certificates allows, in their order
};

void Add(const std::string& text, std::vector<std::string>& texts) {
  if (std::ranges::find(texts, text) == texts.end()) texts.push_back(text);
}

absl::StatusOr<InForce> InForceOf(const Services& services, const Domain& domain) {
  std::vector<std::string> configured;
  for (const CertificateAuthority& ca : services.authorities) configured.push_back(ca.name);
  InForce in_force;
  const auto body = [&](Transaction& transaction) -> absl::Status {
    in_force = {};
    ASSIGN_OR_RETURN(const auto ids, CertificatesOf(transaction, domain));
    for (const CertificateId& id : ids) {
      ASSIGN_OR_RETURN(const Certificate certificate, transaction.GetCertificate(id));
      if (!certificate.issuance) continue;
      for (const std::string& name : NamesOf(certificate.names, {domain.hostname})) {
        Add(name, in_force.names);
      }
      for (const std::string& ca :
           AllowedAuthorities(certificate.settings.authorities, configured)) {
        Add(ca, in_force.cas);
      }
    }
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(services.store.Read(domain.tenant, body));
  return in_force;
}

// Empty before there is one: records that name an account of ours name another one.
absl::StatusOr<std::string> AccountAt(const Services& services, const std::string& ca) {
  const absl::StatusOr<AcmeAccountRow> account = services.accounts.GetAccount(ca);
  if (absl::IsNotFound(account.status())) return "";
  RETURN_IF_ERROR(account.status());
  return account->url;
}

bool IsAmong(const Question& question, const std::vector<Question>& questions) {
  return std::ranges::find(questions, question) != questions.end();
}

}  // namespace

absl::StatusOr<std::vector<WatchedCa>> WatchedCas(const Services& services, const Lease& lease,
                                                  const Domain& domain) {
  if (domain.progress.state != DomainState::kActive) return std::vector<WatchedCa>();
  ASSIGN_OR_RETURN(const InForce in_force, InForceOf(services, domain));
  const base::Deadline deadline = OutsideDeadline(services, lease).Within(kDirectoryPatience);
  std::vector<WatchedCa> watched;
  for (const std::string& name : in_force.cas) {
    Outcome<std::vector<std::string>> identities =
        CaaIdentitiesOf(*FindAuthority(services, name), deadline);
    auto* const known = std::get_if<std::vector<std::string>>(&identities);
    if (known == nullptr || known->empty()) return std::vector<WatchedCa>();
    CaaExpectation issuer{
        .issuer_domains = std::move(*known),
        .validation_method = domain.method == ValidationMethod::kHttp ? "http-01" : "dns-01"};
    ASSIGN_OR_RETURN(issuer.account_uri, AccountAt(services, name));
    watched.push_back({.name = name, .questions = CaaQuestions(in_force.names, issuer)});
  }
  return watched;
}

std::optional<Finding> JudgeWatched(const std::vector<WatchedCa>& cas, const Evidence& evidence,
                                    const AgreementPolicy& policy) {
  std::optional<Finding> first;
  for (const WatchedCa& ca : cas) {
    Evidence answers;
    std::ranges::copy_if(evidence, std::back_inserter(answers), [&](const Answer& answer) {
      return IsAmong(answer.question, ca.questions);
    });
    CaaJudgement judgement = JudgeCaa(answers, policy, ca.name);
    const bool is_kept = judgement.verdict == CaaVerdict::kForbidden ||
                         judgement.verdict == CaaVerdict::kUnanswerable;
    if (!is_kept) return std::nullopt;
    if (!first) first = std::move(judgement.finding);
  }
  return first;
}

Evidence WithoutCaa(Evidence evidence) {
  std::erase_if(evidence, [](const Answer& answer) { return answer.question.caa.has_value(); });
  return evidence;
}

}  // namespace cert
