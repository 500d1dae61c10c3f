#include "cert/store/sealed_rows.h"

#include <array>
#include <memory>
#include <span>

#include "base/log.h"
#include "base/status_macros.h"
#include "cert/store/row_values.h"
#include "cert/store/session.h"

namespace cert {
namespace {

constexpr int kRowsAtOnce = 50;

// One table with sealed secrets. A new one gets its entry here.
struct SealedTable {
  const char* context;  // the table that its secrets are bound to
  const char* read;     // $1 tenant, $2 key id, $3 id to read after, $4 limit
  const char* write;    // $1 tenant, $2 id, $3 … $4 as read, $5 … $6 new
  const char* count;    // $1 tenant, $2 key id
};

constexpr SealedTable kOrders{
    .context = "orders",
    .read = R"(
SELECT id, id AS bound_to, key_id, encode(key_octets, 'hex') AS key_octets FROM padlock.orders
WHERE tenant = $1 AND key_id <> $2 AND id > $3 ORDER BY id LIMIT $4 FOR UPDATE SKIP LOCKED)",
    .write = R"(
UPDATE padlock.orders SET key_id = $5, key_octets = decode($6, 'hex')
WHERE tenant = $1 AND id = $2 AND key_id = $3 AND key_octets = decode($4, 'hex'))",
    .count = "SELECT count(*) FROM padlock.orders WHERE tenant = $1 AND key_id <> $2"};

constexpr SealedTable kIssuances{
    .context = "orders",
    .read = R"(
SELECT id, order_id AS bound_to, key_id, encode(key_octets, 'hex') AS key_octets
FROM padlock.issuances
WHERE tenant = $1 AND key_id <> $2 AND id > $3 ORDER BY id LIMIT $4 FOR UPDATE SKIP LOCKED)",
    .write = R"(
UPDATE padlock.issuances SET key_id = $5, key_octets = decode($6, 'hex')
WHERE tenant = $1 AND id = $2 AND key_id = $3 AND key_octets = decode($4, 'hex'))",
    .count = "SELECT count(*) FROM padlock.issuances WHERE tenant = $1 AND key_id <> $2"};

constexpr SealedTable kAccounts{
    .context = "acme_accounts",
    .read = R"(
SELECT ca AS id, ca AS bound_to, key_id, encode(key_octets, 'hex') AS key_octets
FROM padlock.acme_accounts
WHERE $1 = '' AND key_id <> $2 AND ca > $3 ORDER BY ca LIMIT $4 FOR UPDATE SKIP LOCKED)",
    .write = R"(
UPDATE padlock.acme_accounts SET key_id = $5, key_octets = decode($6, 'hex')
WHERE $1 = '' AND ca = $2 AND key_id = $3 AND key_octets = decode($4, 'hex'))",
    .count = "SELECT count(*) FROM padlock.acme_accounts WHERE $1 = '' AND key_id <> $2"};

// The key to which an account is being rolled over.
constexpr SealedTable kNextAccountKeys{
    .context = "acme_accounts",
    .read = R"(
SELECT ca AS id, ca AS bound_to, next_key_id AS key_id,
       encode(next_key_octets, 'hex') AS key_octets
FROM padlock.acme_accounts
WHERE $1 = '' AND next_key_id <> $2 AND ca > $3 ORDER BY ca LIMIT $4 FOR UPDATE SKIP LOCKED)",
    .write = R"(
UPDATE padlock.acme_accounts SET next_key_id = $5, next_key_octets = decode($6, 'hex')
WHERE $1 = '' AND ca = $2 AND next_key_id = $3 AND next_key_octets = decode($4, 'hex'))",
    .count = "SELECT count(*) FROM padlock.acme_accounts WHERE $1 = '' AND next_key_id <> $2"};

constexpr std::array kOfTenants{kOrders, kIssuances};
constexpr std::array kGlobal{kAccounts, kNextAccountKeys};

struct Job {
  ConnectionPool& pool;
  const TenantId& tenant;
  const std::string& key_id;
  SealedRows::Reseal reseal;

  absl::StatusOr<std::unique_ptr<Session>> Open() const {
    return Session::Open(pool, tenant, Access::kWrite,
                         base::Deadline::After(pool.options().borrow_timeout));
  }
};

// Seals one row again. False when it cannot be opened, which others of the batch do not suffer for.
bool ResealRow(const Job& job, const SealedTable& table, const RowReader& reader, Statements& sql,
               SealedRows::Pass& pass) {
  const SealedRow row{.table = table.context,
                      .tenant = job.tenant.text(),
                      .id = reader.Text("bound_to"),
                      .secret = reader.Secret("key_id", "key_octets")};
  const absl::StatusOr<SealedSecret> resealed = job.reseal(row);
  if (!resealed.ok()) {
    base::Log(base::LogLevel::kError, "secret not sealed again",
              {{"tenant", row.tenant}, {"row", row.id}, base::LogField(resealed.status())});
    return false;
  }
  const pqxx::result written =
      sql.exec_params(table.write, job.tenant.text(), reader.Text("id"), row.secret.key_id,
                      HexText(row.secret.octets), resealed->key_id, HexText(resealed->octets));
  pass.resealed += written.affected_rows();
  return true;
}

// One transaction. Moves `after` on; false: there was nothing after it.
absl::StatusOr<bool> ResealBatch(const Job& job, const SealedTable& table, std::string& after,
                                 SealedRows::Pass& pass) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Session> session, job.Open());
  SealedRows::Pass done;
  std::string last;
  RETURN_IF_ERROR(session->Run([&](Statements& sql) {
    for (const pqxx::row& row :
         sql.exec_params(table.read, job.tenant.text(), job.key_id, after, kRowsAtOnce)) {
      const RowReader reader(row);
      if (!ResealRow(job, table, reader, sql, done)) ++done.failed;
      last = reader.Text("id");
    }
    return absl::OkStatus();
  }));
  if (last.empty()) return false;
  RETURN_IF_ERROR(session->Commit());
  pass.resealed += done.resealed;
  pass.failed += done.failed;
  after = last;
  return true;
}

absl::StatusOr<std::int64_t> CountLeft(const Job& job, const SealedTable& table) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Session> session, job.Open());
  return session->Run([&](Statements& sql) -> absl::StatusOr<std::int64_t> {
    return sql.exec_params1(table.count, job.tenant.text(), job.key_id)[0].as<std::int64_t>();
  });
}

absl::StatusOr<SealedRows::Pass> ResealTables(const Job& job, std::span<const SealedTable> tables) {
  SealedRows::Pass pass;
  for (const SealedTable& table : tables) {
    std::string after;
    bool more = true;
    while (more) {
      ASSIGN_OR_RETURN(more, ResealBatch(job, table, after, pass));
    }
    ASSIGN_OR_RETURN(const std::int64_t left, CountLeft(job, table));
    pass.left += left;
  }
  return pass;
}

}  // namespace

absl::StatusOr<SealedRows::Pass> SealedRows::ResealTenant(const TenantId& tenant,
                                                          const std::string& key_id,
                                                          Reseal reseal) {
  return ResealTables({pool_, tenant, key_id, reseal}, kOfTenants);
}

absl::StatusOr<SealedRows::Pass> SealedRows::ResealGlobal(const std::string& key_id,
                                                          Reseal reseal) {
  const TenantId none;
  return ResealTables({pool_, none, key_id, reseal}, kGlobal);
}

}  // namespace cert
