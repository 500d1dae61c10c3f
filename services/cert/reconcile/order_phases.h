// The phases of an order. Each does the outside work that the order's state asks for and concludes;
// order_step.h stores the conclusion. Every outside effect is safe to repeat, because what must be
// known to find it again is stored before it (docs/architecture.md, "Outside effects").

#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "cert/core/authority_choice.h"
#include "cert/core/ca_ledger.h"
#include "cert/core/inquiry.h"
#include "cert/core/lifecycle.h"
#include "cert/core/model.h"
#include "cert/core/renewal.h"
#include "cert/reconcile/accounts.h"
#include "cert/reconcile/services.h"
#include "cert/reconcile/setback.h"
#include "cert/store/store.h"

namespace cert {

// An event to store, and the evidence of the check that it tells of.
struct Note {
  EventType type{};
  std::string message;
  std::optional<EvidenceRecord> evidence = std::nullopt;
};

// What the order has passed since it was last stored. Whatever is lost with it in a crash is done
// again: states that only lead on are stored with what follows them.
struct Passage {
  OrderState from = OrderState::kIntended;  // as stored
  std::vector<OrderEvent> events = {};      // that have moved it on since
  std::vector<Note> notes = {};
  bool ca_answered = false;  // as it should
};

// What was learnt of the order so lately that nobody is asked for it again.
struct Fresh {
  std::string token_key;  // the account's key that tokens were read with; all of them are pending
  bool ready = false;     // at the CA, for finalize (RFC 8555 7.1.6)
  // Our tokens that no other order wants.
  std::optional<std::vector<TxtRecord>> unwanted = std::nullopt;
};

// The database's clock, one for all replicas and every due time, as it went on since it was read.
struct DatabaseClock {
  absl::Time time;
  std::chrono::steady_clock::time_point moment = std::chrono::steady_clock::now();  // the same

  absl::Time Now() const {
    return time + absl::FromChrono(std::chrono::steady_clock::now() - moment);
  }
};

// One order under its lease. Phases write what they learn into `order`.
struct OrderJob {
  const Services& services;
  Accounts& accounts;
  const Lease& lease;
  const CertificateAuthority& authority;
  DatabaseClock clock;
  absl::Time now;               // by it, when the phase began
  std::vector<Domain> domains;  // whose names the certificate has
  Order order;
  Certificate certificate;
  Passage passage;
  Fresh fresh;
};

// A newOrder that was counted against the CA's limits, not before `since`, and then not sent.
struct UnsentOrder {
  std::vector<std::string> names;
  absl::Time since;
};

// What a step tells everybody of a CA.
struct AuthorityNews {
  std::string ca;
  bool answers = false;  // as it should
  bool is_down = false;
  bool was_spared = false;  // with is_down: by what others met, and have told already
  std::optional<CaFailure> failure = std::nullopt;  // for the certificate to remember
  std::optional<LimitWait> wait = std::nullopt;     // that it demands
  std::vector<LimitKey> failed = {};                // validations
  std::optional<UnsentOrder> unsent = std::nullopt;
};

// How a phase ended.
struct Conclusion {
  OrderEvent event;
  bool only_leads_on = false;                      // what follows may be done before this is stored
  absl::Duration retry_in = absl::ZeroDuration();  // sets Retry's time
  std::optional<Setback> setback = std::nullopt;
  std::vector<Note> notes = {};
  std::optional<Issuance> issuance = std::nullopt;  // with Downloaded
  std::optional<Renewal> renewal = std::nullopt;    // of it
  AuthorityNews news = {};
};

// kIntended: looks whether the hosts of a renewal lead to our edge, asks about CAA where that is to
// be known, then CreateAtCa(). The evidence goes to FinishEdgeLook() or FinishCaaCheck(). Moves an
// order to another CA where that one may be asked and its own not.
std::variant<Inquiry, Conclusion> Intend(OrderJob& job);
Conclusion FinishEdgeLook(OrderJob& job, const Evidence& evidence);
Conclusion FinishCaaCheck(OrderJob& job, const Evidence& evidence);

// newOrder, or the adoption of the order whose newOrder reply was lost (RFC 8555 7.4,
// 7.1.2.1).
Conclusion CreateAtCa(OrderJob& job);

// What follows when Created could not be stored, since another order has the URL: the CA answered
// newOrder with one that it had for the names. From an order that is over the URL is taken, and
// `created` stands; else this one waits.
Conclusion ShareUrl(OrderJob& job, Conclusion created);

// kPublishing: fetches the authorizations, stores their tokens, and publishes those that are ours
// to publish (8.4). A token of http-01 is answered as soon as it is stored (8.3).
Conclusion PublishTokens(OrderJob& job);

// kValidating: answers what is pending, then looks whether the order is ready (7.5.1).
Conclusion Validate(OrderJob& job);

// kFinalizing: key and CSR, finalize, download, verification (7.4, 7.4.2).
Conclusion FinalizeOrder(OrderJob& job);

// kClosing, after finalize: what the CA issues all the same, which is revoked where it is stored.
// Nothing where it issues nothing any more.
std::optional<Conclusion> FetchUnwanted(OrderJob& job);

// kWithdrawing: takes our tokens out of the delegation zone. What the customer created is left.
Conclusion WithdrawTokens(OrderJob& job);

// kClosing: deactivates what is pending at the CA (7.5.2), then withdraws.
Conclusion CloseOrder(OrderJob& job);

// Those of our tokens that no other order wants.
absl::StatusOr<std::vector<TxtRecord>> UnwantedTokens(Transaction& transaction, const Order& order);

// ---- Shared by the phases ----

// What follows from a setback: the same step again after a pause, or the order is given up.
Conclusion Conclude(const OrderJob& job, Setback setback);

// For a CA to validate or to issue; its owner is told of an order that takes longer.
inline constexpr absl::Duration kUsualWait = absl::Minutes(10);

// Nothing is wrong, the CA is not done yet: the same again soon.
Conclusion PollAgain(const OrderJob& job, std::optional<absl::Duration> retry_after);

// The CA will not validate this authorization any more.
Setback FailedAuthorization(const OrderJob& job, const Authorization& authorization,
                            const AcmeAuthorization& at_ca);

// A token's value goes by the account's key (RFC 8555 8.1), which is another one than when it was
// stored. Answering would only fail.
Setback TokenIsStale();

// An order that lives for less than this is not worth going on with.
inline constexpr absl::Duration kLeastLife = absl::Minutes(2);

// Whether the order, or its tokens, live for less than that; and what follows then.
bool IsPastItsEnd(const OrderJob& job);
Conclusion PastItsEnd(const OrderJob& job);

// Before one of many requests: the lease leaves no time for it. What a CA does not answer for want
// of our time says nothing about the CA.
std::optional<Setback> OutOfTime(const OrderJob& job);

}  // namespace cert
