// All state of the service, behind interfaces in core types. postgres_store.h implements them;
// tests of logic use the same on a real PostgreSQL, since a fake cannot show SKIP LOCKED or
// fencing.
//
// Errors of every call:
//   UNAVAILABLE        the database or the connection is gone; nothing was done.
//   ABORTED            the lease is lost, or the transaction lost too often against others, or
//                      waited too long for a lock: reload.
//   DEADLINE_EXCEEDED  a statement took longer than its limit; nothing was done.
//   NOT_FOUND          no such row for this tenant.
//   ALREADY_EXISTS     a unique key; the message is the constraint's name.
//   INTERNAL           our bug.
// What is written may be sent with the next read or the commit, which then fails in its place.
// A commit in doubt is settled inside by asking the database whether it happened. Only when nobody
// answers for ten seconds is it ABORTED: reload. One that comes with base/retry_delay.h's delay
// says that nothing was done, and that the same may succeed soon.

#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/deadline.h"
#include "base/enum_names.h"
#include "cert/core/budget.h"
#include "cert/core/ids.h"
#include "cert/core/model.h"
#include "cert/core/renewal.h"
#include "cert/store/ca_records.h"

namespace cert {

enum class WorkKind { kDomain, kCertificate, kOrder, kRevocation };

// As they are stored, logged and counted.
inline constexpr base::EnumNames<WorkKind, 4> kWorkKindNames{{
    {WorkKind::kDomain, "domain"},
    {WorkKind::kCertificate, "certificate"},
    {WorkKind::kOrder, "order"},
    {WorkKind::kRevocation, "revocation"},
}};
constexpr const char* WorkKindName(WorkKind kind) { return base::NameIn(kWorkKindNames, kind); }

// The right to work on one row until `deadline` (on the local monotonic clock, from before the
// claim was sent). The token fences every write.
struct Lease {
  WorkKind kind = WorkKind::kDomain;
  TenantId tenant;
  std::string id;     // a DomainId's, CertificateId's, OrderId's or (of a revocation) IssuanceId's
  std::string token;  // a random UUID
  int claims = 0;     // including this one, since the last commit: a row that crashes us shows
  base::Deadline deadline = base::Deadline::After(absl::ZeroDuration());
};

// One tenant's transaction. Confined to the body that was given it. Reads see the tenant's rows
// only, except where "global" is said.
class Transaction {
 public:
  virtual ~Transaction() = default;

  // The database's clock (padlock_now()), fixed for the transaction.
  virtual absl::Time now() const = 0;

  // The tenant's delegation id; `candidate` becomes it if it has none yet.
  virtual absl::StatusOr<std::string> DelegationId(const std::string& candidate) = 0;

  // Get… of rows lock them (FOR UPDATE) when the transaction may write. Locks are taken in the
  // order domain, claim, certificate, order, issuance, and the row of a CA last (ca_records.h); who
  // needs a row before its turn and only reads it takes Find… . Update… writes every mutable column
  // and the progress; Insert… also makes the row of due work.
  virtual absl::StatusOr<Domain> GetDomain(const DomainId& id) = 0;
  virtual absl::StatusOr<std::optional<Domain>> FindDomainByHostname(const std::string& host) = 0;
  virtual absl::StatusOr<std::optional<Domain>> FindDomainByKey(const std::string& key) = 0;
  // In (create_time, id) order after the given id; deleted ones are not listed.
  virtual absl::StatusOr<std::vector<Domain>> ListDomains(std::optional<DomainState> state,
                                                          const std::string& after_id,
                                                          int limit) = 0;
  virtual absl::Status InsertDomain(const Domain& domain) = 0;
  virtual absl::Status UpdateDomain(const Domain& domain) = 0;

  virtual absl::StatusOr<Certificate> GetCertificate(const CertificateId& id) = 0;
  virtual absl::StatusOr<std::optional<Certificate>> FindCertificateByKey(
      const std::string& key) = 0;
  // Without backups, otherwise as domains.
  virtual absl::StatusOr<std::vector<Certificate>> ListCertificates(
      std::optional<CertificateState> state, const std::string& after_id, int limit) = 0;
  virtual absl::Status InsertCertificate(const Certificate& certificate) = 0;
  virtual absl::Status UpdateCertificate(const Certificate& certificate) = 0;

  // Those of several names that have names of this domain and are not deleted.
  virtual absl::StatusOr<std::vector<CertificateId>> ListCertificatesSharing(
      const DomainId& domain) = 0;

  virtual absl::StatusOr<Order> GetOrder(const OrderId& id) = 0;
  virtual absl::Status InsertOrder(const Order& order) = 0;
  // The same under the transaction's lease: the order's is for the rest of that one's time, and
  // stays when that one is given up.
  virtual absl::StatusOr<Lease> InsertLeasedOrder(const Order& order) = 0;
  virtual absl::Status UpdateOrder(const Order& order) = 0;
  // Whether another order for the same names was sent to the same CA, and has neither brought its
  // certificate nor been closed yet.
  virtual absl::StatusOr<bool> HasTwinOrder(const Order& order) = 0;
  // Takes the URL from an order of the tenant's that is over; false when none such has it.
  virtual absl::StatusOr<bool> ReleaseOrderUrl(const std::string& url) = 0;
  // Those of `urls` that no order of any tenant has (global): candidates for adoption.
  virtual absl::StatusOr<std::vector<std::string>> UnknownOrderUrls(
      const std::vector<std::string>& urls) = 0;
  // Token values at `target` that orders other than `except` still want there.
  virtual absl::StatusOr<std::vector<std::string>> TokensWanted(const std::string& target,
                                                                const OrderId& except) = 0;

  virtual absl::StatusOr<Issuance> GetIssuance(const IssuanceId& id) = 0;
  virtual absl::Status InsertIssuance(const Issuance& issuance) = 0;
  // It is this certificate's from now on.
  virtual absl::Status HandOver(const IssuanceId& id, const CertificateId& certificate) = 0;
  // Those of the certificate that have not expired, oldest first.
  virtual absl::StatusOr<std::vector<Issuance>> ListIssuances(const CertificateId& id) = 0;

  // How far the revocation of an issuance is; what was asked for is in the issuance, and both are
  // stored together.
  virtual absl::StatusOr<RevocationProgress> GetRevocation(const IssuanceId& id) = 0;
  virtual absl::Status InsertRevocation(const Issuance& issuance,
                                        const RevocationProgress& progress) = 0;
  virtual absl::Status UpdateRevocation(const Issuance& issuance,
                                        const RevocationProgress& progress) = 0;

  // Keys that nothing more is issued for, whosever they are (global), by their hash (caller_csr.h).
  virtual absl::Status MarkCompromised(const std::string& key_hash) = 0;
  virtual absl::StatusOr<bool> IsCompromised(const std::string& key_hash) = 0;

  // Nothing for issuances from before there were renewals.
  virtual absl::StatusOr<std::optional<Renewal>> GetRenewal(const IssuanceId& id) = 0;
  // Makes it or writes what an answer of the CA changes.
  virtual absl::Status PutRenewal(const Renewal& renewal) = 0;
  // What is left of a budget of the tenant's; nothing when it was never spent. Locks it.
  virtual absl::StatusOr<std::optional<Budget>> GetBudget(const std::string& subject) = 0;
  virtual absl::Status PutBudget(const std::string& subject, const Budget& budget) = 0;

  // Claims (global; exclusive per hostname).
  virtual absl::StatusOr<std::optional<Claim>> GetClaim(const std::string& hostname) = 0;
  // By hostname; unlocked.
  virtual absl::StatusOr<std::map<std::string, Claim>> FindClaims(
      const std::vector<std::string>& hostnames) = 0;
  // Makes the claim, or renews the same tenant's, which nobody challenges from then on. Returns
  // whoever holds it afterwards.
  virtual absl::StatusOr<Claim> TakeClaim(const Claim& claim) = 0;
  virtual absl::Status ReleaseClaim(const std::string& hostname, const DomainId& domain) = 0;
  // The holder, whoever it is, is told now that another tenant claims its hostname too.
  virtual absl::Status NoteChallenge(const std::string& hostname) = 0;
  // Takes the claim from whoever holds it. Its loser's rows are ActFor's.
  virtual absl::Status TakeClaimOver(const Claim& claim) = 0;
  // Runs `body` on the rows of another tenant as a part of this transaction, to do what a contested
  // claim means there. Both are stored, or neither.
  virtual absl::Status ActFor(const TenantId& tenant,
                              absl::FunctionRef<absl::Status(Transaction&)> body) = 0;

  // What is known of the CAs (global).
  virtual CaRecords& cas() = 0;

  // Stores the evidence of a check, as far as evidence_limit.h lets it; only the latest 20 of a
  // subject are kept. Returns its attempt.
  virtual absl::StatusOr<int> PutEvidence(const std::string& subject_id,
                                          const EvidenceRecord& evidence) = 0;
  // Of one subject at a time: it may take megabytes.
  virtual absl::StatusOr<std::optional<EvidenceRecord>> LatestEvidence(
      const std::string& subject_id) = 0;

  // In as many statements for all as for one, unlocked; what is not there is left out.
  virtual absl::StatusOr<std::map<DomainId, Domain>> FindDomains(
      const std::vector<DomainId>& ids) = 0;
  virtual absl::StatusOr<std::map<OrderId, Order>> FindOrders(const std::vector<OrderId>& ids) = 0;
  // Without chains and keys.
  virtual absl::StatusOr<std::map<IssuanceId, Issuance>> FindIssuances(
      const std::vector<IssuanceId>& ids) = 0;

  // Numbered when the transaction commits, in this order, as its last statement.
  virtual void AppendEvent(Event event) = 0;
};

// Thread-safe.
class Store {
 public:
  using Body = absl::FunctionRef<absl::Status(Transaction&)>;

  virtual ~Store() = default;

  // Runs `body` in one transaction of `tenant` and commits it if it returns OK; otherwise rolls
  // back and returns its status. The body runs again after a serialization failure: it must have
  // no effect outside the transaction but to overwrite its results.
  virtual absl::Status Read(const TenantId& tenant, Body body) = 0;
  virtual absl::Status Write(const TenantId& tenant, Body body) = 0;

  // The same under a lease: ABORTED, and nothing written, if it is not held any more.
  // Checkpoint keeps the lease; Finish gives it up, and the row is claimed again at the due time
  // that the body stored, or at once if an Update… by somebody else made it due earlier meanwhile.
  virtual absl::Status Checkpoint(const Lease& lease, Body body) = 0;
  virtual absl::Status Finish(const Lease& lease, Body body) = 0;
};

// The claiming role: sees only the table of due work, of all tenants. Thread-safe.
class WorkQueue {
 public:
  virtual ~WorkQueue() = default;

  // Claims due rows that nobody holds, never one row twice: the longest overdue first, or one after
  // the other from each of kShares shares of the tenants, in each the longest overdue first.
  static constexpr int kShares = 256;
  static constexpr int kMostClaimed = 100;
  struct ClaimRequest {
    int limit = 0;  // of rows, up to kMostClaimed
    absl::Duration lease;
    absl::Duration overdue = absl::ZeroDuration();  // only rows that have been due for so long
    bool in_turns = false;
  };
  virtual absl::StatusOr<std::vector<Lease>> ClaimDue(const ClaimRequest& request) = 0;

  // Gives a row back untouched, due at once.
  virtual absl::Status GiveBack(const Lease& lease) = 0;

  // How long until the next row is due; zero when one is overdue, infinite when there is none.
  virtual absl::StatusOr<absl::Duration> UntilNextDue() = 0;

  // For metrics: rows overdue, of the longest overdue ones, and the age of the oldest.
  static constexpr int kMostCounted = 10'000;
  struct Backlog {
    int overdue = 0;  // kMostCounted may mean more
    absl::Duration oldest = absl::ZeroDuration();
  };
  virtual absl::StatusOr<Backlog> GetBacklog() = 0;
};

// ACME accounts (global). Thread-safe.
class AccountStore {
 public:
  virtual ~AccountStore() = default;

  // NOT_FOUND before InsertAccount.
  virtual absl::StatusOr<AcmeAccountRow> GetAccount(const std::string& ca) = 0;
  // Returns the row that is there afterwards: ours, or the one that another replica made first.
  virtual absl::StatusOr<AcmeAccountRow> InsertAccount(const AcmeAccountRow& account) = 0;
  virtual absl::Status SetAccountUrl(const std::string& ca, const std::string& url) = 0;

  // ---- Roll-over (RFC 8555, 7.3.5) ----
  // Stores the key that is to come, unless one is stored already. Returns the row afterwards.
  virtual absl::StatusOr<AcmeAccountRow> PutNextKey(const std::string& ca,
                                                    const SealedSecret& next_key) = 0;
  // `next_key` takes the account's key's place. FAILED_PRECONDITION when it is not the one to come.
  virtual absl::Status PromoteNextKey(const std::string& ca, const SealedSecret& next_key) = 0;
  // It is not to come any more.
  virtual absl::Status DropNextKey(const std::string& ca, const SealedSecret& next_key) = 0;
};

// The http-01 tokens of all tenants that are answered now (global). Thread-safe.
class HttpTokenStore {
 public:
  virtual ~HttpTokenStore() = default;

  // What stands at /.well-known/acme-challenge/<token> of that host (RFC 8555, 8.3), if anything.
  virtual absl::StatusOr<std::optional<std::string>> FindKeyAuthorization(
      const std::string& token, const std::string& hostname) = 0;
};

// Reading events. Thread-safe.
class EventLog {
 public:
  virtual ~EventLog() = default;

  // Events after `cursor`, oldest first. An empty epoch means the current one.
  // OUT_OF_RANGE: the cursor is older than what is kept, or of another epoch; the message names
  // the oldest that can be read.
  virtual absl::StatusOr<std::vector<Event>> ReadEvents(const TenantId& tenant,
                                                        const EventCursor& cursor, int limit) = 0;
  // The same of one domain.
  virtual absl::StatusOr<std::vector<Event>> ReadDomainEvents(const TenantId& tenant,
                                                              const DomainId& domain,
                                                              const EventCursor& cursor,
                                                              int limit) = 0;
  // The cursor after the newest event.
  virtual absl::StatusOr<EventCursor> Head(const TenantId& tenant) = 0;
  // The cursor before the oldest event that is kept.
  virtual absl::StatusOr<EventCursor> Oldest(const TenantId& tenant) = 0;
};

}  // namespace cert
