#include "cert/store/postgres_account_store.h"

#include <memory>

#include "base/status_macros.h"
#include "cert/store/row_values.h"
#include "cert/store/session.h"

namespace cert {
namespace {

constexpr char kGetAccount[] = R"(
SELECT ca, key_id, encode(key_octets, 'hex') AS key_octets, url
FROM padlock.acme_accounts WHERE ca = $1)";

constexpr char kInsertAccount[] = R"(
INSERT INTO padlock.acme_accounts (ca, key_id, key_octets, url)
VALUES ($1, $2, decode($3, 'hex'), $4)
ON CONFLICT (ca) DO NOTHING)";

constexpr char kSetUrl[] = "UPDATE padlock.acme_accounts SET url = $2 WHERE ca = $1";

AcmeAccountRow AccountFrom(const pqxx::row& row) {
  const RowReader reader(row);
  return {.ca = reader.Text("ca"),
          .key = reader.Secret("key_id", "key_octets"),
          .url = reader.Text("url")};
}

absl::StatusOr<std::unique_ptr<Session>> Open(ConnectionPool& pool, Access access) {
  return Session::Open(pool, TenantId(), access,
                       base::Deadline::After(pool.options().borrow_timeout));
}

}  // namespace

absl::StatusOr<AcmeAccountRow> PostgresAccountStore::GetAccount(const std::string& ca) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Session> session, Open(pool_, Access::kRead));
  return session->Run([&](pqxx::transaction_base& sql) -> absl::StatusOr<AcmeAccountRow> {
    const pqxx::result found = sql.exec_params(kGetAccount, ca);
    if (found.empty()) return absl::NotFoundError("no account at this CA yet");
    return AccountFrom(found[0]);
  });
}

absl::StatusOr<AcmeAccountRow> PostgresAccountStore::InsertAccount(const AcmeAccountRow& account) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Session> session, Open(pool_, Access::kWrite));
  absl::StatusOr<AcmeAccountRow> stored =
      session->Run([&](pqxx::transaction_base& sql) -> absl::StatusOr<AcmeAccountRow> {
        sql.exec_params0(kInsertAccount, account.ca, account.key.key_id,
                         HexText(account.key.octets), account.url);
        return AccountFrom(sql.exec_params1(kGetAccount, account.ca));
      });
  if (stored.ok()) RETURN_IF_ERROR(session->Commit());
  return stored;
}

absl::Status PostgresAccountStore::SetAccountUrl(const std::string& ca, const std::string& url) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Session> session, Open(pool_, Access::kWrite));
  RETURN_IF_ERROR(session->Run([&](pqxx::transaction_base& sql) -> absl::Status {
    const pqxx::result updated = sql.exec_params(kSetUrl, ca, url);
    return updated.affected_rows() == 0 ? absl::NotFoundError("no account at this CA yet")
                                        : absl::OkStatus();
  }));
  return session->Commit();
}

}  // namespace cert
