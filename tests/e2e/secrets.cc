#include "e2e/secrets.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <pqxx/pqxx>
#include <set>

#include "absl/strings/escaping.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cert/keys/openssl_ptr.h"
#include "cert/keys/sealer.h"
#include "lab/process.h"

namespace e2e {
namespace {

constexpr int kScalarBytes = 32;  // P-256
constexpr std::size_t kMostBytes = std::size_t{256} << 20U;
constexpr absl::Duration kDumpTimeout = absl::Seconds(60);

// Sealed keys with what they are bound to: table, tenant, row. An issuance has its order's.
constexpr char kSealedKeys[] = R"(
SELECT kind, tenant, id, key_id, encode(key_octets, 'hex')
FROM (SELECT 'orders' AS kind, tenant, id, key_id, key_octets FROM padlock.orders
      UNION SELECT 'orders', tenant, order_id, key_id, key_octets FROM padlock.issuances
      UNION SELECT 'acme_accounts', '', ca, key_id, key_octets FROM padlock.acme_accounts) AS keys
WHERE key_id IS NOT NULL)";

constexpr char kShownInTheDns[] = R"(
SELECT 'claim value of ' || hostname, claim_value FROM padlock.domains
UNION SELECT 'canary of ' || hostname, canary_value FROM padlock.domains
UNION SELECT 'TXT value of ' || identifier, txt_value FROM padlock.authorizations
WHERE txt_value <> '')";

absl::StatusOr<Secret> KeyIn(const std::string& pem, std::string name) {
  const cert::KeyPtr key = cert::ParsePrivateKey(pem);
  BIGNUM* number = nullptr;
  if (key == nullptr || EVP_PKEY_get_bn_param(key.get(), "priv", &number) != 1) {
    return absl::InternalError(name + " is no private key");
  }
  std::string scalar(kScalarBytes, '\0');
  BN_bn2binpad(number, cert::Octets(scalar), kScalarBytes);
  BN_clear_free(number);
  return Secret{.name = std::move(name), .octets = std::move(scalar), .is_key = true};
}

absl::Status AddFiles(lab::Lab& lab, std::vector<Secret>& secrets) {
  ASSIGN_OR_RETURN(const std::string kek, base::ReadFile(lab.key_encryption_key_file()));
  secrets.push_back({.name = "key-encryption key", .octets = kek, .is_key = true});
  std::string tsig;
  absl::Base64Unescape(lab.dns().delegation_key().secret, &tsig);
  secrets.push_back({.name = "TSIG secret", .octets = tsig, .is_key = true});
  for (const auto& file : std::filesystem::directory_iterator(lab.stack().directory() + "/tls")) {
    if (file.path().extension() != ".key") continue;
    ASSIGN_OR_RETURN(const std::string pem, base::ReadFile(file.path()));
    ASSIGN_OR_RETURN(Secret key, KeyIn(pem, "TLS key " + file.path().filename().string()));
    secrets.push_back(std::move(key));
  }
  return absl::OkStatus();
}

absl::Status AddSealedKeys(lab::Lab& lab, pqxx::transaction_base& database,
                           std::vector<Secret>& secrets) {
  ASSIGN_OR_RETURN(const std::string kek, base::ReadFile(lab.key_encryption_key_file()));
  for (const pqxx::row& row : database.exec(kSealedKeys)) {
    const auto text = [&row](int column) { return row[column].as<std::string>(); };
    ASSIGN_OR_RETURN(const cert::Sealer sealer,
                     cert::Sealer::Create({{.id = text(3), .octets = kek}}));
    const std::string sealed = absl::HexStringToBytes(text(4));
    ASSIGN_OR_RETURN(const std::string pem,
                     sealer.Open({.table = text(0), .tenant = text(1), .id = text(2)},
                                 {.key_id = text(3), .octets = sealed}));
    ASSIGN_OR_RETURN(Secret key, KeyIn(pem, absl::StrFormat("key of %s %s", text(0), text(2))));
    secrets.push_back(std::move(key));
  }
  return absl::OkStatus();
}

// base64 groups three octets: of the three ways in which a secret may lie in what was encoded, the
// characters that it alone determines.
std::vector<std::string> Base64Forms(const std::string& octets) {
  std::vector<std::string> forms;
  for (const std::size_t before : {0U, 1U, 2U}) {
    const std::string text = absl::Base64Escape(std::string(before, '\0') + octets);
    const std::size_t first = (before * 8 + 5) / 6;
    const std::size_t last = (before + octets.size()) * 8 / 6;
    forms.push_back(text.substr(first, last - first));
    forms.push_back(absl::StrReplaceAll(forms.back(), {{"+", "-"}, {"/", "_"}}));
  }
  return forms;
}

std::vector<std::string> Forms(const std::string& octets) {
  std::vector<std::string> forms = Base64Forms(octets);
  forms.push_back(octets);
  forms.push_back(absl::BytesToHexString(octets));
  forms.push_back(absl::StrReplaceAll(
      forms.back(), {{"a", "A"}, {"b", "B"}, {"c", "C"}, {"d", "D"}, {"e", "E"}, {"f", "F"}}));
  return forms;
}

void Report(const std::vector<std::string>& found, const std::string& place,
            std::vector<std::string>& leaks) {
  for (const std::string& name : found) leaks.push_back(absl::StrFormat("%s in %s", name, place));
}

bool IsOurs(const std::filesystem::path& log) {
  return log.filename().string().starts_with("padlock-");
}

}  // namespace

absl::StatusOr<std::vector<Secret>> CollectSecrets(lab::Lab& lab) {
  std::vector<Secret> secrets;
  RETURN_IF_ERROR(AddFiles(lab, secrets));
  for (const std::string& token : lab.acme().ChallengeTokens()) {
    secrets.push_back({.name = "challenge token", .octets = token});
  }
  pqxx::connection connection(lab.DatabaseFor("postgres"));
  pqxx::nontransaction database(connection);
  RETURN_IF_ERROR(AddSealedKeys(lab, database, secrets));
  for (const pqxx::row& row : database.exec(kShownInTheDns)) {
    secrets.push_back({.name = row[0].as<std::string>(), .octets = row[1].as<std::string>()});
  }
  return secrets;
}

std::vector<std::string> FindSecrets(const std::string& text, const std::vector<Secret>& secrets) {
  // As in a file, and as in a JSON string.
  const std::string joined = absl::StrReplaceAll(text, {{"\n", ""}, {"\\n", ""}});
  std::vector<std::string> found;
  for (const Secret& secret : secrets) {
    const std::vector<std::string> forms = Forms(secret.octets);
    const bool there = std::ranges::any_of(forms, [&](const std::string& form) {
      return text.find(form) != std::string::npos || joined.find(form) != std::string::npos;
    });
    if (there) found.push_back(secret.name);
  }
  return found;
}

absl::StatusOr<std::vector<std::string>> FindLeaks(lab::Lab& lab, const std::string& printed) {
  ASSIGN_OR_RETURN(const std::vector<Secret> secrets, CollectSecrets(lab));
  std::vector<Secret> keys = secrets;
  std::erase_if(keys, [](const Secret& secret) { return !secret.is_key; });
  std::vector<std::string> leaks;
  for (const auto& log : std::filesystem::directory_iterator(lab.stack().directory() + "/log")) {
    if (!IsOurs(log.path())) continue;
    ASSIGN_OR_RETURN(const std::string text, base::ReadFile(log.path(), kMostBytes));
    Report(FindSecrets(text, secrets), log.path().filename(), leaks);
  }
  ASSIGN_OR_RETURN(const std::string dump,
                   lab::RunCommand({"pg_dump", "--dbname=" + lab.DatabaseFor("postgres")},
                                   {.timeout = kDumpTimeout}));
  Report(FindSecrets(dump, keys), "the database dump", leaks);
  Report(FindSecrets(printed, keys), "the output of padlock", leaks);
  return leaks;
}

}  // namespace e2e
