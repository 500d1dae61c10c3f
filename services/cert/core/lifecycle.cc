#include "cert/core/lifecycle.h"

#include <variant>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"

namespace cert {
namespace {

constexpr absl::Duration kDailyLook = absl::Hours(24);

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
absl::StatusOr<Progress<State>> WithDueTime(Progress<State> progress, absl::Time due_time) {
  if (due_time == absl::InfiniteFuture() || due_time == absl::InfinitePast()) {
    return absl::InvalidArgumentError(
        absl::StrFormat("state %s needs a finite due time", StateName(progress.state)));
  }
  progress.due_time = due_time;
  return progress;
}

template <typename State>
absl::StatusOr<Progress<State>> Stay(Progress<State> progress, absl::Time due_time, bool counts) {
  progress.tries += counts ? 1 : 0;
  return WithDueTime(progress, due_time);
}

// One function per event: what follows `progress` when it happens at `now`.
struct DomainAdvance {
  using Result = absl::StatusOr<DomainProgress>;

  Result operator()(const Proved&) const {
    if (!Looking()) return Meaningless("Proved", progress);
    return WithDueTime(Enter(DomainState::kActive, now), now + kDailyLook);
  }
  Result operator()(const NotProved& event) const {
    if (!Looking()) return Meaningless("NotProved", progress);
    return Stay(progress, event.next_look, true);
  }
  Result operator()(const CouldNotTell& event) const {
    if (!Looking()) return Meaningless("CouldNotTell", progress);
    return Stay(progress, event.next_look, false);
  }
  Result operator()(const ScheduleUsedUp&) const {
    if (progress.state != DomainState::kPending) return Meaningless("ScheduleUsedUp", progress);
    return Enter(DomainState::kFailed, now);
  }
  Result operator()(const ClaimLost&) const {
    if (Deleted()) return Meaningless("ClaimLost", progress);
    return Enter(DomainState::kFailed, now);
  }
  Result operator()(const RecheckRequested&) const {
    if (Deleted()) return Meaningless("RecheckRequested", progress);
    const bool active = progress.state == DomainState::kActive;
    return Enter(active ? DomainState::kActive : DomainState::kPending, now);
  }
  Result operator()(const DeleteRequested&) const {
    if (Deleted()) return Meaningless("DeleteRequested", progress);
    return Enter(DomainState::kDeleting, now);
  }
  Result operator()(const MethodChanged&) const {
    if (Deleted()) return Meaningless("MethodChanged", progress);
    return Enter(DomainState::kPending, now);
  }
  Result operator()(const WithdrawalFailed& event) const {
    if (progress.state != DomainState::kDeleting) return Meaningless("WithdrawalFailed", progress);
    return Stay(progress, event.retry_time, true);
  }
  Result operator()(const Withdrawn&) const {
    if (progress.state != DomainState::kDeleting) return Meaningless("Withdrawn", progress);
    return Enter(DomainState::kDeleted, now);
  }

  bool Looking() const {
    return progress.state == DomainState::kPending || progress.state == DomainState::kActive;
  }
  bool Deleted() const {
    return progress.state == DomainState::kDeleting || progress.state == DomainState::kDeleted;
  }

  const DomainProgress& progress;
  absl::Time now;
};

struct CertificateAdvance {
  using Result = absl::StatusOr<CertificateProgress>;

  Result operator()(const DomainActive&) const {
    if (!Is(CertificateState::kAwaitingDomain)) return Meaningless("DomainActive", progress);
    return Enter(CertificateState::kOrdering, now);
  }
  Result operator()(const Issued& event) const {
    if (!Ordering()) return Meaningless("Issued", progress);
    if (event.validity.not_after <= now) {
      return absl::InvalidArgumentError("the issued certificate is over already");
    }
    return WithDueTime(Enter(CertificateState::kActive, now), event.renew_time);
  }
  Result operator()(const RenewalDue&) const {
    if (!Is(CertificateState::kActive)) return Meaningless("RenewalDue", progress);
    return Enter(CertificateState::kRenewing, now);
  }
  // What is in use stays so; its next step says when it is to be renewed.
  Result operator()(const NothingToAdd&) const {
    if (!Is(CertificateState::kRenewing)) return Meaningless("NothingToAdd", progress);
    return Enter(CertificateState::kActive, now);
  }
  Result operator()(const OrderFailed& event) const {
    if (!Ordering()) return Meaningless("OrderFailed", progress);
    return Stay(progress, event.retry_time, true);
  }
  Result operator()(const RefusedForGood&) const {
    if (!Is(CertificateState::kOrdering)) return Meaningless("RefusedForGood", progress);
    return Enter(CertificateState::kFailed, now);
  }
  Result operator()(const StillWaiting& event) const {
    if (IsTerminal(progress.state)) return Meaningless("StillWaiting", progress);
    return Stay(progress, event.next_look, false);
  }
  Result operator()(const ClaimLost&) const {
    if (Is(CertificateState::kDeleted)) return Meaningless("ClaimLost", progress);
    return Enter(CertificateState::kFailed, now);
  }
  Result operator()(const RecheckRequested&) const {
    if (Is(CertificateState::kDeleted)) return Meaningless("RecheckRequested", progress);
    if (Is(CertificateState::kActive)) return progress;
    const bool failed = Is(CertificateState::kFailed);
    return Enter(failed ? CertificateState::kAwaitingDomain : progress.state, now);
  }
  Result operator()(const DeleteRequested&) const {
    if (Is(CertificateState::kDeleted)) return Meaningless("DeleteRequested", progress);
    return Enter(CertificateState::kDeleted, now);
  }

  bool Is(CertificateState state) const { return progress.state == state; }
  bool Ordering() const {
    return Is(CertificateState::kOrdering) || Is(CertificateState::kRenewing);
  }

  const CertificateProgress& progress;
  absl::Time now;
};

struct OrderAdvance {
  using Result = absl::StatusOr<OrderProgress>;

  Result operator()(const Created&) const {
    return Step("Created", OrderState::kIntended, OrderState::kPublishing);
  }
  Result operator()(const Published&) const {
    return Step("Published", OrderState::kPublishing, OrderState::kPropagating);
  }
  Result operator()(const Agreed&) const {
    return Step("Agreed", OrderState::kPropagating, OrderState::kValidating);
  }
  // From kPublishing when no authorization was pending: there is nothing to publish.
  Result operator()(const Ready&) const {
    const bool published = progress.state == OrderState::kValidating;
    return Step("Ready", published ? OrderState::kValidating : OrderState::kPublishing,
                OrderState::kFinalizing);
  }
  Result operator()(const Downloaded&) const {
    return Step("Downloaded", OrderState::kFinalizing, OrderState::kWithdrawing);
  }
  Result operator()(const Retry& event) const {
    if (IsTerminal(progress.state)) return Meaningless("Retry", progress);
    OrderProgress tried = progress;
    if (event.forgets) tried.tries = 0;
    return Stay(tried, event.retry_time, event.counts);
  }
  Result operator()(const GivenUp&) const {
    if (IsTerminal(progress.state) || IsEnding(progress.state))
      return Meaningless("GivenUp", progress);
    return Enter(OrderState::kClosing, now);
  }
  // Its tokens are looked for at once, and so is what keeps it from being sent or its tokens from
  // being published; whatever else it does is not waiting for the DNS.
  Result operator()(const RecheckRequested&) const {
    const bool before_tokens =
        progress.state == OrderState::kIntended || progress.state == OrderState::kPublishing;
    if (before_tokens) return WithDueTime(progress, now);
    return Step("RecheckRequested", OrderState::kPropagating, OrderState::kPropagating);
  }
  Result operator()(const Withdrawn&) const {
    if (progress.state == OrderState::kWithdrawing) return Enter(OrderState::kCompleted, now);
    return Step("Withdrawn", OrderState::kClosing, OrderState::kFailed);
  }

  // `from` is the only state from which `event` leads on.
  Result Step(const char* event, OrderState from, OrderState to) const {
    if (progress.state != from) return Meaningless(event, progress);
    return Enter(to, now);
  }

  const OrderProgress& progress;
  absl::Time now;
};

}  // namespace

absl::StatusOr<DomainProgress> Advance(const DomainProgress& progress, const DomainEvent& event,
                                       absl::Time now) {
  return std::visit(DomainAdvance{.progress = progress, .now = now}, event);
}

absl::StatusOr<CertificateProgress> Advance(const CertificateProgress& progress,
                                            const CertificateEvent& event, absl::Time now) {
  return std::visit(CertificateAdvance{.progress = progress, .now = now}, event);
}

absl::StatusOr<OrderProgress> Advance(const OrderProgress& progress, const OrderEvent& event,
                                      absl::Time now) {
  return std::visit(OrderAdvance{.progress = progress, .now = now}, event);
}

}  // namespace cert
