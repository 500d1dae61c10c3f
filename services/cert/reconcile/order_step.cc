#include "cert/reconcile/order_step.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "cert/core/challenge.h"
#include "cert/core/edge.h"
#include "cert/core/findings.h"
#include "cert/core/proof.h"
#include "cert/core/schedule.h"
#include "cert/core/token_diagnosis.h"
#include "cert/reconcile/authority_rules.h"
#include "cert/reconcile/certificate_step.h"
#include "cert/reconcile/coverage.h"
#include "cert/reconcile/order_commit.h"
#include "cert/reconcile/order_phases.h"
#include "cert/reconcile/set_aside_rules.h"

namespace cert {

// An order between two phases of its step.
struct OrderInHand {
  DatabaseClock clock;
  Order order;
  Certificate certificate;
  std::vector<Domain> domains;  // of the certificate
  Passage passage;
  Fresh fresh = {};
};

namespace {

// Until all replicas have the same configuration.
constexpr absl::Duration kRolloutTime = absl::Hours(1);
// Longer ones end the lease: then another replica may go on, and the rows are read again.
constexpr absl::Duration kLongestPauseUnderLease = absl::Milliseconds(250);

absl::StatusOr<OrderInHand> Load(const Services& services, const Lease& lease) {
  OrderInHand loaded;
  RETURN_IF_ERROR(services.store.Read(lease.tenant, [&](Transaction& transaction) -> absl::Status {
    loaded.clock = {.time = transaction.now()};
    ASSIGN_OR_RETURN(loaded.order, transaction.GetOrder(OrderId(lease.id)));
    ASSIGN_OR_RETURN(loaded.certificate, transaction.GetCertificate(loaded.order.certificate));
    ASSIGN_OR_RETURN(loaded.domains, DomainsOf(transaction, loaded.certificate));
    return absl::OkStatus();
  }));
  loaded.passage.from = loaded.order.progress.state;
  return loaded;
}

Conclusion Parked(const OrderJob& job) {
  CountParked(job.services, job.lease);
  return {.event = Retry{},
          .retry_in = absl::Hours(1),
          .setback = Setback{.finding = ParkedFinding(job.lease.claims)}};
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

OrderJob TakeUp(const Services& services, Accounts& accounts, const Lease& lease,
                const CertificateAuthority& authority, OrderInHand hand) {
  return {.services = services,
          .accounts = accounts,
          .lease = lease,
          .authority = authority,
          .clock = hand.clock,
          .now = hand.clock.Now(),
          .domains = std::move(hand.domains),
          .order = std::move(hand.order),
          .certificate = std::move(hand.certificate),
          .passage = std::move(hand.passage),
          .fresh = std::move(hand.fresh)};
}

OrderInHand PutDown(OrderJob job) {
  return {.clock = job.clock,
          .order = std::move(job.order),
          .certificate = std::move(job.certificate),
          .domains = std::move(job.domains),
          .passage = std::move(job.passage),
          .fresh = std::move(job.fresh)};
}

// The time until what follows, if that can be waited for and done under the same lease.
std::optional<absl::Duration> PauseBefore(const Services& services, const Lease& lease,
                                          const Conclusion& conclusion) {
  if (std::holds_alternative<Withdrawn>(conclusion.event)) return std::nullopt;  // that was the end
  const bool retries = std::holds_alternative<Retry>(conclusion.event);
  const absl::Duration pause =
      retries ? std::max(conclusion.retry_in, absl::ZeroDuration()) : absl::ZeroDuration();
  if (pause > kLongestPauseUnderLease) return std::nullopt;
  const absl::Duration longest_step =
      services.options.check_timeout + services.options.commit_margin;
  if (lease.deadline.Remaining() <= pause + longest_step) return std::nullopt;
  return pause;
}

// What was sent to a CA that this replica does not know. A replica with an older configuration
// leaves a new CA's order to others; in the end no other knows it either.
Conclusion WithoutAuthority(const Order& order, const DatabaseClock& clock) {
  Conclusion conclusion{
      .event = Retry{},
      .retry_in = absl::Minutes(5),
      .setback = Setback{.finding = CaUnavailableFinding(order.ca, "it is not configured")}};
  if (clock.time - order.intent_time > kRolloutTime) {
    conclusion.event = GivenUp{};
    conclusion.setback->disposition = Disposition::kNewOrder;
  }
  return conclusion;
}

// The order's CA is configured no more. What has not been sent there yet goes to another one, and
// what was sent is given up. How it ends needs no CA.
absl::Status Unconfigured(const Services& services, const Lease& lease, const OrderInHand& loaded) {
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
    return CommitOrder(services, lease, {order, loaded.passage}, {.event = Retry{.counts = false}},
                       AfterCommit::kGiveUpLease)
        .status();
  }
  return CommitOrder(services, lease, {order, loaded.passage},
                     WithoutAuthority(order, loaded.clock), AfterCommit::kGiveUpLease)
      .status();
}

// Steps that only a CA in order brings to their end.
bool ShowsThatItAnswers(const OrderEvent& event) {
  return std::holds_alternative<Created>(event) || std::holds_alternative<Ready>(event) ||
         std::holds_alternative<Downloaded>(event);
}

// A unique index of the URLs refused what the CA says that it made.
bool IsSharedUrl(const Conclusion& conclusion, const absl::Status& stored) {
  return std::holds_alternative<Created>(conclusion.event) && absl::IsAlreadyExists(stored) &&
         absl::StrContains(stored.message(), "order_url");
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
  if (decision == Decision::kAgreed) return {.event = Agreed{}, .only_leads_on = true};
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
  if (job.lease.claims > kMaxClaims) return Parked(job);
  // Of what was finalized the CA knows whether it is over: the certificate may be there.
  const bool is_open = !IsEnding(job.order.progress.state) && !job.order.finalize_sent;
  if (is_open && IsPastItsEnd(job)) return PastItsEnd(job);
  if (job.order.progress.state == OrderState::kPropagating) return TokenInquiry(job);
  if (job.order.progress.state == OrderState::kIntended) return Intend(job);
  return ConsiderOtherAuthority(job, RunPhase(job));
}

// Of a check that the order waited for.
Conclusion FinishInquiry(OrderJob& job, const Evidence& evidence) {
  const Decision decision = JudgeAll(evidence, job.services.options.policy);
  // A look at the edge tells nothing about records.
  if (!IsEdgeLook(evidence)) {
    const bool is_intended = job.order.progress.state == OrderState::kIntended;
    job.passage.notes.push_back(
        {.type = EventType::kOrderChecked,
         .message = absl::StrFormat(
             "%s: %s.",
             is_intended ? "The CAA records were looked at" : "The order's tokens were looked for",
             DecisionName(decision)),
         .evidence = EvidenceRecord{
             .time = job.now, .decision = DecisionName(decision), .answers = evidence}});
  }
  return Weigh(job, evidence, decision);
}

}  // namespace

StepResult OrderStep::Begin(const Lease& lease) {
  ASSIGN_OR_RETURN(OrderInHand loaded, Load(services_, lease));
  return GoOn(lease, std::move(loaded), nullptr);
}

StepResult OrderStep::Begin(OpenedOrder opened) {
  const OrderState state = opened.order.progress.state;
  return GoOn(opened.lease,
              {.clock = {.time = opened.time},
               .order = std::move(opened.order),
               .certificate = std::move(opened.certificate),
               .domains = std::move(opened.domains),
               .passage = {.from = state}},
              nullptr);
}

StepResult OrderStep::GoOn(const Lease& lease, OrderInHand hand, const Evidence* evidence) {
  while (true) {
    const CertificateAuthority gone{.name = hand.order.ca};
    const CertificateAuthority* authority = FindAuthority(services_, hand.order.ca);
    if (authority == nullptr && !IsEnding(hand.order.progress.state)) {
      RETURN_IF_ERROR(Unconfigured(services_, lease, hand));
      return nullptr;
    }
    if (authority == nullptr) authority = &gone;
    OrderJob job = TakeUp(services_, accounts_, lease, *authority, std::move(hand));
    Next next = evidence != nullptr ? FinishInquiry(job, *evidence) : Take(job);
    evidence = nullptr;
    if (auto* inquiry = std::get_if<Inquiry>(&next)) {
      return Await(lease, std::move(*inquiry), PutDown(std::move(job)));
    }
    auto& conclusion = std::get<Conclusion>(next);
    if (ShowsThatItAnswers(conclusion.event)) {
      conclusion.news = {.ca = authority->name, .answers = true};
    }
    const std::optional<absl::Duration> pause = PauseBefore(services_, lease, conclusion);
    if (pause && conclusion.only_leads_on) {
      RETURN_IF_ERROR(Pass(job, conclusion));
      hand = PutDown(std::move(job));
    } else {
      absl::StatusOr<std::optional<OrderInHand>> after = Commit(job, conclusion, pause);
      if (IsSharedUrl(conclusion, after.status())) {
        after = Commit(job, ShareUrl(job, std::move(conclusion)), std::nullopt);
      }
      if (!after.ok()) return after.status();
      if (!*after) return nullptr;
      hand = **std::move(after);
    }
    if (*pause > absl::ZeroDuration()) return Pause(lease, *pause, std::move(hand));
  }
}

std::unique_ptr<Suspension> OrderStep::Await(const Lease& lease, Inquiry inquiry,
                                             OrderInHand hand) {
  auto then = [this, lease, hand = std::move(hand)](const Evidence& evidence) mutable {
    return GoOn(lease, std::move(hand), &evidence);
  };
  return std::make_unique<Suspension>(
      Suspension{.until = std::move(inquiry), .then = std::move(then)});
}

std::unique_ptr<Suspension> OrderStep::Pause(const Lease& lease, absl::Duration pause,
                                             OrderInHand hand) {
  auto then = [this, lease, hand = std::move(hand)](const Evidence& /*none*/) mutable {
    return GoOn(lease, std::move(hand), nullptr);
  };
  return std::make_unique<Suspension>(Suspension{.until = pause, .then = std::move(then)});
}

absl::StatusOr<std::optional<OrderInHand>> OrderStep::Commit(OrderJob& job,
                                                             const Conclusion& conclusion,
                                                             std::optional<absl::Duration> pause) {
  ASSIGN_OR_RETURN(CommittedOrder stored,
                   CommitOrder(services_, job.lease, {job.order, job.passage}, conclusion,
                               pause ? AfterCommit::kKeepLease : AfterCommit::kGiveUpLease));
  if (!pause) return std::nullopt;
  if (IsTerminal(stored.order.progress.state)) {  // it was moved meanwhile
    RETURN_IF_ERROR(
        services_.store.Finish(job.lease, [](Transaction&) { return absl::OkStatus(); }));
    return std::nullopt;
  }
  const OrderState state = stored.order.progress.state;
  return OrderInHand{.clock = {.time = stored.now},
                     .order = std::move(stored.order),
                     .certificate = std::move(stored.certificate),
                     .domains = std::move(job.domains),
                     .passage = {.from = state},
                     .fresh = {.unwanted = std::move(stored.unwanted_tokens)}};
}

}  // namespace cert
