#include "cert/reconcile/order_step.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>

#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "cert/core/challenge.h"
#include "cert/core/edge.h"
#include "cert/core/findings.h"
#include "cert/core/proof.h"
#include "cert/core/schedule.h"
#include "cert/core/token_diagnosis.h"
#include "cert/reconcile/authority_rules.h"
#include "cert/reconcile/coverage.h"
#include "cert/reconcile/order_commit.h"
#include "cert/reconcile/order_phases.h"
#include "cert/reconcile/set_aside_rules.h"

namespace cert {

struct LoadedOrder {
  absl::Time time;  // by the database's clock, one for all replicas and every due time
  std::chrono::steady_clock::time_point moment = std::chrono::steady_clock::now();  // the same
  Order order;
  Certificate certificate;
  std::vector<Domain> domains;  // of the certificate
};

namespace {

// An order that lives for less than this is not worth going on with.
constexpr absl::Duration kLeastLife = absl::Minutes(2);
// A CA whose orders live no longer than this is not sent one after the other.
constexpr absl::Duration kShortOrderLife = absl::Minutes(10);
// Longer ones end the lease: then another replica may go on, and the rows are read again.
constexpr absl::Duration kLongestPause = absl::Milliseconds(250);

absl::Time Now(const LoadedOrder& loaded) {
  return loaded.time + absl::FromChrono(std::chrono::steady_clock::now() - loaded.moment);
}

absl::StatusOr<LoadedOrder> Load(const Services& services, const Lease& lease) {
  LoadedOrder loaded;
  RETURN_IF_ERROR(services.store.Read(lease.tenant, [&](Transaction& transaction) -> absl::Status {
    loaded.time = transaction.now();
    ASSIGN_OR_RETURN(loaded.order, transaction.GetOrder(OrderId(lease.id)));
    ASSIGN_OR_RETURN(loaded.certificate, transaction.GetCertificate(loaded.order.certificate));
    ASSIGN_OR_RETURN(loaded.domains, DomainsOf(transaction, loaded.certificate));
    return absl::OkStatus();
  }));
  return loaded;
}

bool IsClosing(const Order& order) {
  return order.progress.state == OrderState::kClosing ||
         order.progress.state == OrderState::kWithdrawing;
}

bool IsOver(const OrderJob& job) {
  return !IsClosing(job.order) && job.order.expire_time &&
         *job.order.expire_time < job.now + kLeastLife;
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

Inquiry TokenInquiry(const OrderJob& job) {
  return {.tenant = job.order.tenant,
          .request_id = job.order.request_id,
          .questions = TokenQuestions(job.order),
          .timeout = job.services.options.check_timeout};
}

OrderJob MakeJob(const Services& services, Accounts& accounts, const Lease& lease,
                 const CertificateAuthority& authority, const LoadedOrder& loaded) {
  return {.services = services,
          .accounts = accounts,
          .lease = lease,
          .authority = authority,
          .now = Now(loaded),
          .domains = loaded.domains,
          .order = loaded.order,
          .certificate = loaded.certificate,
          .passage = {.from = loaded.order.progress.state}};
}

// The time until what follows, if that can be waited for and done under the same lease.
std::optional<absl::Duration> PauseBefore(const Services& services, const Lease& lease,
                                          const Conclusion& conclusion) {
  if (std::holds_alternative<Withdrawn>(conclusion.event)) return std::nullopt;  // that was the end
  const bool retries = std::holds_alternative<Retry>(conclusion.event);
  const absl::Duration pause =
      retries ? std::max(conclusion.retry_in, absl::ZeroDuration()) : absl::ZeroDuration();
  if (pause > kLongestPause) return std::nullopt;
  const absl::Duration longest_step =
      services.options.check_timeout + services.options.commit_margin;
  if (lease.deadline.Remaining() <= pause + longest_step) return std::nullopt;
  return pause;
}

// The order's CA is configured no more. What has not been sent there yet goes to another one.
absl::Status Unconfigured(const Services& services, const Lease& lease, const LoadedOrder& loaded) {
  Order order = loaded.order;
  const Passage unmoved{.from = order.progress.state};
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
    return CommitOrder(services, lease, order, unmoved, {.event = Retry{.counts = false}},
                       AfterCommit::kGiveUpLease)
        .status();
  }
  Setback setback{.finding = CaUnavailableFinding(order.ca, "it is not configured")};
  const Conclusion conclusion{
      .event = Retry{}, .retry_in = absl::Minutes(5), .setback = std::move(setback)};
  return CommitOrder(services, lease, order, unmoved, conclusion, AfterCommit::kGiveUpLease)
      .status();
}

// Steps that only a CA in order brings to their end.
bool ShowsThatItAnswers(const OrderEvent& event) {
  return std::holds_alternative<Created>(event) || std::holds_alternative<Ready>(event) ||
         std::holds_alternative<Downloaded>(event);
}

// Nothing else is looked for while the answer is 'no', but the next look and its finding.
Conclusion NotAgreed(const OrderJob& job, const Evidence& evidence) {
  const Services& services = job.services;
  const OrderProgress& progress = job.order.progress;
  const absl::Time next = NextLook({.tries = progress.tries,
                                    .start_time = progress.start_time,
                                    .caches_expire_time = CachesExpireTime(evidence)},
                                   job.now, services.random.Fraction());
  // Not later than the order is to be replaced.
  const absl::Time last = job.order.expire_time.value_or(absl::InfiniteFuture()) - kLeastLife;
  Setback setback;
  setback.finding =
      DiagnoseTokens(job.order, evidence, services.options.policy, services.options.delegation_zone)
          .value_or(Finding{});
  const std::string note = TokenExpiryNote(job.order);
  if (!note.empty()) setback.finding.sentence += " " + note;
  return {.event = Retry{},
          .retry_in = std::max(std::min(next, last + absl::Seconds(1)) - job.now, absl::Seconds(1)),
          .setback = std::move(setback)};
}

// The domains' own method does not need the edge: another order goes by it at once.
void LeaveHttp(Conclusion& conclusion) {
  conclusion.event = GivenUp{};
  conclusion.setback->disposition = Disposition::kNewOrder;
  conclusion.setback->nobodys_fault = true;
}

// What a check's evidence means for the order.
Conclusion Weigh(OrderJob& job, const Evidence& evidence, Decision decision) {
  if (job.order.progress.state == OrderState::kIntended) {
    return IsEdgeLook(evidence) ? FinishEdgeLook(job, evidence) : FinishCaaCheck(job, evidence);
  }
  // Given up while we looked: it is closed now.
  if (job.order.progress.state != OrderState::kPropagating) return {.event = Retry{}};
  if (decision == Decision::kAgreed) return {.event = Agreed{}};
  Conclusion conclusion = NotAgreed(job, evidence);
  const bool tries_http = job.order.http_first.value_or(false);
  if (decision != Decision::kDisagreed) return conclusion;
  if (!tries_http) return GoOnWithoutUnseen(job, evidence, std::move(conclusion));
  LeaveHttp(conclusion);
  return conclusion;
}

// An inquiry whose evidence is waited for, or how the step ended.
using Next = std::variant<Inquiry, Conclusion>;

// What the order's state asks for.
Next Take(OrderJob& job) {
  if (job.lease.claims > kMaxClaims) return Parked(job.lease.claims);
  if (IsOver(job)) return PastItsEnd(job);
  if (job.order.progress.state == OrderState::kPropagating) return TokenInquiry(job);
  if (job.order.progress.state == OrderState::kIntended) return Intend(job);
  return ConsiderOtherAuthority(job, RunPhase(job));
}

// The outside effects that follow these are safe to repeat without the state having been stored:
// answers and finalize go by what the CA says of the order.
bool OnlyLeadsOn(const OrderJob& job, const Next& next) {
  const auto* conclusion = std::get_if<Conclusion>(&next);
  if (conclusion == nullptr || !PauseBefore(job.services, job.lease, *conclusion)) return false;
  return std::holds_alternative<Agreed>(conclusion->event) ||
         std::holds_alternative<Ready>(conclusion->event);
}

absl::StatusOr<Next> FollowOn(OrderJob& job, Next next) {
  while (OnlyLeadsOn(job, next)) {
    RETURN_IF_ERROR(Pass(job, std::get<Conclusion>(next).event));
    next = Take(job);
  }
  return next;
}

// Of a check that the order waited for.
Conclusion FinishInquiry(OrderJob& job, const Evidence& evidence) {
  const Decision decision = JudgeAll(evidence, job.services.options.policy);
  // A look at the edge tells nothing about records.
  if (!IsEdgeLook(evidence)) {
    job.passage.evidence =
        EvidenceRecord{.time = job.now, .decision = DecisionName(decision), .answers = evidence};
  }
  return Weigh(job, evidence, decision);
}

}  // namespace

StepResult OrderStep::Begin(const Lease& lease) {
  ASSIGN_OR_RETURN(LoadedOrder loaded, Load(services_, lease));
  return GoOn(lease, std::move(loaded), nullptr);
}

StepResult OrderStep::GoOn(const Lease& lease, LoadedOrder loaded, const Evidence* evidence) {
  while (true) {
    const CertificateAuthority* authority = FindAuthority(services_, loaded.order.ca);
    if (authority == nullptr) {
      RETURN_IF_ERROR(Unconfigured(services_, lease, loaded));
      return nullptr;
    }
    OrderJob job = MakeJob(services_, accounts_, lease, *authority, loaded);
    Next next = evidence != nullptr ? FinishInquiry(job, *evidence) : Take(job);
    ASSIGN_OR_RETURN(next, FollowOn(job, std::move(next)));
    if (auto* inquiry = std::get_if<Inquiry>(&next)) return Await(lease, std::move(*inquiry));
    auto& conclusion = std::get<Conclusion>(next);
    if (ShowsThatItAnswers(conclusion.event)) {
      conclusion.news = {.ca = authority->name, .answers = true};
    }
    const std::optional<absl::Duration> pause = PauseBefore(services_, lease, conclusion);
    ASSIGN_OR_RETURN(std::optional<LoadedOrder> after, Commit(job, conclusion, pause));
    if (!after) return nullptr;
    if (*pause > absl::ZeroDuration()) return Pause(lease, *pause, *std::move(after));
    loaded = *std::move(after);
    evidence = nullptr;
  }
}

// Much may have happened meanwhile.
std::unique_ptr<Suspension> OrderStep::Await(const Lease& lease, Inquiry inquiry) {
  auto then = [this, lease](const Evidence& evidence) -> StepResult {
    ASSIGN_OR_RETURN(LoadedOrder loaded, Load(services_, lease));
    return GoOn(lease, std::move(loaded), &evidence);
  };
  return std::make_unique<Suspension>(
      Suspension{.until = std::move(inquiry), .then = std::move(then)});
}

std::unique_ptr<Suspension> OrderStep::Pause(const Lease& lease, absl::Duration pause,
                                             LoadedOrder loaded) {
  auto then = [this, lease, loaded = std::move(loaded)](const Evidence& /*none*/) mutable {
    return GoOn(lease, std::move(loaded), nullptr);
  };
  return std::make_unique<Suspension>(Suspension{.until = pause, .then = std::move(then)});
}

absl::StatusOr<std::optional<LoadedOrder>> OrderStep::Commit(const OrderJob& job,
                                                             const Conclusion& conclusion,
                                                             std::optional<absl::Duration> pause) {
  ASSIGN_OR_RETURN(CommittedOrder stored,
                   CommitOrder(services_, job.lease, job.order, job.passage, conclusion,
                               pause ? AfterCommit::kKeepLease : AfterCommit::kGiveUpLease));
  if (!pause) return std::nullopt;
  if (IsTerminal(stored.order.progress.state)) {  // it was moved meanwhile
    RETURN_IF_ERROR(
        services_.store.Finish(job.lease, [](Transaction&) { return absl::OkStatus(); }));
    return std::nullopt;
  }
  return LoadedOrder{.time = stored.now,
                     .order = std::move(stored.order),
                     .certificate = std::move(stored.certificate),
                     .domains = job.domains};
}

}  // namespace cert
