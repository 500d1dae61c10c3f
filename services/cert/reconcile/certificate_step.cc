#include "cert/reconcile/certificate_step.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <variant>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "cert/core/backup.h"
#include "cert/core/deployment.h"
#include "cert/core/diagnosis.h"
#include "cert/core/expiry.h"
#include "cert/core/key_plan.h"
#include "cert/core/renewal.h"
#include "cert/keys/caller_csr.h"
#include "cert/reconcile/authority_rules.h"
#include "cert/reconcile/backup_rules.h"
#include "cert/reconcile/coverage.h"
#include "cert/reconcile/renewal_look.h"
#include "cert/reconcile/unwanted_issuance.h"

namespace cert {
namespace {

// A certificate that waits is woken by its domain or order; this is for a lost wake-up.
constexpr absl::Duration kWatchdog = absl::Hours(1);
// For the order before to be closed at the CA.
constexpr absl::Duration kClosingPause = absl::Seconds(10);
// Before more of its names are ordered.
constexpr absl::Duration kLongestAddPause = absl::Minutes(5);
// For the domain to be proved again, which wakes nobody.
constexpr absl::Duration kClaimPause = absl::Minutes(1);

absl::StatusOr<Order> MakeOrder(const Services& services, const Certificate& certificate,
                                std::vector<std::string> names, const std::string& ca,
                                absl::Time now) {
  Order order{.tenant = certificate.tenant,
              .id = OrderId::New(services.random),
              .certificate = certificate.id,
              .ca = ca,
              .names = std::move(names),
              .key_type = NextKeyType(certificate, now),
              .request_id = certificate.request_id,
              .progress = {.state = OrderState::kIntended, .start_time = now, .due_time = now},
              .intent_time = now};
  std::ranges::sort(order.names);
  if (order.key_type == KeyType::kCallers) {
    ASSIGN_OR_RETURN(CallerCsr csr, CheckCallerCsr(certificate.settings.csr_pem, order.names));
    order.csr_der = std::move(csr.der);
  }
  return order;
}

// One certificate in its transaction.
struct Job {
  const Services& services;
  const Lease& lease;
  const std::vector<Renewal>& renewals;
  Transaction& transaction;
  Certificate certificate;
  std::optional<OpenedOrder> opened = std::nullopt;
};

// Under our lease where that lasts for a check.
absl::Status StoreNew(const Order& order, std::vector<Domain> domains, Job& job) {
  const StepOptions& options = job.services.options;
  if (job.lease.deadline.Remaining() <= options.check_timeout + options.commit_margin) {
    return job.transaction.InsertOrder(order);
  }
  ASSIGN_OR_RETURN(Lease lease, job.transaction.InsertLeasedOrder(order));
  job.opened = OpenedOrder{.lease = std::move(lease),
                           .time = job.transaction.now(),
                           .order = order,
                           .certificate = {},
                           .domains = std::move(domains)};
  return absl::OkStatus();
}

absl::Status OpenOrder(const AuthorityChoice& choice, Job& job) {
  Transaction& transaction = job.transaction;
  Certificate& certificate = job.certificate;
  if (choice.ca.empty()) {
    certificate.finding = NoAuthorityFinding(certificate);
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(Coverage coverage, CoverageOf(transaction, certificate));
  if (coverage.missing) certificate.finding = coverage.missing;
  if (!coverage.Suffices(certificate.settings)) return absl::OkStatus();
  ASSIGN_OR_RETURN(const bool may_not_be_used, HasCompromisedKey(transaction, certificate));
  if (may_not_be_used) {
    certificate.finding = KeyCompromisedFinding(certificate);
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const Order order,
                   MakeOrder(job.services, certificate, std::move(coverage.names), choice.ca,
                             transaction.now()));
  RETURN_IF_ERROR(StoreNew(order, std::move(coverage.domains), job));
  certificate.order = order.id;
  transaction.AppendEvent(
      {.type = EventType::kOrderIntended,
       .domain = certificate.domain,
       .certificate = certificate.id,
       .order = order.id,
       .actor = "padlock-cert",
       .request_id = certificate.request_id,
       .message = absl::StrFormat("A certificate for %s is ordered from the CA %s.",
                                  absl::StrJoin(order.names, ", "), order.ca)});
  return absl::OkStatus();
}

// The window may have moved, and moves the renewal; but one that is due stays due.
absl::Status StoreRenewal(const Renewal& renewal, Transaction& transaction,
                          Certificate& certificate) {
  const bool moved =
      MoveRenewal(renewal.issuance, RenewTime(renewal), transaction.now(), certificate);
  if (!moved) return absl::OkStatus();
  if (certificate.issuance == renewal.issuance) {
    certificate.expire_time = renewal.validity.not_after;
  }
  return transaction.PutRenewal(renewal);
}

void TellExpiry(Transaction& transaction, Certificate& certificate) {
  const absl::Time now = transaction.now();
  const std::optional<absl::Time> served_until = ServedUntil(certificate);
  const bool over = served_until && *served_until <= now;
  std::optional<Finding> finding = WithExpiry(std::nullopt, served_until, now);
  if (!over || !IsNewlyExpired(certificate.finding, finding)) return;
  transaction.AppendEvent({.type = EventType::kCertificateExpired,
                           .domain = certificate.domain,
                           .certificate = certificate.id,
                           .actor = "padlock-cert",
                           .request_id = certificate.request_id,
                           .message = finding->sentence});
  certificate.finding = std::move(finding);
}

// Once what was issued has waited for too long for a consumer to confirm it.
void TellDeployment(Transaction& transaction, Certificate& certificate) {
  const absl::Time now = transaction.now();
  if (!certificate.finding) certificate.finding = WithDeployment(std::nullopt, certificate, now);
  if (DeploymentTellTime(certificate) > now) return;
  certificate.deployment->told = true;
  transaction.AppendEvent({.type = EventType::kDeploymentOverdue,
                           .domain = certificate.domain,
                           .certificate = certificate.id,
                           .actor = "padlock-cert",
                           .request_id = certificate.request_id,
                           .message = WithDeployment(std::nullopt, certificate, now)->sentence});
}

// A certificate that is being renewed is looked at when it expires, to tell of it, and a day
// before, when its backup may be needed.
absl::Time NextWatch(const Certificate& certificate, absl::Time now) {
  absl::Time watch = std::min(now + kWatchdog, NextTry(certificate.set_aside, now));
  const std::optional<absl::Time> expire_time = FirstExpireTime(certificate);
  if (!expire_time) return watch;
  for (const absl::Time moment : {*expire_time - kLastDay, *expire_time}) {
    if (moment > now) watch = std::min(watch, moment);
  }
  return watch;
}

// When more of its names may be ordered than were issued; unset where there are no more. Says which
// one is missing. Names that are proved one after the other are added in ever larger parts, or each
// would be an order.
absl::StatusOr<std::optional<absl::Time>> AddTime(Transaction& transaction,
                                                  Certificate& certificate) {
  ASSIGN_OR_RETURN(const Issuance served, transaction.GetIssuance(*certificate.issuance));
  if (served.names.size() == certificate.names.size()) return std::nullopt;
  ASSIGN_OR_RETURN(Coverage coverage, CoverageOf(transaction, certificate));
  certificate.finding = std::move(coverage.missing);
  std::vector<std::string> added;
  std::ranges::copy_if(coverage.names, std::back_inserter(added), [&](const std::string& name) {
    return std::ranges::find(served.names, name) == served.names.end();
  });
  if (added.empty()) return std::nullopt;
  // What was set aside has pauses of its own, which a recheck ends.
  const bool is_tried_again = std::ranges::any_of(added, [&](const std::string& name) {
    return std::ranges::find(certificate.set_aside, name, &SetAsideName::name) !=
           certificate.set_aside.end();
  });
  if (is_tried_again) return absl::InfinitePast();
  const absl::Duration age = served.create_time - certificate.create_time;
  return served.create_time + std::min(age, kLongestAddPause);
}

// Whether the renewal under way was for names that turned out not to be had now.
absl::StatusOr<bool> HasNothingToAdd(Transaction& transaction, Certificate& certificate) {
  const bool was_to_add = certificate.settings.partial && certificate.issuance &&
                          certificate.progress.state == CertificateState::kRenewing &&
                          NextRenewTime(certificate) > transaction.now();
  if (!was_to_add) return false;
  ASSIGN_OR_RETURN(const std::optional<absl::Time> add_time, AddTime(transaction, certificate));
  return !add_time;
}

// Ordering or renewing: sees to it that there is one live order.
absl::StatusOr<CertificateEvent> EnsureOrder(Job& job) {
  Transaction& transaction = job.transaction;
  Certificate& certificate = job.certificate;
  const absl::Time now = transaction.now();
  RETURN_IF_ERROR(UseBackupInDanger(job.services, transaction, certificate));
  ASSIGN_OR_RETURN(const AuthorityChoice choice,
                   ChooseAuthorityFor(job.services, transaction, certificate, {}));
  if (certificate.order) {
    // Whatever ends it meanwhile waits for us, and makes the certificate due again.
    ASSIGN_OR_RETURN(const auto found, transaction.FindOrders({*certificate.order}));
    if (found.empty()) return absl::NotFoundError("no such order");
    const Order& order = found.begin()->second;
    // One that another CA has not closed yet stands in nobody's way.
    if (order.progress.state == OrderState::kClosing && order.ca == choice.ca) {
      return StillWaiting{.next_look = now + kClosingPause};
    }
    if (!IsTerminal(order.progress.state) && !IsEnding(order.progress.state)) {
      return StillWaiting{.next_look = NextWatch(certificate, now)};
    }
  }
  ASSIGN_OR_RETURN(const bool nothing_to_add, HasNothingToAdd(transaction, certificate));
  if (nothing_to_add) return NothingToAdd{};
  RETURN_IF_ERROR(OpenOrder(choice, job));
  if (certificate.finding && certificate.finding->code == FindingCode::kClaimToProve) {
    return StillWaiting{.next_look = now + kClaimPause};
  }
  return StillWaiting{.next_look = NextWatch(certificate, now)};
}

// In force, and not to be renewed yet.
absl::StatusOr<CertificateEvent> LookAtActive(Job& job) {
  const absl::Time now = job.transaction.now();
  absl::Time next =
      std::min(NextLookAt(job.certificate, job.renewals), NextTry(job.certificate.set_aside, now));
  if (job.certificate.settings.partial) {
    ASSIGN_OR_RETURN(const std::optional<absl::Time> add_time,
                     AddTime(job.transaction, job.certificate));
    if (add_time && *add_time <= now) return RenewalDue{};
    if (add_time) next = std::min(next, *add_time);
  }
  return StillWaiting{.next_look = next};
}

absl::StatusOr<CertificateEvent> WhatNow(Job& job) {
  Transaction& transaction = job.transaction;
  Certificate& certificate = job.certificate;
  const absl::Time now = transaction.now();
  switch (certificate.progress.state) {
    case CertificateState::kAwaitingDomain: {
      ASSIGN_OR_RETURN(const Coverage coverage, CoverageOf(transaction, certificate));
      // A single domain says itself what stops it.
      if (certificate.domain.empty()) certificate.finding = coverage.missing;
      if (coverage.Suffices(certificate.settings)) return DomainActive{};
      break;
    }
    case CertificateState::kOrdering:
    case CertificateState::kRenewing:
      return EnsureOrder(job);
    case CertificateState::kActive:
      if (NextRenewTime(certificate) <= now) {
        TryAgain(now, certificate.set_aside);
        return RenewalDue{};
      }
      return LookAtActive(job);
    case CertificateState::kFailed:
    case CertificateState::kDeleted:
      break;
  }
  return StillWaiting{.next_look = now + kWatchdog};
}

bool OpensOrder(const CertificateEvent& event) {
  return std::holds_alternative<DomainActive>(event) || std::holds_alternative<RenewalDue>(event);
}

absl::StatusOr<CertificateEvent> Step(Job& job) {
  if (job.lease.claims > kMaxClaims) {
    job.certificate.finding = ParkedFinding(job.lease.claims);
    return StillWaiting{.next_look = job.transaction.now() + kWatchdog};
  }
  ASSIGN_OR_RETURN(CertificateEvent event, WhatNow(job));
  if (OpensOrder(event)) {
    Progress<CertificateState>& progress = job.certificate.progress;
    ASSIGN_OR_RETURN(progress, Advance(progress, event, job.transaction.now()));
    ASSIGN_OR_RETURN(event, WhatNow(job));
  }
  TellExpiry(job.transaction, job.certificate);
  TellDeployment(job.transaction, job.certificate);
  return event;
}

absl::Status RunIn(Job& job) {
  Certificate& certificate = job.certificate;
  const absl::Time now = job.transaction.now();
  if (IsTerminal(certificate.progress.state)) return absl::OkStatus();
  for (const Renewal& renewal : job.renewals) {
    RETURN_IF_ERROR(StoreRenewal(renewal, job.transaction, certificate));
  }
  ASSIGN_OR_RETURN(CertificateEvent event, Step(job));
  if (auto* waiting = std::get_if<StillWaiting>(&event)) {
    waiting->next_look = std::min(waiting->next_look, DeploymentTellTime(certificate));
  }
  ASSIGN_OR_RETURN(certificate.progress, Advance(certificate.progress, event, now));
  if (job.opened) job.opened->certificate = certificate;
  return job.transaction.UpdateCertificate(certificate);
}

}  // namespace

// What the CA says of the renewals, before the transaction that goes by it, and what that one did.
struct CertificateStep::Look {
  bool is_due = false;  // nobody has looked yet, and there is something to look at
  bool is_over = false;
  std::vector<Renewal> renewals = {};
  bool is_parked = false;
  std::string request_id = {};
};

absl::StatusOr<std::optional<OpenedOrder>> CertificateStep::RunAfter(Look& look,
                                                                     const Lease& lease) {
  std::optional<OpenedOrder> opened;
  RETURN_IF_ERROR(services_.store.Finish(lease, [&](Transaction& transaction) -> absl::Status {
    ASSIGN_OR_RETURN(Certificate certificate, transaction.GetCertificate(CertificateId(lease.id)));
    look.is_due = !look.is_over && lease.claims <= kMaxClaims &&
                  HasRenewalsToLookAt(certificate, transaction.now());
    if (look.is_due) return absl::CancelledError("the CA is to be asked first");
    look.is_parked = lease.claims > kMaxClaims && !IsTerminal(certificate.progress.state);
    look.request_id = certificate.request_id;
    Job job{.services = services_,
            .lease = lease,
            .renewals = look.renewals,
            .transaction = transaction,
            .certificate = std::move(certificate)};
    absl::Status done = RunIn(job);
    opened = std::move(job.opened);
    return done;
  }));
  return opened;
}

absl::StatusOr<std::optional<OpenedOrder>> CertificateStep::Run(const Lease& lease) {
  Look look;
  absl::StatusOr<std::optional<OpenedOrder>> opened = RunAfter(look, lease);
  if (opened.ok() && look.is_parked) {
    CountParked(services_, lease);
    base::Log(base::LogLevel::kWarning, "certificate set back",
              {{"request_id", look.request_id},
               {"tenant", lease.tenant.text()},
               {"certificate", lease.id},
               {"code", FindingCodeName(FindingCode::kParked)},
               {"error", ParkedFinding(lease.claims).sentence}});
  }
  if (!look.is_due) return opened;
  ASSIGN_OR_RETURN(look.renewals, LookAtRenewals(services_, lease));
  look.is_over = true;
  return RunAfter(look, lease);
}

}  // namespace cert
