// What a caller chooses of how a name is validated and how its certificate is made.

#pragma once

#include <optional>
#include <string>
#include <vector>

namespace cert {

// How a domain's names are validated at the CA.
enum class ValidationMethod {
  kDelegation = 1,  // dns-01 through the customer's CNAME to our delegation zone
  kTxt,             // dns-01, the customer creates the TXT records of each order
  kHttp,            // http-01, the customer's host points at our edge
};

// "DELEGATION", "TXT", "HTTP": stable.
const char* MethodName(ValidationMethod method);
std::optional<ValidationMethod> ParseMethod(const std::string& name);

// Whose key an issuance holds, and of which type.
enum class KeyType {
  kEcdsaP256 = 1,
  kRsa2048,
  kCallers,  // came in the caller's certificate request; we never have it
};

// "ECDSA_P256", "RSA_2048", "CALLERS": stable.
const char* KeyTypeName(KeyType type);
std::optional<KeyType> ParseKeyType(const std::string& name);

// Which keys are drawn for a certificate, a fresh one for each issuance.
enum class KeyChoice {
  kEcdsaP256 = 1,
  kRsa2048,
  kDual,  // both: an issuance of each, ordered one after the other
};

// "ECDSA_P256", "RSA_2048", "DUAL": stable.
const char* KeyChoiceName(KeyChoice choice);
std::optional<KeyChoice> ParseKeyChoice(const std::string& name);

// Whether it can be the name of a CA's profile: 1 to 64 characters of [A-Za-z0-9._-]. It stands in
// our configuration, in requests and in JSON, and nothing of it needs quoting there.
bool IsProfileName(const std::string& name);

struct CertificateSettings {
  // Configured names, in the order in which they are asked; empty: all that are configured.
  std::vector<std::string> authorities = {};
  // Of several names: issued for those that are proved and not refused (set_aside.h), the others
  // follow.
  bool partial = false;
  std::string profile = {};  // of the CA; its configured or own default when empty
  KeyChoice keys = KeyChoice::kEcdsaP256;
  std::string csr_pem = {};  // the caller's request, in place of keys of ours; empty: none
  bool backup = false;       // a second one from another CA is kept undeployed (backup.h)
  // Asked for with it, for the domains that it makes; theirs may be changed later. Unset: unknown.
  std::optional<ValidationMethod> method = std::nullopt;

  bool operator==(const CertificateSettings&) const = default;
};

}  // namespace cert
