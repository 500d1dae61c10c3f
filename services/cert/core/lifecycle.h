// The lives of a domain, its certificate and an order, as pure functions of (progress, event, now).
//
//   domain        kPending --Proved--> kActive --(daily look)--> kActive
//                    | tries used up      |
//                 kFailed <--Recheck--+   +--Delete--> kDeleting --Withdrawn--> kDeleted
//                 kPending, kActive --ClaimLost--> kFailed
//                 any but the last two --MethodChanged--> kPending
//
//   certificate   kAwaitingDomain --DomainActive--> kOrdering --Issued--> kActive <--Issued--+
//                        ^                              |                    | RenewalDue    |
//                        +--Recheck-- kFailed <--RefusedForGood              +--------> kRenewing
//                 kRenewing --NothingToAdd--> kActive
//                 any of them --ClaimLost--> kFailed;  any of them --Delete--> kDeleted
//
//   order         kIntended --Created--> kPublishing --Published--> kPropagating --Agreed-->
//                 kValidating --Ready--> kFinalizing --Issued--> kWithdrawing --Withdrawn-->
//                 kCompleted;  any of them --Refused/Expired/Superseded--> kClosing --> kFailed
//
// Nothing here knows SQL, gRPC, ACME or a clock: reconcile/ loads a record, does the work that its
// state asks for, calls Advance() and stores what comes back. A state that is not terminal always
// has a finite due time; the database checks the same.

#pragma once

#include <optional>
#include <string>
#include <variant>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace cert {

enum class DomainState { kPending, kActive, kFailed, kDeleting, kDeleted };
enum class CertificateState { kAwaitingDomain, kOrdering, kActive, kRenewing, kFailed, kDeleted };
enum class OrderState {
  kIntended,
  kPublishing,
  kPropagating,
  kValidating,
  kFinalizing,
  kWithdrawing,
  kCompleted,
  kClosing,
  kFailed,
};

// Stable words for the database, logs and metrics: "PENDING", "AWAITING_DOMAIN", …
const char* StateName(DomainState state);
const char* StateName(CertificateState state);
const char* StateName(OrderState state);
std::optional<DomainState> ParseDomainState(const std::string& name);
std::optional<CertificateState> ParseCertificateState(const std::string& name);
std::optional<OrderState> ParseOrderState(const std::string& name);

// The lifecycle columns of one row of table `work`.
template <typename State>
struct Progress {
  State state{};
  int tries = 0;  // in this state since `start_time`; what could not be told does not count
  absl::Time start_time = absl::InfinitePast();  // of this state, or of the last Recheck
  absl::Time due_time = absl::InfiniteFuture();  // no step before; infinite when terminal

  bool operator==(const Progress&) const = default;
};
using DomainProgress = Progress<DomainState>;
using CertificateProgress = Progress<CertificateState>;
using OrderProgress = Progress<OrderState>;

// Terminal states have no due time and are never claimed.
bool IsTerminal(DomainState state);
bool IsTerminal(CertificateState state);
bool IsTerminal(OrderState state);

// Issued or given up, and about to end: its tokens are withdrawn, or it is closed at the CA.
bool IsEnding(OrderState state);

// X.509 validity; both bounds inclusive, in whole seconds (RFC 5280 4.1.2.5).
struct Validity {
  absl::Time not_before = absl::InfinitePast();
  absl::Time not_after = absl::InfinitePast();

  bool operator==(const Validity&) const = default;
};

// ---- Domain events. `next_look` comes from schedule.h. ----
struct Proved {};   // claim, CNAME and canary agree, and the claim is ours
struct NotProved {  // they do not
  absl::Time next_look;
};
struct CouldNotTell {  // trouble on our side: not a try
  absl::Time next_look;
};
struct ScheduleUsedUp {};  // schedule.h: nothing more happens until a Recheck
struct ClaimLost {};       // another tenant has proved its right to the hostname since
struct RecheckRequested {};
struct DeleteRequested {};
struct MethodChanged {};  // other records prove it now
struct WithdrawalFailed {
  absl::Time retry_time;
};
struct Withdrawn {};  // our records are gone from the delegation zone
using DomainEvent =
    std::variant<Proved, NotProved, CouldNotTell, ScheduleUsedUp, ClaimLost, RecheckRequested,
                 DeleteRequested, MethodChanged, WithdrawalFailed, Withdrawn>;

// FAILED_PRECONDITION: the event has no meaning in this state; store nothing. INVALID_ARGUMENT: the
// event's time is not finite.
absl::StatusOr<DomainProgress> Advance(const DomainProgress& progress, const DomainEvent& event,
                                       absl::Time now);

// ---- Certificate events ----
struct DomainActive {};  // its domain is proved: an order may be opened now
struct Issued {          // an order brought a certificate
  Validity validity;
  absl::Time renew_time;  // from renewal.h, drawn once
};
struct RenewalDue {};    // renew_time has passed
struct NothingToAdd {};  // the renewal was for names that are not to be had now
struct OrderFailed {     // the order is given up; the next one may be opened then
  absl::Time retry_time;
};
struct RefusedForGood {};  // no new order will help until somebody changes something; a renewal is
                           // never refused for good, since its certificate stays in force
struct StillWaiting {      // for its domain, order or renew_time: a watchdog
  absl::Time next_look;
};
// ClaimLost, RecheckRequested and DeleteRequested are those of its domain.
using CertificateEvent =
    std::variant<DomainActive, Issued, RenewalDue, NothingToAdd, OrderFailed, RefusedForGood,
                 StillWaiting, ClaimLost, RecheckRequested, DeleteRequested>;

// As above. INVALID_ARGUMENT also for Issued with a validity that is over at `now`.
absl::StatusOr<CertificateProgress> Advance(const CertificateProgress& progress,
                                            const CertificateEvent& event, absl::Time now);

// ---- Order events ----
struct Created {};     // the CA has the order and we have its URL
struct Published {};   // our tokens stand on every server of the delegation zone
struct Agreed {};      // the workers see every token
struct Ready {};       // every authorization is valid (RFC 8555 7.1.6)
struct Downloaded {};  // the chain is verified and stored
struct Retry {         // the step did not work out, or is not finished: the same again
  absl::Time retry_time;
  bool counts = true;    // as a try; false when nothing was wrong
  bool forgets = false;  // earlier tries: the CA answers, and is still processing
};
struct GivenUp {};  // refused, expired or no longer wanted: close it
using OrderEvent = std::variant<Created, Published, Agreed, Ready, Downloaded, Retry, GivenUp,
                                RecheckRequested, Withdrawn>;

// As above.
absl::StatusOr<OrderProgress> Advance(const OrderProgress& progress, const OrderEvent& event,
                                      absl::Time now);

}  // namespace cert
