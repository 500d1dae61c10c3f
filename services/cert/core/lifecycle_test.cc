#include "cert/core/lifecycle.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/testing/status_matchers.h"

namespace cert {
namespace {

using ::base::testing::IsOk;
using ::base::testing::IsOkAndHolds;
using ::base::testing::StatusIs;

constexpr absl::Time kStart = absl::FromUnixSeconds(1'800'000'000);
const absl::Time kNow = kStart + absl::Hours(1);
const absl::Time kLater = kNow + absl::Minutes(5);
const absl::Time kRenewTime = kNow + absl::Hours(24 * 60);
const Validity kValidity{.not_before = kNow, .not_after = kNow + absl::Hours(24 * 90)};

// What an event does to a state.
enum class Effect {
  kNone,   // it has no meaning there
  kEnter,  // a new life in `to`, its due time as given or at once
  kStay,   // the same with another due time, counted as a try
  kWait,   // the same with another due time, not counted
  kKeep,   // nothing changes
};

template <typename State>
struct Then {
  Effect effect = Effect::kNone;
  State to{};
  absl::Time due_time = kNow;
};

template <typename State>
Progress<State> Before(State state) {
  return {.state = state,
          .tries = 3,
          .start_time = kStart,
          .due_time = IsTerminal(state) ? absl::InfiniteFuture() : kNow};
}

template <typename State>
Progress<State> After(State state, const Then<State>& then) {
  Progress<State> progress = Before(state);
  if (then.effect == Effect::kEnter) {
    return {.state = then.to,
            .tries = 0,
            .start_time = kNow,
            .due_time = IsTerminal(then.to) ? absl::InfiniteFuture() : then.due_time};
  }
  if (then.effect == Effect::kKeep) return progress;
  progress.tries += then.effect == Effect::kStay ? 1 : 0;
  progress.due_time = kLater;
  return progress;
}

// One event with its effect in every state, in the order of the enum.
template <typename State, typename Event>
struct Row {
  const char* name;
  Event event;
  std::vector<Then<State>> effects;
};

template <typename State, typename Event>
void ExpectRow(const Row<State, Event>& row, std::size_t states) {
  ASSERT_EQ(row.effects.size(), states);
  for (std::size_t i = 0; i < states; ++i) {
    const auto state = static_cast<State>(i);
    SCOPED_TRACE(StateName(state));
    const auto next = Advance(Before(state), row.event, kNow);
    if (row.effects[i].effect == Effect::kNone) {
      EXPECT_THAT(next, StatusIs(absl::StatusCode::kFailedPrecondition));
      continue;
    }
    EXPECT_THAT(next, IsOkAndHolds(After(state, row.effects[i])));
    // The database has the same as a CHECK.
    ASSERT_THAT(next, IsOk());
    const bool finite =
        next->due_time != absl::InfiniteFuture() && next->due_time != absl::InfinitePast();
    EXPECT_NE(finite, IsTerminal(next->state));
    EXPECT_TRUE(finite || next->due_time == absl::InfiniteFuture());
  }
}

// The same event with a time that is not finite is refused wherever it means something.
template <typename State, typename Event>
void ExpectEndlessTimeRefused(const Event& event, std::size_t states) {
  for (std::size_t i = 0; i < states; ++i) {
    EXPECT_FALSE(Advance(Before(static_cast<State>(i)), event, kNow).ok()) << i;
  }
}

template <typename State>
Then<State> To(State state, absl::Time due_time = kNow) {
  return {.effect = Effect::kEnter, .to = state, .due_time = due_time};
}

// ---- domain ----

using DomainRow = Row<DomainState, DomainEvent>;
using D = Then<DomainState>;
constexpr std::size_t kDomainStates = 5;  // pending, active, failed, deleting, deleted

class DomainAdvanceTest : public ::testing::TestWithParam<DomainRow> {};

TEST_P(DomainAdvanceTest, HasItsEffectInEveryState) { ExpectRow(GetParam(), kDomainStates); }

const D kDomainNone{};
const D kDomainStay{.effect = Effect::kStay};
const D kDomainWait{.effect = Effect::kWait};
const D kProved = To(DomainState::kActive, kNow + absl::Hours(24));
const D kPendingAgain = To(DomainState::kPending);
const D kActiveAgain = To(DomainState::kActive);
const D kToDeleting = To(DomainState::kDeleting);

INSTANTIATE_TEST_SUITE_P(
    All, DomainAdvanceTest,
    ::testing::Values(
        DomainRow{"Proved", Proved{}, {kProved, kProved, kDomainNone, kDomainNone, kDomainNone}},
        DomainRow{"NotProved",
                  NotProved{.next_look = kLater},
                  {kDomainStay, kDomainStay, kDomainNone, kDomainNone, kDomainNone}},
        DomainRow{"CouldNotTell",
                  CouldNotTell{.next_look = kLater},
                  {kDomainWait, kDomainWait, kDomainNone, kDomainNone, kDomainNone}},
        DomainRow{"ScheduleUsedUp",
                  ScheduleUsedUp{},
                  {To(DomainState::kFailed), kDomainNone, kDomainNone, kDomainNone, kDomainNone}},
        DomainRow{"ClaimLost",
                  ClaimLost{},
                  {To(DomainState::kFailed), To(DomainState::kFailed), To(DomainState::kFailed),
                   kDomainNone, kDomainNone}},
        DomainRow{"RecheckRequested",
                  RecheckRequested{},
                  {kPendingAgain, kActiveAgain, kPendingAgain, kDomainNone, kDomainNone}},
        DomainRow{"DeleteRequested",
                  DeleteRequested{},
                  {kToDeleting, kToDeleting, kToDeleting, kDomainNone, kDomainNone}},
        DomainRow{"MethodChanged",
                  MethodChanged{},
                  {kPendingAgain, kPendingAgain, kPendingAgain, kDomainNone, kDomainNone}},
        DomainRow{"WithdrawalFailed",
                  WithdrawalFailed{.retry_time = kLater},
                  {kDomainNone, kDomainNone, kDomainNone, kDomainStay, kDomainNone}},
        DomainRow{"Withdrawn",
                  Withdrawn{},
                  {kDomainNone, kDomainNone, kDomainNone, To(DomainState::kDeleted), kDomainNone}}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(DomainAdvanceTest, RefusesATimeThatIsNotFinite) {
  for (const absl::Time time : {absl::InfiniteFuture(), absl::InfinitePast()}) {
    ExpectEndlessTimeRefused<DomainState>(DomainEvent{NotProved{time}}, kDomainStates);
    ExpectEndlessTimeRefused<DomainState>(DomainEvent{CouldNotTell{time}}, kDomainStates);
    ExpectEndlessTimeRefused<DomainState>(DomainEvent{WithdrawalFailed{time}}, kDomainStates);
  }
}

// ---- certificate ----

using CertificateRow = Row<CertificateState, CertificateEvent>;
using C = Then<CertificateState>;
constexpr std::size_t kCertificateStates =
    6;  // awaiting, ordering, active, renewing, failed, deleted

class CertificateAdvanceTest : public ::testing::TestWithParam<CertificateRow> {};

TEST_P(CertificateAdvanceTest, HasItsEffectInEveryState) {
  ExpectRow(GetParam(), kCertificateStates);
}

const C kNone{};
const C kStay{.effect = Effect::kStay};
const C kWait{.effect = Effect::kWait};
const C kKeep{.effect = Effect::kKeep};
const C kAwaiting = To(CertificateState::kAwaitingDomain);
const C kOrdering = To(CertificateState::kOrdering);
const C kIssued = To(CertificateState::kActive, kRenewTime);
const C kInForce = To(CertificateState::kActive);
const C kRenewing = To(CertificateState::kRenewing);
const C kFailed = To(CertificateState::kFailed);
const C kDeleted = To(CertificateState::kDeleted);

INSTANTIATE_TEST_SUITE_P(
    All, CertificateAdvanceTest,
    ::testing::Values(
        CertificateRow{
            "DomainActive", DomainActive{}, {kOrdering, kNone, kNone, kNone, kNone, kNone}},
        CertificateRow{"Issued",
                       Issued{.validity = kValidity, .renew_time = kRenewTime},
                       {kNone, kIssued, kNone, kIssued, kNone, kNone}},
        CertificateRow{"RenewalDue", RenewalDue{}, {kNone, kNone, kRenewing, kNone, kNone, kNone}},
        CertificateRow{
            "NothingToAdd", NothingToAdd{}, {kNone, kNone, kNone, kInForce, kNone, kNone}},
        CertificateRow{"OrderFailed",
                       OrderFailed{.retry_time = kLater},
                       {kNone, kStay, kNone, kStay, kNone, kNone}},
        CertificateRow{
            "RefusedForGood", RefusedForGood{}, {kNone, kFailed, kNone, kNone, kNone, kNone}},
        CertificateRow{"StillWaiting",
                       StillWaiting{.next_look = kLater},
                       {kWait, kWait, kWait, kWait, kNone, kNone}},
        CertificateRow{
            "ClaimLost", ClaimLost{}, {kFailed, kFailed, kFailed, kFailed, kFailed, kNone}},
        CertificateRow{"RecheckRequested",
                       RecheckRequested{},
                       {kAwaiting, kOrdering, kKeep, kRenewing, kAwaiting, kNone}},
        CertificateRow{"DeleteRequested",
                       DeleteRequested{},
                       {kDeleted, kDeleted, kDeleted, kDeleted, kDeleted, kNone}}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(CertificateAdvanceTest, RefusesACertificateThatIsOver) {
  const Validity over{.not_before = kStart, .not_after = kNow - absl::Seconds(1)};
  EXPECT_THAT(Advance(Before(CertificateState::kOrdering),
                      Issued{.validity = over, .renew_time = kNow}, kNow),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(CertificateAdvanceTest, RefusesATimeThatIsNotFinite) {
  const Issued never_renewed{.validity = kValidity, .renew_time = absl::InfiniteFuture()};
  const OrderFailed never_again{.retry_time = absl::InfiniteFuture()};
  const StillWaiting for_ever{.next_look = absl::InfiniteFuture()};
  for (const CertificateEvent& event :
       {CertificateEvent{never_renewed}, CertificateEvent{never_again},
        CertificateEvent{for_ever}}) {
    ExpectEndlessTimeRefused<CertificateState>(event, kCertificateStates);
  }
}

// ---- order ----

using OrderRow = Row<OrderState, OrderEvent>;
using O = Then<OrderState>;
// intended, publishing, propagating, validating, finalizing, withdrawing, completed, closing,
// failed
constexpr std::size_t kOrderStates = 9;

class OrderAdvanceTest : public ::testing::TestWithParam<OrderRow> {};

TEST_P(OrderAdvanceTest, HasItsEffectInEveryState) { ExpectRow(GetParam(), kOrderStates); }

// Leads on from the states in `from` and means nothing in the others.
std::vector<O> OnlyFrom(const std::vector<OrderState>& from, OrderState to) {
  std::vector<O> effects(kOrderStates);
  for (const OrderState state : from) effects[static_cast<std::size_t>(state)] = To(to);
  return effects;
}

std::vector<O> WhereNotTerminal(Effect effect) {
  std::vector<O> effects(kOrderStates);
  for (std::size_t i = 0; i < kOrderStates; ++i) {
    if (!IsTerminal(static_cast<OrderState>(i))) effects[i].effect = effect;
  }
  return effects;
}

std::vector<O> Ended() {
  std::vector<O> effects(kOrderStates);
  effects[static_cast<std::size_t>(OrderState::kWithdrawing)] = To(OrderState::kCompleted);
  effects[static_cast<std::size_t>(OrderState::kClosing)] = To(OrderState::kFailed);
  return effects;
}

std::vector<O> LookedAtAtOnce() {
  std::vector<O> effects = OnlyFrom({OrderState::kPropagating}, OrderState::kPropagating);
  for (const OrderState state : {OrderState::kIntended, OrderState::kPublishing}) {
    effects[static_cast<std::size_t>(state)].effect = Effect::kKeep;  // is due already
  }
  return effects;
}

INSTANTIATE_TEST_SUITE_P(
    All, OrderAdvanceTest,
    ::testing::Values(
        OrderRow{"Created", Created{}, OnlyFrom({OrderState::kIntended}, OrderState::kPublishing)},
        OrderRow{"Published", Published{},
                 OnlyFrom({OrderState::kPublishing}, OrderState::kPropagating)},
        OrderRow{"Agreed", Agreed{}, OnlyFrom({OrderState::kPropagating}, OrderState::kValidating)},
        OrderRow{
            "Ready", Ready{},
            OnlyFrom({OrderState::kPublishing, OrderState::kValidating}, OrderState::kFinalizing)},
        OrderRow{"Downloaded", Downloaded{},
                 OnlyFrom({OrderState::kFinalizing}, OrderState::kWithdrawing)},
        OrderRow{"Retry", Retry{.retry_time = kLater}, WhereNotTerminal(Effect::kStay)},
        OrderRow{"RetryThatDoesNotCount", Retry{.retry_time = kLater, .counts = false},
                 WhereNotTerminal(Effect::kWait)},
        OrderRow{"GivenUp", GivenUp{},
                 OnlyFrom({OrderState::kIntended, OrderState::kPublishing, OrderState::kPropagating,
                           OrderState::kValidating, OrderState::kFinalizing},
                          OrderState::kClosing)},
        OrderRow{"RecheckRequested", RecheckRequested{}, LookedAtAtOnce()},
        OrderRow{"Withdrawn", Withdrawn{}, Ended()}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(OrderAdvanceTest, ARecheckHurriesAnOrderWhoseTokensAreNotPublishedYet) {
  for (const OrderState state : {OrderState::kIntended, OrderState::kPublishing}) {
    OrderProgress waiting = Before(state);
    waiting.due_time = kLater;
    EXPECT_THAT(Advance(waiting, RecheckRequested{}, kNow), IsOkAndHolds(Before(state)));
  }
}

TEST(OrderAdvanceTest, RefusesATimeThatIsNotFinite) {
  ExpectEndlessTimeRefused<OrderState>(OrderEvent{Retry{.retry_time = absl::InfiniteFuture()}},
                                       kOrderStates);
}

}  // namespace
}  // namespace cert
