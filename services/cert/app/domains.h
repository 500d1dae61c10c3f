// What callers may do with domains: each method authorizes, validates and acts in one transaction.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/random.h"
#include "cert/app/caller.h"
#include "cert/app/domain_details.h"
#include "cert/app/domain_maker.h"
#include "cert/app/page.h"
#include "cert/core/agreement.h"
#include "cert/core/hostname.h"
#include "cert/core/model.h"
#include "cert/store/store.h"

namespace cert {

struct CreateDomainInput {
  std::string parent;
  std::string hostname;
  bool wildcard = false;
  ValidationMethod method = ValidationMethod::kDelegation;
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
    bool answers_http = false;                     // whether HTTP validation is possible
    AgreementPolicy policy = {};                   // by which what checks saw is decided
  };

  // Both must outlive this object.
  Domains(Store& store, base::Random& random, Options options);

  // ALREADY_EXISTS: the tenant has the hostname, or used the key for another request.
  // FAILED_PRECONDITION: another tenant holds the hostname, and it is not to be challenged.
  absl::StatusOr<DomainDetails> Create(const Caller& caller, const CreateDomainInput& input);

  absl::StatusOr<DomainDetails> Get(const Caller& caller, const std::string& name,
                                    DomainView view = DomainView::kBasic);

  struct Filter {
    std::string hostname = {};  // any when empty
    std::optional<DomainState> state = {};
  };
  absl::StatusOr<Page<DomainDetails>> List(const Caller& caller, const std::string& parent,
                                           const Filter& filter, const PageRequest& page);

  // Looks at the records at once and starts the schedule anew. So does each of its certificates,
  // where that waits: tokens that live are looked for at once, dead ones are replaced.
  // FAILED_PRECONDITION: it is being deleted. RESOURCE_EXHAUSTED, with base/retry_delay.h's delay:
  // it was asked for too often, of this domain or by the tenant.
  absl::StatusOr<DomainDetails> Recheck(const Caller& caller, const std::string& name);

  // Proves and validates it by `method` from now on. Its live orders are replaced, and the schedule
  // starts anew. FAILED_PRECONDITION: it is being deleted, or a certificate has its wildcard, which
  // the method cannot validate. RESOURCE_EXHAUSTED: as Recheck, whose budget it spends too; the
  // method that it has already costs nothing.
  absl::StatusOr<DomainDetails> ChangeMethod(const Caller& caller, const std::string& name,
                                             ValidationMethod method);

  // Gives up the claim, the certificate and its live order; what stands in the delegation zone is
  // withdrawn later. With `revoke` what was issued is revoked later, too. Deleting again, while
  // that goes on, changes nothing. FAILED_PRECONDITION: a certificate of several names has names of
  // it.
  absl::Status Delete(const Caller& caller, const std::string& name, bool revoke = false);

 private:
  struct Admission;

  absl::StatusOr<Domain> CreateIn(Transaction& transaction, const Admission& admission);

  Store& store_;
  base::Random& random_;
  const DomainMaker maker_;
  const std::vector<std::string> authorities_;
  const AgreementPolicy policy_;
};

}  // namespace cert
