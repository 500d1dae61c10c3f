// Which names of a certificate may be ordered now: by its domains and the claims on them, and by
// what is set aside.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cert/core/finding.h"
#include "cert/core/model.h"
#include "cert/store/store.h"

namespace cert {

struct Coverage {
  std::vector<std::string> names;                 // that may be ordered
  std::optional<Finding> missing = std::nullopt;  // about those that may not
  std::vector<Domain> domains;                    // of the certificate

  // Whether an order may be opened: for all names, or for some where that is enough.
  bool Suffices(const CertificateSettings& settings) const {
    return !missing || (settings.partial && !names.empty());
  }
};

// In the certificate's order; unlocked. NOT_FOUND when one is not there.
absl::StatusOr<std::vector<Domain>> DomainsOf(Transaction& transaction,
                                              const Certificate& certificate);

// A name may be ordered while its domain is proved and the tenant holds the claim through it. Once
// something is issued, the claim is enough: it survives the records (docs/architecture.md).
absl::StatusOr<Coverage> CoverageOf(Transaction& transaction, const Certificate& certificate);

// What is wrong with the claim on one of these names, of these domains: the tenant holds it no
// more, or not yet again. Nothing where it holds them all.
absl::StatusOr<std::optional<Finding>> UnclaimedName(Transaction& transaction,
                                                     const std::vector<Domain>& domains,
                                                     const std::vector<std::string>& names);

// Wakes the certificates of several names that wait for this domain, or would have its names too.
absl::Status WakeCertificatesSharing(Transaction& transaction, const Domain& domain);

}  // namespace cert
