#include "cert/app/diagnoses.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/deadline.h"
#include "base/mutex.h"
#include "base/status_macros.h"
#include "cert/app/authorize.h"
#include "cert/app/field_error.h"
#include "cert/app/living.h"
#include "cert/app/resource_name.h"
#include "cert/core/diagnosis.h"
#include "cert/core/lifecycle.h"
#include "cert/core/proof.h"
#include "cert/core/token_diagnosis.h"
#include "cert/store/record_moves.h"

namespace cert {
namespace {

using ::transport::Role;

// What is told already, of the same record or in the same words, is not told again.
void Add(const Finding& finding, std::optional<absl::Time> next_look_time, Diagnosis& diagnosis) {
  const bool told = std::ranges::any_of(diagnosis.findings, [&](const Diagnosed& other) {
    const bool same_record = !finding.record_type.empty() &&
                             other.finding.record_type == finding.record_type &&
                             other.finding.record_name == finding.record_name;
    return same_record || other.finding.sentence == finding.sentence;
  });
  if (!told) diagnosis.findings.push_back({finding, next_look_time});
}

// All of the proof's questions, of nameservers and resolvers at once. The canary's stays with the
// nameservers: a resolver that has cached it alone would hide the tokens of an order.
std::vector<Question> FreshQuestions(const Domain& domain) {
  std::vector<Question> questions = ProofQuestions(domain);
  for (Question& question : questions) {
    if (question.scope == observation::Scope::kAuthoritative) continue;
    question.scope = observation::Scope::kAllAtOnce;
  }
  return questions;
}

// The prober answers exactly once, in time. Should it not, that is no reason to lose the thread:
// DEADLINE_EXCEEDED, `margin` after the inquiry's time. What it answers to may be gone by then.
absl::StatusOr<Evidence> AskAndWait(Prober& prober, Inquiry inquiry, absl::Duration margin) {
  struct Reply {
    base::Mutex mutex;
    base::CondVar came;
    std::optional<Evidence> evidence ABSL_GUARDED_BY(mutex);
  };
  const auto reply = std::make_shared<Reply>();
  const base::Deadline deadline = base::Deadline::After(inquiry.timeout + margin);
  prober.Ask(std::move(inquiry), [reply](Evidence evidence) {
    base::MutexLock lock(reply->mutex);
    reply->evidence = std::move(evidence);
    reply->came.NotifyAll();
  });
  base::MutexLock lock(reply->mutex);
  while (!reply->evidence && !deadline.Expired()) {
    reply->came.WaitFor(reply->mutex, deadline.Remaining());
  }
  if (reply->evidence) return *std::move(reply->evidence);
  return absl::DeadlineExceededError(
      "fresh: the look has not ended in its time; try again, or ask for the latest check");
}

absl::StatusOr<DomainName> Admit(const Caller& caller, const std::string& name) {
  ASSIGN_OR_RETURN(DomainName parsed, InField("name", ParseDomainName(name)));
  RETURN_IF_ERROR(
      Authorize(caller.identity, parsed.tenant, TenantNamedBy::kResource, Role::kReader));
  return parsed;
}

}  // namespace

absl::StatusOr<Diagnosis> Diagnoses::DiagnoseFresh(const Caller& caller, const std::string& name) {
  ASSIGN_OR_RETURN(const DomainName parsed, Admit(caller, name));
  Domain domain;
  Diagnosis diagnosis{.fresh = true};
  RETURN_IF_ERROR(store_.Read(parsed.tenant, [&](Transaction& transaction) -> absl::Status {
    ASSIGN_OR_RETURN(domain, GetLiving(transaction, parsed.domain));
    diagnosis.check_time = transaction.now();
    return absl::OkStatus();
  }));
  if (domain.progress.state == DomainState::kDeleting) {
    return absl::FailedPreconditionError("name: it is being deleted");
  }
  RETURN_IF_ERROR(budget_.Begin(parsed.tenant, *diagnosis.check_time));
  const absl::StatusOr<Evidence> evidence = AskAndWait(prober_,
                                                       {.tenant = parsed.tenant,
                                                        .request_id = caller.request_id,
                                                        .questions = FreshQuestions(domain),
                                                        .timeout = options_.look_timeout},
                                                       options_.look_margin);
  budget_.End();
  if (!evidence.ok()) return evidence.status();
  diagnosis.next_action = NextActionOf(domain);
  AddFindings(domain, *evidence, diagnosis);
  RETURN_IF_ERROR(store_.Read(parsed.tenant, [&](Transaction& transaction) {
    Diagnosis with_order = diagnosis;
    const absl::Status added = AddOrderFindings(transaction, domain, with_order);
    if (added.ok()) diagnosis = std::move(with_order);
    return added;
  }));
  return diagnosis;
}

absl::StatusOr<Diagnosis> Diagnoses::Diagnose(const Caller& caller, const std::string& name) {
  ASSIGN_OR_RETURN(const DomainName parsed, Admit(caller, name));
  Diagnosis diagnosis;
  RETURN_IF_ERROR(store_.Read(parsed.tenant, [&](Transaction& transaction) -> absl::Status {
    ASSIGN_OR_RETURN(diagnosis, DiagnoseIn(transaction, parsed.domain));
    return absl::OkStatus();
  }));
  return diagnosis;
}

absl::StatusOr<Diagnosis> Diagnoses::DiagnoseIn(Transaction& transaction,
                                                const DomainId& id) const {
  ASSIGN_OR_RETURN(const Domain domain, GetLiving(transaction, id));
  Diagnosis diagnosis{.next_action = NextActionOf(domain)};
  // What was found without the DNS, such as another tenant's claim, is kept with the domain alone.
  if (domain.finding) Add(*domain.finding, diagnosis.next_action.time, diagnosis);
  ASSIGN_OR_RETURN(const std::optional<EvidenceRecord> evidence,
                   transaction.LatestEvidence(id.text()));
  if (evidence) {
    diagnosis.attempt = evidence->attempt;
    diagnosis.check_time = evidence->time;
    AddFindings(domain, evidence->answers, diagnosis);
  }
  RETURN_IF_ERROR(AddOrderFindings(transaction, domain, diagnosis));
  return diagnosis;
}

void Diagnoses::AddFindings(const Domain& domain, const Evidence& evidence,
                            Diagnosis& diagnosis) const {
  for (const Finding& finding : DiagnoseAll(
           evidence, options_.policy,
           {.delegation_target = TargetOf(domain), .delegation_zone = options_.delegation_zone})) {
    Add(finding, diagnosis.next_action.time, diagnosis);
  }
}

absl::Status Diagnoses::AddOrderFindings(Transaction& transaction, const Domain& domain,
                                         Diagnosis& diagnosis) const {
  ASSIGN_OR_RETURN(const auto ids, CertificatesOf(transaction, domain));
  for (const CertificateId& id : ids) {
    ASSIGN_OR_RETURN(const Certificate certificate, transaction.GetCertificate(id));
    RETURN_IF_ERROR(AddOrderFindings(transaction, certificate, diagnosis));
  }
  return absl::OkStatus();
}

absl::Status Diagnoses::AddOrderFindings(Transaction& transaction, const Certificate& certificate,
                                         Diagnosis& diagnosis) const {
  std::optional<Order> order;
  if (certificate.order) {
    ASSIGN_OR_RETURN(order, transaction.GetOrder(*certificate.order));
  }
  std::optional<absl::Time> domain_look_time;
  if (certificate.progress.state == CertificateState::kAwaitingDomain) {
    ASSIGN_OR_RETURN(const auto domains, transaction.FindDomains(certificate.domains));
    domain_look_time = FirstLookAt(certificate.domains, domains);
  }
  const std::optional<absl::Time> next = NextActionOf(certificate, order, domain_look_time).time;
  if (certificate.finding) Add(*certificate.finding, next, diagnosis);
  if (!order || order->progress.state != OrderState::kPropagating) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::optional<EvidenceRecord> evidence,
                   transaction.LatestEvidence(order->id.text()));
  if (!evidence) return absl::OkStatus();
  for (const Answer& answer : evidence->answers) {
    for (const Finding& finding :
         DiagnoseAll({answer}, options_.policy,
                     TokenContext(*order, answer.question, options_.delegation_zone))) {
      Add(finding, next, diagnosis);
    }
  }
  return absl::OkStatus();
}

}  // namespace cert
