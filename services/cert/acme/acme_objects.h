// The JSON of RFC 8555, 7.1, parsed once into types that cannot be wrong. Pure. Every function
// returns INTERNAL, with a sentence, for what the RFC does not allow or what exceeds a bound: 1,000
// identifiers of an order, 100 challenges, 10,000 orders on a page, 50 profiles, 20 names for CAA.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cert/core/acme_types.h"

namespace cert {

// RFC 8555, 7.1.1.
struct AcmeDirectory {
  std::string new_nonce;
  std::string new_account;
  std::string new_order;
  std::string revoke_cert;
  std::string key_change;    // empty where it offers none
  std::string renewal_info;  // likewise (RFC 9773, 4.1)
  AcmeMetadata metadata;

  bool operator==(const AcmeDirectory&) const = default;
};

// What is only for information and not as it should be counts as absent.
absl::StatusOr<AcmeDirectory> ParseDirectory(const std::string& body);

// RFC 9773, 4.2. `retry_after` is left empty: it is not in the body.
absl::StatusOr<AcmeRenewalInfo> ParseRenewalInfo(const std::string& body);

// The URL of the account's list of orders (RFC 8555, 7.1.2); absent when the CA keeps none.
absl::StatusOr<std::optional<std::string>> ParseAccountOrders(const std::string& body);

// One page of that list (RFC 8555, 7.1.2.1).
absl::StatusOr<std::vector<std::string>> ParseOrderList(const std::string& body);

// RFC 8555, 7.1.3. `url` and `retry_after` are left empty: they are not in the body.
absl::StatusOr<AcmeOrder> ParseOrder(const std::string& body);

// RFC 8555, 7.1.4, likewise. `thumbprint` is that of the account's key.
absl::StatusOr<AcmeAuthorization> ParseAuthorization(const std::string& body,
                                                     const std::string& thumbprint);

}  // namespace cert
