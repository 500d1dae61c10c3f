#include "cert/reconcile/order_commit.h"

#include <algorithm>
#include <set>
#include <utility>
#include <variant>

#include "absl/strings/str_format.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "cert/core/backup.h"
#include "cert/core/challenge.h"
#include "cert/core/deployment.h"
#include "cert/core/edge.h"
#include "cert/core/expiry.h"
#include "cert/core/findings.h"
#include "cert/core/key_plan.h"
#include "cert/core/renewal.h"
#include "cert/reconcile/authority_rules.h"
#include "cert/reconcile/backup_rules.h"
#include "cert/reconcile/set_aside_rules.h"
#include "cert/reconcile/unwanted_issuance.h"

namespace cert {
namespace {

bool IsOrdering(const Certificate& certificate) {
  return certificate.progress.state == CertificateState::kOrdering ||
         certificate.progress.state == CertificateState::kRenewing;
}

Event MakeEvent(const Order& order, const Certificate& certificate, EventType type,
                std::string message) {
  return {.type = type,
          .domain = certificate.domain,
          .certificate = certificate.id,
          .order = order.id,
          .actor = "padlock-cert",
          .request_id = order.request_id,
          .message = std::move(message)};
}

// What is said of a record may hold a token.
std::string ForLog(const Finding& finding) {
  return finding.record_type.empty() ? finding.sentence : finding.record_name;
}

OrderEvent WithTime(OrderEvent event, absl::Duration retry_in, absl::Time now) {
  if (auto* retry = std::get_if<Retry>(&event)) retry->retry_time = now + retry_in;
  return event;
}

absl::Status OrderAgain(absl::Time time, absl::Time now, Certificate& certificate) {
  ASSIGN_OR_RETURN(certificate.progress,
                   Advance(certificate.progress, OrderFailed{.retry_time = time}, now));
  return absl::OkStatus();
}

// The certificate after its order is given up: another one after a pause, or none.
absl::Status AfterGivenUp(const Services& services, const Order& order,
                          const Conclusion& conclusion, Transaction& transaction,
                          Certificate& certificate) {
  const Setback& cause = *conclusion.setback;
  const absl::Time now = transaction.now();
  const bool by_http =
      order.http_first.value_or(false) && (cause.nobodys_fault || MayBeForHttp(cause.finding.code));
  if (by_http) certificate.avoids_http = true;
  // A certificate in force is never given up: its renewal goes on as long as it is wanted.
  // Nor is a backup.
  const bool may_end = !certificate.issuance && !certificate.backup_of;
  const bool used_up = may_end && now >= certificate.progress.start_time + kValidationAge;
  if (cause.nobodys_fault && !used_up) return OrderAgain(now, now, certificate);
  ++certificate.failed_orders;
  const bool refused = cause.disposition == Disposition::kGiveUp;
  const absl::Time pause_end = now + RenewalPause(certificate.failed_orders, cause.retry_after,
                                                  FirstExpireTime(certificate), now);
  if (!conclusion.news.failure) {
    NoteFailure({.ca = order.ca,
                 .trouble = refused ? CaTrouble::kRefusesNames : CaTrouble::kOrderFailed,
                 .time = now,
                 .retry_time = refused ? absl::InfiniteFuture() : pause_end},
                certificate.ca_failures);
  }
  ASSIGN_OR_RETURN(const AuthorityChoice choice,
                   ChooseAuthorityFor(services, transaction, certificate, {}));
  const bool other_is_ready = !choice.ca.empty() && choice.ca != order.ca && choice.time <= now;
  if (!other_is_ready && !by_http) {
    ASSIGN_OR_RETURN(const bool done, SetNamesAside(transaction, order, cause, certificate));
    if (done) return OrderAgain(now, now, certificate);
  }
  if (used_up) certificate.finding = ValidationGaveUpFinding(cause.finding);
  const bool no_ca_is_left = choice.time == absl::InfiniteFuture();
  const bool for_good = used_up || (refused && no_ca_is_left && may_end);
  // A CA's limit, which may end after the certificate, is the next order's to wait for.
  if (!for_good) return OrderAgain(std::min(choice.time, pause_end), now, certificate);
  ASSIGN_OR_RETURN(certificate.progress, Advance(certificate.progress, RefusedForGood{}, now));
  return absl::OkStatus();
}

absl::Status AfterIssued(const DeploymentPolicy& policy, const Issuance& issuance,
                         const Renewal& renewal, absl::Time now, Certificate& certificate) {
  const std::optional<absl::Time> served_until =
      PlaceIssuance(issuance, RenewTime(renewal), certificate);
  AwaitDeployment(policy, issuance.id, served_until, now, certificate);
  absl::Time next_step =
      std::min(NextLookAt(certificate, {renewal}), DeploymentTellTime(certificate));
  // A twin's CA may be to be asked earlier: that is looked up at once.
  if (IssuancesOf(certificate).size() > 1) next_step = now;
  ASSIGN_OR_RETURN(
      certificate.progress,
      Advance(certificate.progress,
              Issued{.validity = issuance.validity, .renew_time = std::max(next_step, now)}, now));
  certificate.failed_orders = 0;
  certificate.ca_failures.clear();
  certificate.avoids_http = false;
  TakeBack(issuance.names, certificate.set_aside);
  if (issuance.names.size() == certificate.names.size()) return absl::OkStatus();
  // Some names are still to follow: it looks at once which.
  ASSIGN_OR_RETURN(certificate.progress,
                   Advance(certificate.progress, StillWaiting{.next_look = now}, now));
  return absl::OkStatus();
}

// What stops the order, if anything does, and that the certificate in use has expired, once it has.
void SetFinding(const Order& order, const Conclusion& conclusion, Transaction& transaction,
                Certificate& certificate) {
  std::optional<Finding> finding =
      conclusion.setback ? std::optional(conclusion.setback->finding)
                         : WithSetAside(std::nullopt, certificate.set_aside, transaction.now());
  if (!conclusion.issuance) {
    finding = WithExpiry(std::move(finding), ServedUntil(certificate), transaction.now());
    finding = WithBackupInUse(std::move(finding), certificate.backup_use_time);
    finding = WithDeployment(std::move(finding), certificate, transaction.now());
  }
  if (IsNewlyExpired(certificate.finding, finding)) {
    transaction.AppendEvent(
        MakeEvent(order, certificate, EventType::kCertificateExpired, finding->sentence));
  }
  certificate.finding = std::move(finding);
}

// What the step means for the certificate whose live order this is. How an order that is over is
// closed, or its tokens are withdrawn, means nothing for it: its finding stays what ended the
// order, or what stops the next one already.
absl::Status MoveCertificate(const Services& services, const Order& order,
                             const Conclusion& conclusion, bool was_ending,
                             Transaction& transaction, Certificate& certificate) {
  const absl::Time now = transaction.now();
  if (certificate.order != order.id) return absl::OkStatus();  // another one has followed
  if (IsOrdering(certificate) && !was_ending) {
    SetFinding(order, conclusion, transaction, certificate);
    if (std::holds_alternative<GivenUp>(conclusion.event)) {
      RETURN_IF_ERROR(AfterGivenUp(services, order, conclusion, transaction, certificate));
    }
    if (conclusion.issuance) {
      RETURN_IF_ERROR(AfterIssued(services.options.deployment, *conclusion.issuance,
                                  *conclusion.renewal, now, certificate));
      RETURN_IF_ERROR(SeeToBackup(services, transaction, *conclusion.issuance, certificate));
    }
  }
  if (IsTerminal(order.progress.state)) certificate.order.reset();
  return absl::OkStatus();
}

// To each domain whose customer must create records for this order.
void AnnounceTokens(const Order& order, const Certificate& certificate, Transaction& transaction) {
  std::set<DomainId> told;
  const std::string note = TokenExpiryNote(order);
  for (const Authorization& authorization : order.authorizations) {
    const bool theirs = authorization.method == ValidationMethod::kTxt;
    if (!theirs || !NeedsToken(authorization)) continue;
    if (!told.insert(authorization.domain).second) continue;
    std::string message = absl::StrFormat(
        "The CA's tokens for %s are new: create the TXT records that the domain "
        "shows; those of earlier orders may go.",
        authorization.identifier);
    if (!note.empty()) message += " " + note;
    Event event = MakeEvent(order, certificate, EventType::kTokensChanged, std::move(message));
    event.domain = authorization.domain;
    transaction.AppendEvent(std::move(event));
  }
}

absl::Status StoreNotes(const Order& order, const Certificate& certificate,
                        const std::vector<Note>& notes, Transaction& transaction) {
  for (const Note& note : notes) {
    Event event = MakeEvent(order, certificate, note.type, note.message);
    if (note.evidence) {
      ASSIGN_OR_RETURN(event.attempt, transaction.PutEvidence(order.id.text(), *note.evidence));
    }
    transaction.AppendEvent(std::move(event));
  }
  return absl::OkStatus();
}

absl::Status Announce(const Order& order, const Certificate& certificate, const Passage& passage,
                      const Conclusion& conclusion, Transaction& transaction) {
  RETURN_IF_ERROR(StoreNotes(order, certificate, passage.notes, transaction));
  RETURN_IF_ERROR(StoreNotes(order, certificate, conclusion.notes, transaction));
  if (std::holds_alternative<Published>(conclusion.event)) {
    AnnounceTokens(order, certificate, transaction);
  }
  if (std::holds_alternative<GivenUp>(conclusion.event)) {
    transaction.AppendEvent(MakeEvent(order, certificate, EventType::kOrderFailed,
                                      conclusion.setback->finding.sentence));
  }
  return absl::OkStatus();
}

// Where the passage brings the stored order; it is where the passage began.
absl::StatusOr<OrderProgress> Passed(const Passage& passage, const OrderProgress& stored,
                                     absl::Time now) {
  OrderProgress progress = stored;
  for (const OrderEvent& event : passage.events) {
    ASSIGN_OR_RETURN(progress, Advance(progress, event, now));
  }
  return progress;
}

// From where it is stored, by what it has passed and how the step concluded.
absl::Status MoveOn(const Passage& passage, const Conclusion& conclusion, absl::Time now,
                    Order& order) {
  ASSIGN_OR_RETURN(order.progress, Passed(passage, order.progress, now));
  ASSIGN_OR_RETURN(
      order.progress,
      Advance(order.progress, WithTime(conclusion.event, conclusion.retry_in, now), now));
  if (conclusion.setback) {
    order.finding = conclusion.setback->finding;
  } else if (passage.from != OrderState::kClosing) {  // else what ended it stays
    order.finding.reset();
  }
  return absl::OkStatus();
}

absl::StatusOr<CommittedOrder> Commit(const Services& services, const UnstoredOrder& unstored,
                                      const Conclusion& conclusion, Transaction& transaction) {
  const auto& [learnt, passage] = unstored;
  const absl::Time now = transaction.now();
  ASSIGN_OR_RETURN(Certificate certificate, transaction.GetCertificate(learnt.certificate));
  ASSIGN_OR_RETURN(const Order stored, transaction.GetOrder(learnt.id));
  Order order = learnt;
  order.progress = stored.progress;
  const bool moved_meanwhile = stored.progress.state != passage.from;
  const bool was_ending = IsEnding(passage.from);
  if (!moved_meanwhile) RETURN_IF_ERROR(MoveOn(passage, conclusion, now, order));
  if (conclusion.issuance) order.finalize_sent = false;  // there is nothing more to fetch
  RETURN_IF_ERROR(transaction.UpdateOrder(order));
  if (conclusion.issuance) {
    RETURN_IF_ERROR(transaction.InsertIssuance(*conclusion.issuance));
    RETURN_IF_ERROR(transaction.PutRenewal(*conclusion.renewal));
    RETURN_IF_ERROR(LockBackup(transaction, certificate));
  }
  const Certificate before = certificate;
  if (passage.ca_answered) RETURN_IF_ERROR(transaction.cas().NoteReply(order.ca));
  RETURN_IF_ERROR(StoreAuthorityNews(services, transaction, conclusion.news, certificate));
  const bool is_wanted =
      !moved_meanwhile && !was_ending && certificate.progress.state != CertificateState::kDeleted;
  if (conclusion.issuance && !is_wanted) {
    RETURN_IF_ERROR(
        RevokeUnwanted(*conclusion.issuance, certificate, order.request_id, transaction));
  }
  if (!moved_meanwhile) {
    RETURN_IF_ERROR(
        MoveCertificate(services, order, conclusion, was_ending, transaction, certificate));
    if (certificate != before) RETURN_IF_ERROR(transaction.UpdateCertificate(certificate));
  }
  RETURN_IF_ERROR(Announce(order, certificate, passage, conclusion, transaction));
  CommittedOrder committed{.now = now,
                           .moved_meanwhile = moved_meanwhile,
                           .order = std::move(order),
                           .certificate = std::move(certificate)};
  if (committed.order.progress.state == OrderState::kWithdrawing) {
    ASSIGN_OR_RETURN(committed.unwanted_tokens, UnwantedTokens(transaction, committed.order));
  }
  return committed;
}

// For operators, who are not told of single orders: the series are by CA and by finding code.
void Count(const CommittedOrder& stored, const Conclusion& conclusion, base::Metrics& metrics) {
  const std::optional<Setback>& setback = conclusion.setback;
  if (setback) {
    metrics.Count(kOrderSetbacksTotal, {{"code", FindingCodeName(setback->finding.code)}});
  }
  if (stored.moved_meanwhile) return;
  const bool failed = std::holds_alternative<GivenUp>(conclusion.event) && !setback->nobodys_fault;
  // What is fetched after that only to be revoked is no success.
  const bool issued = std::holds_alternative<Downloaded>(conclusion.event);
  if (!issued && !failed) return;
  metrics.Count(kOrdersTotal, {{"ca", stored.order.ca}, {"result", failed ? "failed" : "issued"}});
}

}  // namespace

absl::StatusOr<CommittedOrder> CommitOrder(const Services& services, const Lease& lease,
                                           const UnstoredOrder& unstored,
                                           const Conclusion& conclusion, AfterCommit after) {
  CommittedOrder stored;
  const auto body = [&](Transaction& transaction) -> absl::Status {
    ASSIGN_OR_RETURN(stored, Commit(services, unstored, conclusion, transaction));
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(after == AfterCommit::kKeepLease ? services.store.Checkpoint(lease, body)
                                                   : services.store.Finish(lease, body));
  Count(stored, conclusion, services.metrics);
  const Finding* finding = conclusion.setback ? &conclusion.setback->finding : nullptr;
  base::Log(finding != nullptr ? base::LogLevel::kWarning : base::LogLevel::kInfo, "order step",
            {{"request_id", unstored.order.request_id},
             {"tenant", unstored.order.tenant.text()},
             {"order", unstored.order.id.text()},
             {"state", StateName(stored.order.progress.state)},
             {"code", finding != nullptr ? FindingCodeName(finding->code) : ""},
             {"error", finding != nullptr ? ForLog(*finding) : ""}});
  return stored;
}

absl::Status Pass(OrderJob& job, const Conclusion& conclusion) {
  const OrderEvent event = WithTime(conclusion.event, conclusion.retry_in, job.now);
  ASSIGN_OR_RETURN(job.order.progress, Advance(job.order.progress, event, job.now));
  job.passage.events.push_back(event);
  std::ranges::copy(conclusion.notes, std::back_inserter(job.passage.notes));
  job.passage.ca_answered = job.passage.ca_answered || conclusion.news.answers;
  return absl::OkStatus();
}

absl::StatusOr<std::optional<OrderProgress>> SaveOver(const Order& stored, Transaction& transaction,
                                                      const OrderJob& job, Order order) {
  if (stored.progress.state != job.passage.from) return std::nullopt;
  ASSIGN_OR_RETURN(order.progress, Passed(job.passage, stored.progress, transaction.now()));
  RETURN_IF_ERROR(StoreNotes(order, job.certificate, job.passage.notes, transaction));
  RETURN_IF_ERROR(transaction.UpdateOrder(order));
  return order.progress;
}

void Stored(const OrderProgress& progress, OrderJob& job) {
  job.order.progress = progress;
  job.passage = {.from = progress.state, .ca_answered = job.passage.ca_answered};
}

absl::StatusOr<bool> Save(OrderJob& job, absl::FunctionRef<absl::Status(Transaction&)> may) {
  std::optional<OrderProgress> progress;
  const auto body = [&](Transaction& transaction) -> absl::Status {
    RETURN_IF_ERROR(may(transaction));
    ASSIGN_OR_RETURN(const Order stored, transaction.GetOrder(job.order.id));
    ASSIGN_OR_RETURN(progress, SaveOver(stored, transaction, job, job.order));
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(job.services.store.Checkpoint(job.lease, body));
  if (progress) Stored(*progress, job);
  return progress.has_value();
}

}  // namespace cert
