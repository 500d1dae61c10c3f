// What callers may do with domains: each method authorizes, validates and acts in one transaction.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/random.h"
#include "cert/app/caller.h"
#include "cert/app/page.h"
#include "cert/core/hostname.h"
#include "cert/core/model.h"
#include "cert/store/store.h"

namespace cert {

struct DomainDetails {
  Domain domain;
  std::optional<EvidenceRecord> evidence = std::nullopt;  // of the latest check
};

struct CreateDomainInput {
  std::string parent;
  std::string hostname;
  bool wildcard = false;
  CertificateSettings settings = {};
  std::string idempotency_key;  // empty: none
  bool challenge = false;       // even while another tenant holds the hostname
};

// Thread-safe. Errors beyond those of each method: the store's; INVALID_ARGUMENT with the field's
// name first; PERMISSION_DENIED and NOT_FOUND as authorize.h gives them.
class Domains {
 public:
  struct Options {
    std::string delegation_zone;
    std::vector<std::string> reserved_zones = {};  // ours: nobody may add names inside them
    std::vector<std::string> authorities = {};     // the names of the configured CAs
  };

  // Both must outlive this object.
  Domains(Store& store, base::Random& random, Options options);

  // ALREADY_EXISTS: the tenant has the hostname, or used the key for another request.
  // FAILED_PRECONDITION: another tenant holds the hostname, and it is not to be challenged.
  absl::StatusOr<DomainDetails> Create(const Caller& caller, const CreateDomainInput& input);

  absl::StatusOr<DomainDetails> Get(const Caller& caller, const std::string& name);

  absl::StatusOr<Page<DomainDetails>> List(const Caller& caller, const std::string& parent,
                                           const PageRequest& page);

  // Looks at the records at once and starts the schedule anew; so does its certificate's, where
  // that waits for a pause or has failed. FAILED_PRECONDITION: it is being deleted.
  absl::StatusOr<DomainDetails> Recheck(const Caller& caller, const std::string& name);

  // Gives up the claim, the certificate and its live order; what stands in the delegation zone is
  // withdrawn later. With `revoke` what was issued is revoked later, too. Deleting again, while
  // that goes on, changes nothing.
  absl::Status Delete(const Caller& caller, const std::string& name, bool revoke = false);

 private:
  struct Admission;

  absl::Status CheckZones(const Hostname& host) const;
  absl::StatusOr<Domain> CreateIn(Transaction& transaction, const Admission& admission);
  absl::StatusOr<Domain> NewDomain(Transaction& transaction, const Admission& admission);

  Store& store_;
  base::Random& random_;
  const Options options_;
};

}  // namespace cert
