// What callers may do with certificates: each method authorizes, validates and acts in one
// transaction.

#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
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
  std::optional<Renewal> renewal = std::nullopt;           // of the issuance in use
  // Of the domains that it waits for.
  std::optional<absl::Time> domain_look_time = std::nullopt;
};

struct FetchedIssuance {
  Issuance issuance;
  std::string private_key_pem;  // empty unless asked for
};

// Thread-safe. Errors beyond those of each method as of Domains.
class Certificates {
 public:
  struct RevokeInput {
    std::string name;
    RevocationReason reason = RevocationReason::kUnspecified;
    std::string proof_pem;  // of a compromise (caller_csr.h); empty: none
  };

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

  // Asks for the revocation of everything that was issued for the certificate and has not expired;
  // the reconciler sees to it. What is in use stays served until its replacement, which is ordered
  // at once. Operators may; with a proof that the key of one of them is compromised every reader,
  // and then those with this key are revoked. Of a deleted certificate, too. INVALID_ARGUMENT: the
  // proof is none. FAILED_PRECONDITION: nothing is issued that has not expired.
  absl::StatusOr<CertificateDetails> Revoke(const Caller& caller, const RevokeInput& input);

  // A consumer serves what has this serial number. It is an event if that was awaited; else nothing
  // changes. Key-readers may. INVALID_ARGUMENT: it is no serial number. FAILED_PRECONDITION: it is
  // none of what is in use, whose serial numbers are named.
  absl::StatusOr<CertificateDetails> ConfirmDeployment(const Caller& caller,
                                                       const std::string& name,
                                                       const std::string& serial);

 private:
  Store& store_;
  const Sealer& sealer_;
};

}  // namespace cert
