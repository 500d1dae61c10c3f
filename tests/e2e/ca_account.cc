#include "e2e/ca_account.h"

#include <pqxx/pqxx>
#include <variant>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/clock.h"
#include "base/deadline.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cert/acme/acme_client.h"
#include "cert/acme/curl_transport.h"
#include "cert/keys/sealer.h"
#include "e2e/tenant.h"

namespace e2e {
namespace {

constexpr char kAccount[] =
    "SELECT ca, url, key_id, encode(key_octets, 'hex') FROM padlock.acme_accounts WHERE url <> ''";

absl::StatusOr<cert::AcmeAccount> Account(lab::Lab& lab) {
  pqxx::connection connection(lab.DatabaseFor("postgres"));
  const pqxx::row row = pqxx::nontransaction(connection).exec1(kAccount);
  const auto text = [&row](int column) { return row[column].as<std::string>(); };
  ASSIGN_OR_RETURN(const std::string kek, base::ReadFile(lab.key_encryption_key_file()));
  ASSIGN_OR_RETURN(const cert::Sealer sealer,
                   cert::Sealer::Create({{.id = text(2), .octets = kek}}));
  ASSIGN_OR_RETURN(std::string key_pem,
                   sealer.Open({.table = "acme_accounts", .id = text(0)},
                               {.key_id = text(2), .octets = absl::HexStringToBytes(text(3))}));
  return cert::AcmeAccount{.key_pem = std::move(key_pem), .url = text(1)};
}

}  // namespace

absl::Status DeactivateAtCa(lab::Lab& lab, const std::string& authorization_url) {
  ASSIGN_OR_RETURN(const cert::AcmeAccount account, Account(lab));
  cert::CurlTransport transport({.tls_ca_file = lab.authority().root_file()});
  cert::HttpAcmeClient client({.directory_url = lab.acme().DirectoryUrl()}, transport,
                              base::SystemClock());
  ASSIGN_OR_RETURN(
      const auto reply,
      client.DeactivateAuthorization(account, authorization_url, base::Deadline::After(kPatience)));
  const auto* problem = std::get_if<cert::AcmeProblem>(&reply);
  return problem == nullptr
             ? absl::OkStatus()
             : absl::FailedPreconditionError(absl::StrCat(problem->type, ": ", problem->detail));
}

}  // namespace e2e
