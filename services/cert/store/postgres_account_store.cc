#include "cert/store/postgres_account_store.h"

#include <memory>

#include "base/status_macros.h"
#include "cert/store/row_values.h"
#include "cert/store/session.h"

namespace cert {
namespace {

constexpr char kGetAccount[] = R"(
SELECT ca, key_id, encode(key_octets, 'hex') AS key_octets, url, next_key_id,
       encode(next_key_octets, 'hex') AS next_key_octets
FROM padlock.acme_accounts WHERE ca = $1)";

constexpr char kInsertAccount[] = R"(
INSERT INTO padlock.acme_accounts (ca, key_id, key_octets, url)
VALUES ($1, $2, decode($3, 'hex'), $4)
ON CONFLICT (ca) DO NOTHING)";

constexpr char kSetUrl[] = "UPDATE padlock.acme_accounts SET url = $2 WHERE ca = $1";

constexpr char kPutNextKey[] = R"(
UPDATE padlock.acme_accounts SET next_key_id = $2, next_key_octets = decode($3, 'hex')
WHERE ca = $1 AND next_key_id IS NULL)";

constexpr char kDropNextKey[] = R"(
UPDATE padlock.acme_accounts SET next_key_id = NULL, next_key_octets = NULL
WHERE ca = $1 AND next_key_octets = decode($2, 'hex'))";

constexpr char kPromote[] = R"(
UPDATE padlock.acme_accounts
SET key_id = next_key_id, key_octets = next_key_octets, next_key_id = NULL, next_key_octets = NULL
WHERE ca = $1 AND next_key_octets = decode($2, 'hex'))";

AcmeAccountRow AccountFrom(const pqxx::row& row) {
  const RowReader reader(row);
  AcmeAccountRow account{.ca = reader.Text("ca"),
                         .key = reader.Secret("key_id", "key_octets"),
                         .url = reader.Text("url")};
  if (reader.MaybeText("next_key_id").has_value()) {
    account.next_key = reader.Secret("next_key_id", "next_key_octets");
  }
  return account;
}

absl::StatusOr<std::unique_ptr<Session>> Open(ConnectionPool& pool, Access access) {
  return Session::Open(pool, TenantId(), access,
                       base::Deadline::After(pool.options().borrow_timeout));
}

}  // namespace

absl::StatusOr<AcmeAccountRow> PostgresAccountStore::GetAccount(const std::string& ca) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Session> session, Open(pool_, Access::kRead));
  return session->Run([&](Statements& sql) -> absl::StatusOr<AcmeAccountRow> {
    const pqxx::result found = sql.exec_params(kGetAccount, ca);
    if (found.empty()) return absl::NotFoundError("no account at this CA yet");
    return AccountFrom(found[0]);
  });
}

absl::StatusOr<AcmeAccountRow> PostgresAccountStore::InsertAccount(const AcmeAccountRow& account) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Session> session, Open(pool_, Access::kWrite));
  absl::StatusOr<AcmeAccountRow> stored =
      session->Run([&](Statements& sql) -> absl::StatusOr<AcmeAccountRow> {
        sql.exec_params0(kInsertAccount, account.ca, account.key.key_id,
                         HexText(account.key.octets), account.url);
        return AccountFrom(sql.exec_params1(kGetAccount, account.ca));
      });
  if (stored.ok()) RETURN_IF_ERROR(session->Commit());
  return stored;
}

absl::Status PostgresAccountStore::SetAccountUrl(const std::string& ca, const std::string& url) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Session> session, Open(pool_, Access::kWrite));
  RETURN_IF_ERROR(session->Run([&](Statements& sql) -> absl::Status {
    const pqxx::result updated = sql.exec_params(kSetUrl, ca, url);
    return updated.affected_rows() == 0 ? absl::NotFoundError("no account at this CA yet")
                                        : absl::OkStatus();
  }));
  return session->Commit();
}

absl::StatusOr<AcmeAccountRow> PostgresAccountStore::PutNextKey(const std::string& ca,
                                                                const SealedSecret& next_key) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Session> session, Open(pool_, Access::kWrite));
  absl::StatusOr<AcmeAccountRow> stored =
      session->Run([&](Statements& sql) -> absl::StatusOr<AcmeAccountRow> {
        sql.exec_params0(kPutNextKey, ca, next_key.key_id, HexText(next_key.octets));
        const pqxx::result found = sql.exec_params(kGetAccount, ca);
        if (found.empty()) return absl::NotFoundError("no account at this CA yet");
        return AccountFrom(found[0]);
      });
  if (stored.ok()) RETURN_IF_ERROR(session->Commit());
  return stored;
}

absl::Status PostgresAccountStore::PromoteNextKey(const std::string& ca,
                                                  const SealedSecret& next_key) {
  return ChangeNextKey(kPromote, ca, next_key);
}

absl::Status PostgresAccountStore::DropNextKey(const std::string& ca,
                                               const SealedSecret& next_key) {
  return ChangeNextKey(kDropNextKey, ca, next_key);
}

absl::Status PostgresAccountStore::ChangeNextKey(const char* statement, const std::string& ca,
                                                 const SealedSecret& next_key) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Session> session, Open(pool_, Access::kWrite));
  RETURN_IF_ERROR(session->Run([&](Statements& sql) -> absl::Status {
    const pqxx::result updated = sql.exec_params(statement, ca, HexText(next_key.octets));
    return updated.affected_rows() == 0
               ? absl::FailedPreconditionError("this is not the account's key to come")
               : absl::OkStatus();
  }));
  return session->Commit();
}

}  // namespace cert
