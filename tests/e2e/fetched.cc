#include "e2e/fetched.h"

#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"
#include "lab/process.h"

namespace e2e {
namespace {

// Of lines such as "    DNS:*.shop.test, DNS:shop.test".
std::vector<std::string> ParseNames(const std::string& text) {
  std::vector<std::string> names;
  for (absl::string_view word : absl::StrSplit(text, absl::ByAnyChar(" ,\n"), absl::SkipEmpty())) {
    if (absl::ConsumePrefix(&word, "DNS:")) names.emplace_back(word);
  }
  return names;
}

}  // namespace

absl::StatusOr<Fetched> Fetch(Tenant& tenant, const std::string& hostname) {
  const std::string base = absl::StrFormat("%s/%s", tenant.lab().stack().directory(), hostname);
  const std::string chain = base + ".pem";
  const std::string key = base + ".key";
  RETURN_IF_ERROR(tenant.Padlock({"fetch", hostname, "--chain", chain, "--key", key}).status());
  RETURN_IF_ERROR(lab::RunCommand({"openssl", "verify", "-CAfile", tenant.lab().issuer_roots_file(),
                                   "-untrusted", chain, chain})
                      .status());
  Fetched fetched;
  ASSIGN_OR_RETURN(const std::string names, lab::RunCommand({"openssl", "x509", "-in", chain,
                                                             "-noout", "-ext", "subjectAltName"}));
  fetched.names = ParseNames(names);
  ASSIGN_OR_RETURN(fetched.certificate_public_key,
                   lab::RunCommand({"openssl", "x509", "-in", chain, "-noout", "-pubkey"}));
  ASSIGN_OR_RETURN(fetched.private_key_public_key,
                   lab::RunCommand({"openssl", "pkey", "-in", key, "-pubout"}));
  return fetched;
}

}  // namespace e2e
