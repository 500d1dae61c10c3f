// What is shown of domains. The owner of a zone chooses how much its servers answer, so the
// evidence of one check may take megabytes, of which mostly a decision per record is shown: it is
// read one subject at a time, and dropped before the next.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cert/core/agreement.h"
#include "cert/core/ids.h"
#include "cert/core/model.h"
#include "cert/core/proof.h"
#include "cert/store/store.h"

namespace cert {

// A record that the customer must create, and how the latest check of it decided.
struct ShownRecord {
  RequiredRecord record;
  OrderId order = {};                               // of a token: whose checks look for it
  std::optional<Decision> decision = std::nullopt;  // unset before the first check
};

struct DomainDetails {
  Domain domain;
  std::vector<ShownRecord> records = {};                  // that stay
  std::vector<ShownRecord> tokens = {};                   // for the orders of its certificates
  std::optional<EvidenceRecord> evidence = std::nullopt;  // of its latest check; kWithEvidence
};

enum class DomainView { kBasic, kWithEvidence };

// The store's errors.
absl::StatusOr<DomainDetails> DetailsOf(Transaction& transaction, Domain domain,
                                        const AgreementPolicy& policy,
                                        DomainView view = DomainView::kBasic);
absl::StatusOr<std::vector<DomainDetails>> DetailsOf(Transaction& transaction,
                                                     std::vector<Domain> domains,
                                                     const AgreementPolicy& policy);

// ---- The parts, for tests ----

// How the evidence decides on the record; nothing if it was not asked for.
std::optional<Decision> DecisionOn(const RequiredRecord& record, const Evidence& evidence,
                                   const AgreementPolicy& policy);

// Sets the decisions on all tokens. The evidence of each order is read once, however many of the
// domains share it, and is gone before the next is read. Errors: those of `latest_of`.
using LatestEvidenceOf =
    absl::FunctionRef<absl::StatusOr<std::optional<EvidenceRecord>>(const OrderId&)>;
absl::Status DecideOnTokens(const AgreementPolicy& policy, LatestEvidenceOf latest_of,
                            std::vector<DomainDetails>& all);

}  // namespace cert
