// What went wrong in a step, whoever's fault it is: what follows for the order, and what its owner
// is told.

#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "cert/acme/client.h"
#include "cert/core/acme_policy.h"
#include "cert/core/ca_ledger.h"
#include "cert/core/finding.h"
#include "cert/core/refused_names.h"

namespace cert {

struct Setback {
  Disposition disposition = Disposition::kRetryStep;
  Finding finding;
  std::optional<absl::Duration> retry_after = std::nullopt;  // what the CA asked for
  std::optional<AcmeProblem> problem = std::nullopt;         // in the CA's own words
  std::vector<RefusedName> refused = {};                     // where it is known beside `problem`
  std::optional<LimitWait> wait = std::nullopt;  // that our own rules make the order wait out there
  // It does not answer, or answers 5xx, or does not say where and with which nonce it is asked, or
  // serves nobody before our operators act.
  bool ca_is_down = false;
  bool was_spared = false;  // the CA was not asked, as others have no answer: ca_is_down, too
  // malformed or unauthorized, which is also what CAs say to a signature by a key that is the
  // account's no longer.
  bool refused_signature = false;
  bool account_is_gone = false;  // accountDoesNotExist: the CA has lost its memory
  bool nobodys_fault = false;    // no failure: another order follows at once
};

Setback SetbackOf(const AcmeProblem& problem, const std::string& ca,
                  AcmeStage stage = AcmeStage::kRequest);

// A CA that could not be reached or does not speak RFC 8555.
Setback SetbackOf(const absl::Status& status, const std::string& ca);

// The store, a key or a file of ours failed us, and no CA has a part in it: the same step again.
// The owner is told the code alone; the log has the rest.
Setback OurTrouble(const absl::Status& status);

// A value or what went wrong instead.
template <typename T>
using Outcome = std::variant<T, Setback>;

template <typename T>
Outcome<T> Sort(AcmeReply<T> reply, const std::string& ca, AcmeStage stage = AcmeStage::kRequest) {
  if (!reply.ok()) return SetbackOf(reply.status(), ca);
  if (const auto* problem = std::get_if<AcmeProblem>(&*reply))
    return SetbackOf(*problem, ca, stage);
  return std::get<T>(*std::move(reply));
}

}  // namespace cert
