#include "cert/core/lifecycle.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"

namespace cert {
namespace {

constexpr absl::Duration kDailyLook = absl::Hours(24);

template <class... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};
template <class... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;

template <typename State>
absl::Status Meaningless(const char* event, const Progress<State>& progress) {
  return absl::FailedPreconditionError(
      absl::StrFormat("%s has no meaning in state %s", event, StateName(progress.state)));
}

// Into a new state: its first step is due at once and what was tried before no longer counts.
template <typename State>
Progress<State> Enter(State state, absl::Time now) {
  return {.state = state,
          .tries = 0,
          .start_time = now,
          .due_time = IsTerminal(state) ? absl::InfiniteFuture() : now};
}

template <typename State>
Progress<State> EnterUntil(State state, absl::Time now, absl::Time due_time) {
  Progress<State> progress = Enter(state, now);
  progress.due_time = due_time;
  return progress;
}

template <typename State>
Progress<State> Stay(Progress<State> progress, absl::Time due_time, bool counts) {
  progress.tries += counts ? 1 : 0;
  progress.due_time = due_time;
  return progress;
}

template <typename State, std::size_t N>
using NameTable = std::array<std::pair<State, const char*>, N>;

constexpr NameTable<DomainState, 5> kDomainNames{{
    {DomainState::kPending, "PENDING"},
    {DomainState::kActive, "ACTIVE"},
    {DomainState::kFailed, "FAILED"},
    {DomainState::kDeleting, "DELETING"},
    {DomainState::kDeleted, "DELETED"},
}};
constexpr NameTable<CertificateState, 6> kCertificateNames{{
    {CertificateState::kAwaitingDomain, "AWAITING_DOMAIN"},
    {CertificateState::kOrdering, "ORDERING"},
    {CertificateState::kActive, "ACTIVE"},
    {CertificateState::kRenewing, "RENEWING"},
    {CertificateState::kFailed, "FAILED"},
    {CertificateState::kDeleted, "DELETED"},
}};
constexpr NameTable<OrderState, 9> kOrderNames{{
    {OrderState::kIntended, "INTENDED"},
    {OrderState::kPublishing, "PUBLISHING"},
    {OrderState::kPropagating, "PROPAGATING"},
    {OrderState::kValidating, "VALIDATING"},
    {OrderState::kFinalizing, "FINALIZING"},
    {OrderState::kWithdrawing, "WITHDRAWING"},
    {OrderState::kCompleted, "COMPLETED"},
    {OrderState::kClosing, "CLOSING"},
    {OrderState::kFailed, "FAILED"},
}};

template <typename Table, typename State>
const char* NameIn(const Table& table, State state) {
  const auto* entry = std::ranges::find(table, state, &Table::value_type::first);
  return entry == table.end() ? "?" : entry->second;
}

template <typename State, typename Table>
std::optional<State> FindIn(const Table& table, const std::string& name) {
  for (const auto& [state, text] : table) {
    if (name == text) return state;
  }
  return std::nullopt;
}

// The only state from which an order's event leads on, and where to.
absl::StatusOr<OrderProgress> Step(const OrderProgress& progress, const char* event,
                                   OrderState from, OrderState to, absl::Time now) {
  if (progress.state != from) return Meaningless(event, progress);
  return Enter(to, now);
}

}  // namespace

const char* StateName(DomainState state) { return NameIn(kDomainNames, state); }
const char* StateName(CertificateState state) { return NameIn(kCertificateNames, state); }
const char* StateName(OrderState state) { return NameIn(kOrderNames, state); }

std::optional<DomainState> ParseDomainState(const std::string& name) {
  return FindIn<DomainState>(kDomainNames, name);
}
std::optional<CertificateState> ParseCertificateState(const std::string& name) {
  return FindIn<CertificateState>(kCertificateNames, name);
}
std::optional<OrderState> ParseOrderState(const std::string& name) {
  return FindIn<OrderState>(kOrderNames, name);
}

bool IsTerminal(DomainState state) {
  return state == DomainState::kFailed || state == DomainState::kDeleted;
}
bool IsTerminal(CertificateState state) {
  return state == CertificateState::kFailed || state == CertificateState::kDeleted;
}
bool IsTerminal(OrderState state) {
  return state == OrderState::kCompleted || state == OrderState::kFailed;
}

absl::StatusOr<DomainProgress> Advance(const DomainProgress& progress, const DomainEvent& event,
                                       absl::Time now) {
  using Result = absl::StatusOr<DomainProgress>;
  const DomainState state = progress.state;
  const bool looking = state == DomainState::kPending || state == DomainState::kActive;
  const bool deleted = state == DomainState::kDeleting || state == DomainState::kDeleted;
  return std::visit(Overloaded{
                        [&](const Proved&) -> Result {
                          if (!looking) return Meaningless("Proved", progress);
                          return EnterUntil(DomainState::kActive, now, now + kDailyLook);
                        },
                        [&](const NotProved& event_data) -> Result {
                          if (!looking) return Meaningless("NotProved", progress);
                          return Stay(progress, event_data.next_look, true);
                        },
                        [&](const CouldNotTell& event_data) -> Result {
                          if (!looking) return Meaningless("CouldNotTell", progress);
                          return Stay(progress, event_data.next_look, false);
                        },
                        [&](const ScheduleUsedUp&) -> Result {
                          if (state != DomainState::kPending)
                            return Meaningless("ScheduleUsedUp", progress);
                          return Enter(DomainState::kFailed, now);
                        },
                        [&](const RecheckRequested&) -> Result {
                          if (deleted) return Meaningless("RecheckRequested", progress);
                          const bool active = state == DomainState::kActive;
                          return Enter(active ? DomainState::kActive : DomainState::kPending, now);
                        },
                        [&](const DeleteRequested&) -> Result {
                          if (deleted) return Meaningless("DeleteRequested", progress);
                          return Enter(DomainState::kDeleting, now);
                        },
                        [&](const WithdrawalFailed& event_data) -> Result {
                          if (state != DomainState::kDeleting)
                            return Meaningless("WithdrawalFailed", progress);
                          return Stay(progress, event_data.retry_time, true);
                        },
                        [&](const Withdrawn&) -> Result {
                          if (state != DomainState::kDeleting)
                            return Meaningless("Withdrawn", progress);
                          return Enter(DomainState::kDeleted, now);
                        },
                    },
                    event);
}

absl::StatusOr<CertificateProgress> Advance(const CertificateProgress& progress,
                                            const CertificateEvent& event, absl::Time now) {
  using Result = absl::StatusOr<CertificateProgress>;
  const CertificateState state = progress.state;
  const bool ordering =
      state == CertificateState::kOrdering || state == CertificateState::kRenewing;
  return std::visit(
      Overloaded{
          [&](const DomainActive&) -> Result {
            if (state != CertificateState::kAwaitingDomain) {
              return Meaningless("DomainActive", progress);
            }
            return Enter(CertificateState::kOrdering, now);
          },
          [&](const Issued& issued) -> Result {
            if (!ordering) return Meaningless("Issued", progress);
            if (issued.validity.not_after <= now) {
              return absl::InvalidArgumentError("the issued certificate is over already");
            }
            return EnterUntil(CertificateState::kActive, now, issued.renew_time);
          },
          [&](const RenewalDue&) -> Result {
            if (state != CertificateState::kActive) return Meaningless("RenewalDue", progress);
            return Enter(CertificateState::kRenewing, now);
          },
          [&](const OrderFailed& failed) -> Result {
            if (!ordering) return Meaningless("OrderFailed", progress);
            return Stay(progress, failed.retry_time, true);
          },
          [&](const RefusedForGood&) -> Result {
            if (!ordering) return Meaningless("RefusedForGood", progress);
            return Enter(CertificateState::kFailed, now);
          },
          [&](const StillWaiting& waiting) -> Result {
            if (IsTerminal(state)) return Meaningless("StillWaiting", progress);
            return Stay(progress, waiting.next_look, false);
          },
          [&](const RecheckRequested&) -> Result {
            if (state == CertificateState::kDeleted) {
              return Meaningless("RecheckRequested", progress);
            }
            if (state == CertificateState::kActive) return progress;
            const bool failed = state == CertificateState::kFailed;
            return Enter(failed ? CertificateState::kAwaitingDomain : state, now);
          },
          [&](const DeleteRequested&) -> Result {
            if (state == CertificateState::kDeleted) {
              return Meaningless("DeleteRequested", progress);
            }
            return Enter(CertificateState::kDeleted, now);
          },
      },
      event);
}

absl::StatusOr<OrderProgress> Advance(const OrderProgress& progress, const OrderEvent& event,
                                      absl::Time now) {
  using Result = absl::StatusOr<OrderProgress>;
  const OrderState state = progress.state;
  return std::visit(
      Overloaded{
          [&](const Created&) -> Result {
            return Step(progress, "Created", OrderState::kIntended, OrderState::kPublishing, now);
          },
          [&](const Published&) -> Result {
            return Step(progress, "Published", OrderState::kPublishing, OrderState::kPropagating,
                        now);
          },
          [&](const Agreed&) -> Result {
            return Step(progress, "Agreed", OrderState::kPropagating, OrderState::kValidating, now);
          },
          [&](const Ready&) -> Result {
            if (state != OrderState::kPublishing && state != OrderState::kValidating) {
              return Meaningless("Ready", progress);
            }
            return Enter(OrderState::kFinalizing, now);
          },
          [&](const Downloaded&) -> Result {
            return Step(progress, "Downloaded", OrderState::kFinalizing, OrderState::kWithdrawing,
                        now);
          },
          [&](const Retry& retry) -> Result {
            if (IsTerminal(state)) return Meaningless("Retry", progress);
            return Stay(progress, retry.retry_time, retry.counts);
          },
          [&](const GivenUp&) -> Result {
            if (IsTerminal(state) || state == OrderState::kClosing ||
                state == OrderState::kWithdrawing) {
              return Meaningless("GivenUp", progress);
            }
            return Enter(OrderState::kClosing, now);
          },
          [&](const Withdrawn&) -> Result {
            if (state == OrderState::kWithdrawing) return Enter(OrderState::kCompleted, now);
            return Step(progress, "Withdrawn", OrderState::kClosing, OrderState::kFailed, now);
          },
      },
      event);
}

}  // namespace cert
