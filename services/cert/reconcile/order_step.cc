#include "cert/reconcile/order_step.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "cert/core/challenge.h"
#include "cert/core/findings.h"
#include "cert/core/proof.h"
#include "cert/core/schedule.h"
#include "cert/core/token_diagnosis.h"
#include "cert/reconcile/authority_rules.h"
#include "cert/reconcile/order_commit.h"
#include "cert/reconcile/order_phases.h"

namespace cert {
namespace {

// An order that lives for less than this is not worth going on with.
constexpr absl::Duration kLeastLife = absl::Minutes(2);
// A CA whose orders live no longer than this is not sent one after the other.
constexpr absl::Duration kShortOrderLife = absl::Minutes(10);

struct Loaded {
  absl::Time now;  // by the database's clock, one for all replicas and every due time
  Order order;
  Certificate certificate;
  std::vector<Domain> domains;  // of the certificate
};

absl::StatusOr<Loaded> Load(const Services& services, const Lease& lease) {
  Loaded loaded;
  RETURN_IF_ERROR(services.store.Read(lease.tenant, [&](Transaction& transaction) -> absl::Status {
    loaded.now = transaction.now();
    ASSIGN_OR_RETURN(loaded.order, transaction.GetOrder(OrderId(lease.id)));
    ASSIGN_OR_RETURN(loaded.certificate, transaction.GetCertificate(loaded.order.certificate));
    for (const DomainId& id : loaded.certificate.domains) {
      ASSIGN_OR_RETURN(loaded.domains.emplace_back(), transaction.GetDomain(id));
    }
    return absl::OkStatus();
  }));
  return loaded;
}

bool IsClosing(const Order& order) {
  return order.progress.state == OrderState::kClosing ||
         order.progress.state == OrderState::kWithdrawing;
}

bool IsOver(const Loaded& loaded) {
  return !IsClosing(loaded.order) && loaded.order.expire_time &&
         *loaded.order.expire_time < loaded.now + kLeastLife;
}

Conclusion PastItsEnd(const OrderJob& job) {
  Setback setback{.disposition = Disposition::kNewOrder,
                  .finding = OrderExpiredFinding(job.authority.name, job.order.finding)};
  // The customer took longer than the tokens live, which is nobody's fault.
  setback.nobodys_fault =
      NeedsCustomer(job.order) && job.now - job.order.intent_time > kShortOrderLife;
  return {.event = GivenUp{}, .setback = std::move(setback)};
}

Conclusion Parked(int claims) {
  return {.event = Retry{},
          .retry_in = absl::Hours(1),
          .setback = Setback{.finding = ParkedFinding(claims)}};
}

Conclusion RunPhase(OrderJob& job) {
  switch (job.order.progress.state) {
    case OrderState::kPublishing:
      return PublishTokens(job);
    case OrderState::kValidating:
      return Validate(job);
    case OrderState::kFinalizing:
      return FinalizeOrder(job);
    case OrderState::kWithdrawing:
      return WithdrawTokens(job);
    case OrderState::kClosing:
      return CloseOrder(job);
    case OrderState::kIntended:
    case OrderState::kPropagating:
    case OrderState::kCompleted:
    case OrderState::kFailed:
      break;
  }
  return {.event = Retry{}, .retry_in = absl::Minutes(1)};
}

Inquiry TokenInquiry(const Services& services, const Loaded& loaded) {
  return {.tenant = loaded.order.tenant,
          .request_id = loaded.order.request_id,
          .questions = TokenQuestions(loaded.order),
          .timeout = services.options.check_timeout};
}

OrderJob MakeJob(const Services& services, Accounts& accounts, const Lease& lease,
                 const CertificateAuthority& authority, const Loaded& loaded) {
  return {.services = services,
          .accounts = accounts,
          .lease = lease,
          .authority = authority,
          .now = loaded.now,
          .domains = loaded.domains,
          .order = loaded.order,
          .certificate = loaded.certificate};
}

// The order's CA is configured no more. What has not been sent there yet goes to another one.
absl::Status Unconfigured(const Services& services, const Lease& lease, const Loaded& loaded) {
  Order order = loaded.order;
  AuthorityChoice choice;
  if (order.progress.state == OrderState::kIntended && !order.new_order_sent) {
    RETURN_IF_ERROR(
        services.store.Read(lease.tenant, [&](Transaction& transaction) -> absl::Status {
          ASSIGN_OR_RETURN(choice,
                           ChooseAuthorityFor(services, transaction, loaded.certificate, {}));
          return absl::OkStatus();
        }));
  }
  if (!choice.ca.empty()) {
    order.ca = choice.ca;
    order.caa_check_time.reset();
    return CommitOrder(services, lease, order, {.event = Retry{.counts = false}}, nullptr);
  }
  Setback setback{.finding = CaUnavailableFinding(order.ca, "it is not configured")};
  const Conclusion conclusion{
      .event = Retry{}, .retry_in = absl::Minutes(5), .setback = std::move(setback)};
  return CommitOrder(services, lease, order, conclusion, nullptr);
}

// Steps that only a CA in order brings to their end.
bool ShowsThatItAnswers(const OrderEvent& event) {
  return std::holds_alternative<Created>(event) || std::holds_alternative<Ready>(event) ||
         std::holds_alternative<Downloaded>(event);
}

// Nothing else is looked for while the answer is 'no', but the next look and its finding.
Conclusion NotAgreed(const Services& services, const Loaded& loaded, const Evidence& evidence) {
  const absl::Time now = loaded.now;
  const OrderProgress& progress = loaded.order.progress;
  const absl::Time next = NextLook({.tries = progress.tries,
                                    .start_time = progress.start_time,
                                    .caches_expire_time = CachesExpireTime(evidence)},
                                   now, services.random.Fraction());
  // Not later than the order is to be replaced.
  const absl::Time last = loaded.order.expire_time.value_or(absl::InfiniteFuture()) - kLeastLife;
  Setback setback;
  setback.finding = DiagnoseTokens(loaded.order, evidence, services.options.policy,
                                   services.options.delegation_zone)
                        .value_or(Finding{});
  return {.event = Retry{},
          .retry_in = std::max(std::min(next, last + absl::Seconds(1)) - now, absl::Seconds(1)),
          .setback = std::move(setback)};
}

}  // namespace

absl::StatusOr<std::optional<Inquiry>> OrderStep::Begin(const Lease& lease) {
  ASSIGN_OR_RETURN(Loaded loaded, Load(services_, lease));
  const CertificateAuthority* authority = FindAuthority(services_, loaded.order.ca);
  if (authority == nullptr) {
    RETURN_IF_ERROR(Unconfigured(services_, lease, loaded));
    return std::nullopt;
  }
  OrderJob job = MakeJob(services_, accounts_, lease, *authority, loaded);
  std::optional<Conclusion> conclusion;
  if (lease.claims > kMaxClaims) {
    conclusion = Parked(lease.claims);
  } else if (IsOver(loaded)) {
    conclusion = PastItsEnd(job);
  } else if (loaded.order.progress.state == OrderState::kPropagating) {
    return TokenInquiry(services_, loaded);
  } else if (loaded.order.progress.state == OrderState::kIntended) {
    std::variant<Inquiry, Conclusion> next = Intend(job);
    if (auto* inquiry = std::get_if<Inquiry>(&next)) return std::move(*inquiry);
    conclusion = std::get<Conclusion>(std::move(next));
  } else {
    conclusion = ConsiderOtherAuthority(job, RunPhase(job));
  }
  if (ShowsThatItAnswers(conclusion->event)) {
    conclusion->news = {.ca = authority->name, .answers = true};
  }
  RETURN_IF_ERROR(CommitOrder(services_, lease, job.order, *conclusion, nullptr));
  return std::nullopt;
}

absl::Status OrderStep::FinishCheck(const Lease& lease, const Evidence& evidence) {
  ASSIGN_OR_RETURN(const Loaded loaded, Load(services_, lease));
  const CertificateAuthority* authority = FindAuthority(services_, loaded.order.ca);
  if (authority == nullptr) return Unconfigured(services_, lease, loaded);
  OrderJob job = MakeJob(services_, accounts_, lease, *authority, loaded);
  const Decision decision = JudgeAll(evidence, services_.options.policy);
  const EvidenceRecord record{
      .time = loaded.now, .decision = DecisionName(decision), .answers = evidence};
  Conclusion conclusion{.event = Retry{}};  // given up while we looked: close it now
  if (loaded.order.progress.state == OrderState::kIntended) {
    conclusion = FinishCaaCheck(job, evidence);
  } else if (loaded.order.progress.state == OrderState::kPropagating) {
    conclusion = decision == Decision::kAgreed ? Conclusion{.event = Agreed{}}
                                               : NotAgreed(services_, loaded, evidence);
  }
  return CommitOrder(services_, lease, job.order, conclusion, &record);
}

}  // namespace cert
