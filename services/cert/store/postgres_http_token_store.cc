#include "cert/store/postgres_http_token_store.h"

#include <memory>

#include "base/status_macros.h"
#include "cert/store/row_values.h"
#include "cert/store/session.h"

namespace cert {
namespace {

// Several orders may have the same token, where the CA hands an authorization out again.
constexpr char kFindKeyAuthorization[] = R"(
SELECT key_authorization FROM padlock.http_tokens WHERE token = $1 AND hostname = $2 LIMIT 1)";

}  // namespace

absl::StatusOr<std::optional<std::string>> PostgresHttpTokenStore::FindKeyAuthorization(
    const std::string& token, const std::string& hostname) {
  using Result = absl::StatusOr<std::optional<std::string>>;
  ASSIGN_OR_RETURN(const std::unique_ptr<Session> session,
                   Session::Open(pool_, TenantId(), Access::kRead,
                                 base::Deadline::After(pool_.options().borrow_timeout)));
  return session->Run([&](Statements& sql) -> Result {
    const pqxx::result found = sql.exec_params(kFindKeyAuthorization, token, hostname);
    if (found.empty()) return std::nullopt;
    return found[0][0].as<std::string>();
  });
}

}  // namespace cert
