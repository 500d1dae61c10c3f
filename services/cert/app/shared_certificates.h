// What callers may do with certificates of several names, whose domains may have certificates of
// their own and share others.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/random.h"
#include "cert/app/caller.h"
#include "cert/app/domain_maker.h"
#include "cert/core/covered_names.h"
#include "cert/core/model.h"
#include "cert/store/store.h"

namespace cert {

struct CreateCertificateInput {
  std::string parent;
  std::vector<std::string> names;
  std::optional<ValidationMethod> method = std::nullopt;  // unset: of new domains kDelegation
  CertificateSettings settings = {};
  std::string idempotency_key;  // empty: none
};

// Thread-safe. Errors as of Domains.
class SharedCertificates {
 public:
  struct Options {
    std::string delegation_zone;
    std::vector<std::string> reserved_zones = {};  // as of Domains
    std::vector<std::string> authorities = {};
    bool answers_http = false;
    std::size_t max_names = 100;  // after folding; what every configured CA takes
  };

  // Both must outlive this object.
  SharedCertificates(Store& store, base::Random& random, Options options);

  // Makes the domains that are missing, and the certificate that waits for all of them. Duplicates
  // and names that a wildcard among them covers are left out.
  // ALREADY_EXISTS: the key was used for another request. FAILED_PRECONDITION: another tenant holds
  // a hostname, or a domain that is there is validated by another method.
  absl::StatusOr<Certificate> Create(const Caller& caller, const CreateCertificateInput& input);

  // Gives up its live order. Its domains stay. FAILED_PRECONDITION: it is a single domain's own.
  absl::Status Delete(const Caller& caller, const std::string& name, bool revoke = false);

 private:
  struct Admission;

  absl::StatusOr<std::vector<CoveredName>> ReadNames(const CreateCertificateInput& input) const;
  absl::StatusOr<Certificate> CreateIn(Transaction& transaction, const Admission& admission);
  absl::StatusOr<Domain> FindOrMake(Transaction& transaction, const Admission& admission,
                                    const Hostname& host);

  Store& store_;
  base::Random& random_;
  const DomainMaker maker_;
  const std::vector<std::string> authorities_;
  const std::size_t max_names_;
};

}  // namespace cert
