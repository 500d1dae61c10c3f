// Challenges are answered once: their state is read first, so that a repeated step after a crash
// answers only what is still pending.

#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "cert/core/challenge.h"
#include "cert/core/findings.h"
#include "cert/reconcile/order_phases.h"

namespace cert {
namespace {

// `name`: which is meant, as far as that is known.
Setback Failed(const OrderJob& job, const std::optional<AcmeProblem>& error,
               const std::string& name, const std::string& what) {
  if (error) {
    Setback setback = SetbackOf(*error, job.authority.name, ValidationStage(job.order, name));
    // The CA does not retry a challenge: whatever the cause, only a new order helps.
    if (setback.disposition == Disposition::kRetryStep) {
      setback.disposition = Disposition::kNewOrder;
    }
    return setback;
  }
  return {.disposition = Disposition::kNewOrder,
          .finding = OrderInvalidFinding(job.authority.name, what)};
}

// What the CA has against the name of an authorization that it made invalid.
std::optional<RefusedName> RefusedIn(const OrderJob& job, const Authorization& authorization,
                                     const AcmeAuthorization& at_ca) {
  if (at_ca.status != AcmeAuthorizationStatus::kInvalid) return std::nullopt;
  const std::string name = OrderedNameOf(authorization);
  const std::optional<AcmeProblem> error = StateOf(at_ca, authorization.method).error;
  if (error) return RefusedByAuthorization(*error, name, job.order);
  return RefusedName{.name = name,
                     .why = OrderInvalidFinding(job.authority.name, "for " + at_ca.identifier)};
}

// The names that made an order invalid, as far as the CA can be asked about several in this step.
Outcome<std::vector<RefusedName>> FindRefused(const OrderJob& job, const AcmeAccount& account) {
  std::vector<RefusedName> all;
  for (const Authorization& authorization : job.order.authorizations) {
    if (authorization.valid) continue;
    if (std::optional<Setback> late = OutOfTime(job)) {
      if (all.empty()) return *std::move(late);
      break;
    }
    Outcome<AcmeAuthorization> got =
        Sort(job.authority.client->GetAuthorization(account, authorization.url,
                                                    OutsideDeadline(job.services, job.lease)),
             job.authority.name);
    if (auto* setback = std::get_if<Setback>(&got)) {
      const bool passes = setback->disposition == Disposition::kRetryStep;
      if (all.empty() && passes) return std::move(*setback);
      break;
    }
    std::optional<RefusedName> refused =
        RefusedIn(job, authorization, std::get<AcmeAuthorization>(got));
    if (refused) all.push_back(*std::move(refused));
  }
  return all;
}

// Why the CA made the order invalid: an order's own error is optional (RFC 8555 7.1.3), and Boulder
// has the reason in the challenge alone. Of several names the finding is about the first that
// failed, whatever the order's error says.
Setback OrderFailedFor(const OrderJob& job, const AcmeAccount& account, const AcmeOrder& order) {
  Setback setback =
      Failed(job, order.error, order.error ? order.error->identifier : "", "while validating");
  if (order.error && job.order.authorizations.size() < 2) return setback;
  Outcome<std::vector<RefusedName>> refused = FindRefused(job, account);
  if (auto* not_told = std::get_if<Setback>(&refused)) return std::move(*not_told);
  setback.refused = std::get<std::vector<RefusedName>>(std::move(refused));
  if (!setback.refused.empty()) setback.finding = setback.refused.front().why;
  return setback;
}

// Whether the challenge is to be answered: one that was answered before a crash is not answered
// again. Nothing is asked of a token that was read a moment ago.
Outcome<bool> IsPending(const OrderJob& job, const AcmeAccount& account,
                        const Authorization& authorization) {
  if (job.fresh.token_key == account.key_pem) return true;
  Outcome<AcmeAuthorization> got =
      Sort(job.authority.client->GetAuthorization(account, authorization.url,
                                                  OutsideDeadline(job.services, job.lease)),
           job.authority.name);
  if (auto* setback = std::get_if<Setback>(&got)) return std::move(*setback);
  const AcmeAuthorization& at_ca = std::get<AcmeAuthorization>(got);
  if (at_ca.status == AcmeAuthorizationStatus::kValid) return false;
  const ChallengeState challenge = StateOf(at_ca, authorization.method);
  if (at_ca.status != AcmeAuthorizationStatus::kPending) {
    return FailedAuthorization(job, authorization, at_ca);
  }
  if (challenge.status != AcmeChallengeStatus::kPending) return false;
  if (!authorization.txt_value.empty() && at_ca.txt_value != authorization.txt_value) {
    return TokenIsStale();
  }
  return true;
}

// Counts in `answered`. Another order of the account may share the authorization and have answered
// since it was read: a refusal is judged by what the CA says of it then.
std::optional<Setback> AnswerOne(OrderJob& job, const AcmeAccount& account,
                                 const Authorization& authorization, int& answered) {
  Outcome<bool> pending = IsPending(job, account, authorization);
  if (auto* setback = std::get_if<Setback>(&pending)) return std::move(*setback);
  if (!std::get<bool>(pending)) return std::nullopt;
  Outcome<Done> answer =
      Sort(job.authority.client->AnswerChallenge(account, authorization.challenge_url,
                                                 OutsideDeadline(job.services, job.lease)),
           job.authority.name);
  if (auto* setback = std::get_if<Setback>(&answer)) {
    const bool unread = !job.fresh.token_key.empty();
    job.fresh.token_key.clear();
    const bool refused = setback->finding.code == FindingCode::kCaRefused;
    if (unread && refused) return AnswerOne(job, account, authorization, answered);
    return std::move(*setback);
  }
  ++answered;
  return std::nullopt;
}

Conclusion LookAtOrder(OrderJob& job, const AcmeAccount& account) {
  Outcome<AcmeOrder> got =
      Sort(job.authority.client->GetOrder(account, job.order.order_url,
                                          OutsideDeadline(job.services, job.lease)),
           job.authority.name);
  if (auto* setback = std::get_if<Setback>(&got)) return Conclude(job, std::move(*setback));
  const AcmeOrder& order = std::get<AcmeOrder>(got);
  switch (order.status) {
    case AcmeOrderStatus::kInvalid:
      return Conclude(job, OrderFailedFor(job, account, order));
    case AcmeOrderStatus::kPending:
      return PollAgain(job, order.retry_after);
    case AcmeOrderStatus::kReady:
    case AcmeOrderStatus::kProcessing:
    case AcmeOrderStatus::kValid:
      break;
  }
  job.fresh.ready = order.status == AcmeOrderStatus::kReady;
  return {.event = Ready{}, .only_leads_on = true};
}

}  // namespace

Setback FailedAuthorization(const OrderJob& job, const Authorization& authorization,
                            const AcmeAuthorization& at_ca) {
  Setback setback = Failed(job, StateOf(at_ca, authorization.method).error,
                           authorization.identifier, "for " + at_ca.identifier);
  if (auto refused = RefusedIn(job, authorization, at_ca)) {
    setback.refused.push_back(*std::move(refused));
  }
  return setback;
}

Setback TokenIsStale() {
  return {.disposition = Disposition::kNewOrder,
          .finding = ServiceTroubleFinding("the key of the ACME account was replaced meanwhile")};
}

Conclusion Validate(OrderJob& job) {
  Outcome<AcmeAccount> got =
      job.accounts.Get(job.authority, OutsideDeadline(job.services, job.lease));
  if (auto* setback = std::get_if<Setback>(&got)) return Conclude(job, std::move(*setback));
  const AcmeAccount& account = std::get<AcmeAccount>(got);
  int answered = 0;
  // Once all are answered, the order itself says when it is ready.
  for (Authorization& authorization : job.order.authorizations) {
    if (authorization.valid || authorization.answered) continue;
    std::optional<Setback> setback = OutOfTime(job);  // the next lease goes on where this one ends
    if (!setback) setback = AnswerOne(job, account, authorization, answered);
    if (setback) return Conclude(job, *std::move(setback));
    authorization.answered = true;
  }
  if (answered == 0) return LookAtOrder(job, account);
  Conclusion conclusion = PollAgain(job, std::nullopt);
  conclusion.notes.push_back(
      {.type = EventType::kOrderAnswered,
       .message = absl::StrFormat("%d challenge(s) were answered; the CA %s validates.", answered,
                                  job.authority.name)});
  return conclusion;
}

}  // namespace cert
