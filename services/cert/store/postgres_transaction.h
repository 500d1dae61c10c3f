// The Transaction of store.h on PostgreSQL. Private to this folder; its parts by subject:
//
//   postgres_transaction.cc               leases, progress and wakes, events, delegation ids
//   postgres_transaction_domains.cc       domains
//   postgres_transaction_certificates.cc  certificates, issuances
//   postgres_transaction_orders.cc        orders with their authorizations
//   postgres_transaction_renewals.cc      when issuances are renewed
//   postgres_transaction_claims.cc        claims, evidence
//   postgres_ca_records.cc                what is known of the CAs
//   postgres_transaction_revocations.cc   revocations, compromised keys
//   postgres_transaction_budgets.cc       budgets
//
// The row in table `work` is a record's lock: whoever may write a record locks both.

#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cert/store/postgres_ca_records.h"
#include "cert/store/row_values.h"
#include "cert/store/session.h"
#include "cert/store/store.h"

namespace cert {

// Confined to one thread.
class PostgresTransaction final : public Transaction {
 public:
  // `lease` is that of the row being worked on, or null. Both must outlive this.
  PostgresTransaction(Session& session, TenantId tenant, Access access, const Lease* lease)
      : session_(session), tenant_(std::move(tenant)), access_(access), lease_(lease) {}

  // ABORTED unless the lease is held.
  absl::Status CheckLease();
  // At the transaction's end, with a lock until the commit: keeps the lease, or gives it up. The
  // commit is ABORTED unless it is held.
  absl::Status KeepLease();
  absl::Status GiveUpLease();
  // To be called last: numbers and stores the events and wakes who waits for them.
  absl::Status StoreEvents();

  absl::Time now() const override { return session_.now(); }
  absl::StatusOr<std::string> DelegationId(const std::string& candidate) override;

  absl::StatusOr<Domain> GetDomain(const DomainId& id) override;
  absl::StatusOr<std::optional<Domain>> FindDomainByHostname(const std::string& host) override;
  absl::StatusOr<std::optional<Domain>> FindDomainByKey(const std::string& key) override;
  absl::StatusOr<std::vector<Domain>> ListDomains(std::optional<DomainState> state,
                                                  const std::string& after_id, int limit) override;
  absl::Status InsertDomain(const Domain& domain) override;
  absl::Status UpdateDomain(const Domain& domain) override;

  absl::StatusOr<Certificate> GetCertificate(const CertificateId& id) override;
  absl::StatusOr<std::optional<Certificate>> FindCertificateByKey(const std::string& key) override;
  absl::StatusOr<std::vector<Certificate>> ListCertificates(std::optional<CertificateState> state,
                                                            const std::string& after_id,
                                                            int limit) override;
  absl::Status InsertCertificate(const Certificate& certificate) override;
  absl::Status UpdateCertificate(const Certificate& certificate) override;

  absl::StatusOr<std::vector<CertificateId>> ListCertificatesSharing(
      const DomainId& domain) override;

  absl::StatusOr<Order> GetOrder(const OrderId& id) override;
  absl::Status InsertOrder(const Order& order) override;
  absl::StatusOr<Lease> InsertLeasedOrder(const Order& order) override;
  absl::Status UpdateOrder(const Order& order) override;
  absl::StatusOr<bool> HasTwinOrder(const Order& order) override;
  absl::StatusOr<bool> ReleaseOrderUrl(const std::string& url) override;
  absl::StatusOr<std::vector<std::string>> UnknownOrderUrls(
      const std::vector<std::string>& urls) override;
  absl::StatusOr<std::vector<std::string>> TokensWanted(const std::string& target,
                                                        const OrderId& except) override;

  absl::StatusOr<Issuance> GetIssuance(const IssuanceId& id) override;
  absl::Status InsertIssuance(const Issuance& issuance) override;
  absl::Status HandOver(const IssuanceId& id, const CertificateId& certificate) override;
  absl::StatusOr<std::vector<Issuance>> ListIssuances(const CertificateId& id) override;

  absl::StatusOr<RevocationProgress> GetRevocation(const IssuanceId& id) override;
  absl::Status InsertRevocation(const Issuance& issuance,
                                const RevocationProgress& progress) override;
  absl::Status UpdateRevocation(const Issuance& issuance,
                                const RevocationProgress& progress) override;
  absl::Status MarkCompromised(const std::string& key_hash) override;
  absl::StatusOr<bool> IsCompromised(const std::string& key_hash) override;

  absl::StatusOr<std::optional<Renewal>> GetRenewal(const IssuanceId& id) override;
  absl::Status PutRenewal(const Renewal& renewal) override;
  absl::StatusOr<std::optional<Budget>> GetBudget(const std::string& subject) override;
  absl::Status PutBudget(const std::string& subject, const Budget& budget) override;

  absl::StatusOr<std::optional<Claim>> GetClaim(const std::string& hostname) override;
  absl::StatusOr<std::map<std::string, Claim>> FindClaims(
      const std::vector<std::string>& hostnames) override;
  absl::StatusOr<Claim> TakeClaim(const Claim& claim) override;
  absl::Status ReleaseClaim(const std::string& hostname, const DomainId& domain) override;
  absl::Status NoteChallenge(const std::string& hostname) override;
  absl::Status TakeClaimOver(const Claim& claim) override;
  absl::Status ActFor(const TenantId& tenant,
                      absl::FunctionRef<absl::Status(Transaction&)> body) override;

  CaRecords& cas() override { return cas_; }

  absl::StatusOr<int> PutEvidence(const std::string& subject_id,
                                  const EvidenceRecord& evidence) override;
  absl::StatusOr<std::optional<EvidenceRecord>> LatestEvidence(
      const std::string& subject_id) override;

  absl::StatusOr<std::map<DomainId, Domain>> FindDomains(const std::vector<DomainId>& ids) override;
  absl::StatusOr<std::map<OrderId, Order>> FindOrders(const std::vector<OrderId>& ids) override;
  absl::StatusOr<std::map<IssuanceId, Issuance>> FindIssuances(
      const std::vector<IssuanceId>& ids) override;

  void AppendEvent(Event event) override { events_.push_back(std::move(event)); }

 private:
  // The progress columns, whatever the kind.
  struct WorkRow {
    WorkKind kind;
    std::string id;
    std::string state;
    int tries;
    absl::Time start_time;
    absl::Time due_time;
  };
  template <typename State>
  static WorkRow ToWorkRow(WorkKind kind, const std::string& id, const Progress<State>& progress) {
    return {kind,
            id,
            StateName(progress.state),
            progress.tries,
            progress.start_time,
            progress.due_time};
  }

  // These run inside Session::Run and throw what libpqxx throws.
  void InsertWork(Statements& sql, const WorkRow& row);
  void InsertLeasedWork(Statements& sql, const WorkRow& row);
  void UpdateWork(Statements& sql, const WorkRow& row);
  // Stores a record's mutable columns with its progress; `args` are those of `statement` behind
  // tenant and id. NOT_FOUND when it is not there.
  template <typename... Args>
  absl::Status UpdateRecord(Statements& sql, const WorkRow& row, const char* statement,
                            const Args&... args) {
    UpdateWork(sql, row);
    if (held_.contains(row.id)) {
      sql.Later(statement, tenant_.text(), row.id, args...);
      return absl::OkStatus();
    }
    const pqxx::result updated = sql.exec_params(statement, tenant_.text(), row.id, args...);
    return updated.affected_rows() == 0 ? absl::NotFoundError("no such row") : absl::OkStatus();
  }
  // The record is there for as long as we are: its row is locked, or ours.
  void NoteHeld(const std::string& id);

  void InsertOrderParts(Statements& sql, const Order& order);
  void StoreCaParts(Statements& sql, const Order& order);
  void StoreAuthorizations(Statements& sql, const Order& order);
  std::vector<Authorization> ReadAuthorizations(Statements& sql, const OrderId& id);
  std::optional<Domain> FindDomain(Statements& sql, const char* where, const std::string& value);

  absl::Status Name(const TenantId& tenant);
  bool IsLeased(const WorkRow& row) const;
  void NoteDue(absl::Time due_time);
  // Added to a statement that reads one record `r` joined with its work row `w`.
  const char* LockClause() const { return access_ == Access::kRead ? "" : " FOR UPDATE OF w, r"; }

  Session& session_;
  const TenantId tenant_;
  const Access access_;
  const Lease* const lease_;
  PostgresCaRecords cas_{session_};
  std::vector<Event> events_;
  std::set<std::string> held_;                                // ids of records
  std::vector<std::unique_ptr<PostgresTransaction>> others_;  // that ActFor has made
  // What an order has from its CA, by tables of its own.
  struct OrderCaParts {
    std::string url;
    std::vector<Authorization> authorizations;
  };
  std::map<OrderId, OrderCaParts> read_;  // as stored, under our lock
  bool made_due_ = false;                 // some row can be claimed now, or in a moment
};

}  // namespace cert
