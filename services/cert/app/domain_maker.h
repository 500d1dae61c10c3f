// Makes domains, for the calls that add hostnames: one alone, or several with a certificate.

#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/random.h"
#include "cert/core/hostname.h"
#include "cert/core/model.h"
#include "cert/store/store.h"

namespace cert {

// Thread-safe.
class DomainMaker {
 public:
  struct Options {
    std::string delegation_zone;
    std::vector<std::string> reserved_zones = {};  // ours: nobody may add names inside them
    bool answers_http = false;                     // whether http-01 challenges can be answered
  };

  // `random` must outlive this object.
  DomainMaker(base::Random& random, Options options)
      : random_(random), options_(std::move(options)) {}

  // INVALID_ARGUMENT: inside our own zones.
  absl::Status CheckZones(const Hostname& host) const;

  // INVALID_ARGUMENT: the method cannot validate a wildcard, or not here.
  absl::Status CheckMethod(ValidationMethod method, bool wildcard) const;

  struct Request {
    TenantId tenant;
    Hostname host;
    bool wildcard = false;
    bool challenge = false;  // even if another tenant holds the hostname
    ValidationMethod method = ValidationMethod::kDelegation;
    std::string request_id;
  };
  // Pending, without a certificate, not stored. FAILED_PRECONDITION: another tenant holds the
  // hostname. INVALID_ARGUMENT: it is too long for its derived names.
  absl::StatusOr<Domain> Make(Transaction& transaction, const Request& request) const;

 private:
  base::Random& random_;
  const Options options_;
};

}  // namespace cert
