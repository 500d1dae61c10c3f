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

struct CertificateSettings {
  // Configured names, in the order in which they are asked; empty: all that are configured.
  std::vector<std::string> authorities = {};

  bool operator==(const CertificateSettings&) const = default;
};

}  // namespace cert
