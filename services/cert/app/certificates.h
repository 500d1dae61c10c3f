// What callers may do with certificates: each method authorizes, validates and acts in one
// transaction.

#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "cert/app/caller.h"
#include "cert/app/page.h"
#include "cert/core/model.h"
#include "cert/keys/sealer.h"
#include "cert/store/store.h"

namespace cert {

struct CertificateDetails {
  Certificate certificate;
  std::optional<Order> order = std::nullopt;               // the live one
  std::optional<Issuance> issuance = std::nullopt;         // the one in use
  std::optional<Issuance> second_issuance = std::nullopt;  // of a dual: with the RSA key
  std::optional<EvidenceRecord> evidence = std::nullopt;   // of the order's latest check
};

struct FetchedIssuance {
  Issuance issuance;
  std::string private_key_pem;  // empty unless asked for
};

// Thread-safe. Errors beyond those of each method as of Domains.
class Certificates {
 public:
  enum class View { kBasic, kWithEvidence };

  // Both must outlive this object.
  Certificates(Store& store, const Sealer& sealer) : store_(store), sealer_(sealer) {}

  absl::StatusOr<CertificateDetails> Get(const Caller& caller, const std::string& name, View view);

  absl::StatusOr<Page<CertificateDetails>> List(const Caller& caller, const std::string& parent,
                                                std::optional<CertificateState> state,
                                                const PageRequest& page);

  // With the key only for key-readers; that it was read is an event, stored before the key leaves.
  // Without a type the main one. FAILED_PRECONDITION: nothing is issued yet; the certificate has no
  // key of this type, or its key is the caller's.
  absl::StatusOr<FetchedIssuance> Fetch(const Caller& caller, const std::string& name,
                                        bool with_key, std::optional<KeyType> type = std::nullopt);

 private:
  Store& store_;
  const Sealer& sealer_;
};

}  // namespace cert
