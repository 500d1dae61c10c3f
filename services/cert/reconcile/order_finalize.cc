// Key and CSR are stored before finalize is sent; after a crash the order is read first, and
// finalize is repeated with the same CSR only while the order is still ready.

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cert/core/challenge.h"
#include "cert/core/diagnosis.h"
#include "cert/core/renewal.h"
#include "cert/keys/keys.h"
#include "cert/reconcile/coverage.h"
#include "cert/reconcile/order_chain.h"
#include "cert/reconcile/order_commit.h"
#include "cert/reconcile/order_phases.h"

namespace cert {
namespace {

absl::Status MakeKeyAndCsr(OrderJob& job) {
  if (!job.order.csr_der.empty()) return absl::OkStatus();  // made before, or the caller's
  ASSIGN_OR_RETURN(KeyAndCsr made, CreateKeyAndCsr(job.order.key_type, job.order.names));
  job.order.csr_der = std::move(made.csr_der);
  ASSIGN_OR_RETURN(job.order.key, job.services.sealer.Seal({.table = "orders",
                                                            .tenant = job.order.tenant.text(),
                                                            .id = job.order.id.text()},
                                                           made.key_pem));
  return absl::OkStatus();
}

Setback Refused(const OrderJob& job, const AcmeOrder& order) {
  if (order.error) {
    Setback setback = SetbackOf(*order.error, job.authority.name,
                                ValidationStage(job.order, order.error->identifier));
    setback.disposition = std::max(setback.disposition, Disposition::kNewOrder);
    return setback;
  }
  return {.disposition = Disposition::kNewOrder,
          .finding = OrderInvalidFinding(job.authority.name, "before it issued")};
}

// As after a restored backup: a name that is to be proved again is waited for; one that is another
// tenant's by now is not ours to have, whatever is valid at the CA.
Conclusion WithoutClaim(const OrderJob& job, Finding why) {
  const bool is_lost = why.code == FindingCode::kClaimHeld;
  return Conclude(job, {.disposition = is_lost ? Disposition::kNewOrder : Disposition::kRetryStep,
                        .finding = std::move(why),
                        .nobodys_fault = is_lost});
}

// Stores the key and the request before they are sent, while the claims are held. What the step
// concludes instead where that is not to be.
std::optional<Conclusion> KeepFromFinalize(OrderJob& job) {
  if (absl::Status made = MakeKeyAndCsr(job); !made.ok()) return Conclude(job, OurTrouble(made));
  const bool was_sent = std::exchange(job.order.finalize_sent, true);
  std::optional<Finding> unclaimed;
  const absl::StatusOr<bool> saved = Save(job, [&](Transaction& transaction) -> absl::Status {
    ASSIGN_OR_RETURN(unclaimed, UnclaimedName(transaction, job.domains, job.order.names));
    return unclaimed ? absl::CancelledError("a claim is missing") : absl::OkStatus();
  });
  if (saved.ok() && *saved) return std::nullopt;
  job.order.finalize_sent = was_sent;
  if (unclaimed) return WithoutClaim(job, *std::move(unclaimed));
  if (!saved.ok()) return Conclude(job, OurTrouble(saved.status()));
  return Conclusion{.event = Retry{.counts = false}};
}

Conclusion SendFinalize(OrderJob& job, const AcmeAccount& account) {
  const bool first = !job.order.finalize_sent;
  if (std::optional<Conclusion> instead = KeepFromFinalize(job)) return *std::move(instead);
  Outcome<AcmeOrder> sent =
      Sort(job.authority.client->Finalize(account, job.order.finalize_url, job.order.csr_der,
                                          OutsideDeadline(job.services, job.lease)),
           job.authority.name);
  if (auto* setback = std::get_if<Setback>(&sent)) return Conclude(job, std::move(*setback));
  Conclusion conclusion = PollAgain(job, std::get<AcmeOrder>(sent).retry_after);
  if (first) {
    conclusion.notes.push_back(
        {.type = EventType::kOrderFinalized,
         .message = absl::StrFormat("The certificate request was sent to the CA %s.",
                                    job.authority.name)});
  }
  return conclusion;
}

Issuance MakeIssuance(const OrderJob& job, const CertificateFacts& facts, std::string chain_pem) {
  return {.tenant = job.order.tenant,
          .id = IssuanceId::New(job.services.random),
          .certificate = job.order.certificate,
          .order = job.order.id,
          .ca = job.authority.name,
          .serial = facts.serial,
          .issuer = facts.issuer,
          .names = facts.names,
          .validity = {.not_before = facts.not_before, .not_after = facts.not_after},
          .chain_pem = std::move(chain_pem),
          .key_type = job.order.key_type,
          .key = job.order.key,
          .create_time = job.now};
}

// A chain that was not accepted is thrown away, but for one that is only not valid yet: some clock
// is wrong, ours or the CA's, and another order would meet the same.
Conclusion NotAccepted(const OrderJob& job, const std::string& chain_pem, const absl::Status& why) {
  const std::string& ca = job.authority.name;
  const std::string sentence(why.message());
  if (absl::IsUnavailable(why)) {
    return Conclude(
        job, {.disposition = Disposition::kRetryStep, .finding = NotYetValidFinding(ca, sentence)});
  }
  return Conclude(job, {.disposition = Disposition::kNewOrder,
                        .finding = IsForOtherKey(chain_pem, job.order.csr_der)
                                       ? KeyMismatchFinding(ca)
                                       : IssuanceRejectedFinding(ca, sentence)});
}

// Who creates records by hand has the whole window for it.
double DrawFor(const OrderJob& job) {
  const bool by_hand = std::ranges::any_of(
      job.domains, [](const Domain& it) { return it.method == ValidationMethod::kTxt; });
  return by_hand ? 0 : job.services.random.Fraction();
}

Renewal MakeRenewal(const OrderJob& job, const AcmeAccount& account, const Issuance& issuance) {
  return PlanRenewal({.issuance = issuance.id,
                      .ca = issuance.ca,
                      .account_url = account.url,
                      .renewal_id = RenewalIdOf(issuance.chain_pem).value_or(""),
                      .validity = issuance.validity,
                      .draw = DrawFor(job)},
                     job.now);
}

Conclusion Accepted(const OrderJob& job, const AcmeAccount& account, const CertificateFacts& facts,
                    std::string chain_pem) {
  Issuance issuance = MakeIssuance(job, facts, std::move(chain_pem));
  Renewal renewal = MakeRenewal(job, account, issuance);
  const bool is_backup = job.certificate.backup_of.has_value();
  return {.event = Downloaded{},
          .notes = {{.type = is_backup ? EventType::kBackupIssued : EventType::kCertificateIssued,
                     .message = absl::StrFormat("The CA %s issued serial %s, valid until %s.",
                                                job.authority.name, facts.serial,
                                                base::UtcText(facts.not_after))}},
          .issuance = std::move(issuance),
          .renewal = std::move(renewal)};
}

Conclusion Download(const OrderJob& job, const AcmeAccount& account, const std::string& url) {
  Outcome<AcmeChain> got = Sort(job.authority.client->DownloadCertificate(
                                    account, url, OutsideDeadline(job.services, job.lease)),
                                job.authority.name);
  if (auto* setback = std::get_if<Setback>(&got)) return Conclude(job, std::move(*setback));
  const AcmeChain& first = std::get<AcmeChain>(got);
  Outcome<std::string> chosen = ChooseChain(job, account, first);
  if (auto* setback = std::get_if<Setback>(&chosen)) return Conclude(job, std::move(*setback));
  // A file that is being replaced, or was replaced by something else, is our trouble: a chain that
  // is thrown away for it would be ordered again, and thrown away again.
  const absl::StatusOr<std::optional<TrustAnchors>> roots = job.authority.issuer_roots.Read();
  if (!roots.ok()) return Conclude(job, OurTrouble(roots.status()));
  const ChainExpectation expected{
      .names = job.order.names, .csr_der = job.order.csr_der, .roots = *roots, .now = job.now};
  const std::string& preferred = std::get<std::string>(chosen);
  const absl::StatusOr<CertificateFacts> facts = VerifyChain(preferred, expected);
  if (facts.ok()) return Accepted(job, account, *facts, preferred);
  // A chain to a root that is not among ours; the one that the CA offers first may do.
  const absl::StatusOr<CertificateFacts> first_facts = VerifyChain(first.pem, expected);
  if (first_facts.ok()) return Accepted(job, account, *first_facts, first.pem);
  return NotAccepted(job, first.pem, first_facts.status());
}

}  // namespace

Conclusion FinalizeOrder(OrderJob& job) {
  const base::Deadline deadline = OutsideDeadline(job.services, job.lease);
  Outcome<AcmeAccount> got = job.accounts.Get(job.authority, deadline);
  if (auto* setback = std::get_if<Setback>(&got)) return Conclude(job, std::move(*setback));
  const AcmeAccount& account = std::get<AcmeAccount>(got);
  if (std::exchange(job.fresh.ready, false)) return SendFinalize(job, account);

  Outcome<AcmeOrder> read = Sort(
      job.authority.client->GetOrder(account, job.order.order_url, deadline), job.authority.name);
  if (auto* setback = std::get_if<Setback>(&read)) return Conclude(job, std::move(*setback));
  const AcmeOrder& order = std::get<AcmeOrder>(read);
  const bool finalized =
      order.status == AcmeOrderStatus::kProcessing || order.status == AcmeOrderStatus::kValid;
  if (finalized && job.order.csr_der.empty()) {  // after a backup: the key is lost
    return Conclude(job, {.disposition = Disposition::kNewOrder,
                          .finding = KeyMismatchFinding(job.authority.name)});
  }
  switch (order.status) {
    case AcmeOrderStatus::kReady:
      return SendFinalize(job, account);
    case AcmeOrderStatus::kProcessing:
      job.order.expire_time = order.expire_time;  // no more that of its tokens
      return IsPastItsEnd(job) ? PastItsEnd(job) : PollAgain(job, order.retry_after);
    case AcmeOrderStatus::kValid:
      return Download(job, account, order.certificate_url);
    case AcmeOrderStatus::kPending:  // it was ready: an authorization has expired since
    case AcmeOrderStatus::kInvalid:
      break;
  }
  return Conclude(job, Refused(job, order));
}

std::optional<Conclusion> FetchUnwanted(OrderJob& job) {
  const base::Deadline deadline = OutsideDeadline(job.services, job.lease);
  Outcome<AcmeAccount> got = job.accounts.Get(job.authority, deadline);
  if (std::holds_alternative<Setback>(got)) return std::nullopt;  // nor can it be closed
  const AcmeAccount& account = std::get<AcmeAccount>(got);
  Outcome<AcmeOrder> read = Sort(
      job.authority.client->GetOrder(account, job.order.order_url, deadline), job.authority.name);
  std::optional<Conclusion> conclusion;
  if (auto* setback = std::get_if<Setback>(&read)) {
    conclusion = Conclude(job, std::move(*setback));
  } else if (const AcmeOrder& order = std::get<AcmeOrder>(read);
             order.status == AcmeOrderStatus::kProcessing &&
             order.expire_time.value_or(absl::InfiniteFuture()) > job.now) {
    return PollAgain(job, order.retry_after);
  } else if (order.status == AcmeOrderStatus::kValid) {
    conclusion = Download(job, account, order.certificate_url);
  }
  if (!conclusion || std::holds_alternative<GivenUp>(conclusion->event)) return std::nullopt;
  if (!conclusion->issuance) return conclusion;  // the same again
  conclusion->event = Retry{.counts = false};
  conclusion->notes.clear();
  return conclusion;
}

}  // namespace cert
