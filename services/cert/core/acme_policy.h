// What a CA's refusal means for the order and its certificate.

#pragma once

#include <string>

#include "cert/core/acme_types.h"
#include "cert/core/finding.h"

namespace cert {

enum class Disposition {
  kRetryStep,  // passing trouble: the same request again
  kNewOrder,   // terminal for this order: another one after a pause
  kGiveUp,     // terminal for the certificate until somebody changes something
};

// RFC 8555 6.7. Unknown types are judged by their HTTP status.
Disposition Judge(const AcmeProblem& problem);

// Whether it is about Padlock's account, and so meets every order of it until its operators act:
// new terms to agree to, a contact, an external account binding.
bool IsForOperators(const AcmeProblem& problem);

// What we wanted of the CA when it refused: "unauthorized" means another thing each time.
enum class AcmeStage {
  kRegistration,  // newAccount: our account, or its external account binding
  kRequest,       // any other request: our account, from which the CA takes none (7.3.6)
  // The error of an authorization, challenge or order:
  kDnsValidation,   // the customer's records
  kHttpValidation,  // the customer's web servers
};

// The finding for the owner. `ca` is its configured name.
Finding FindingOf(const AcmeProblem& problem, const std::string& ca,
                  AcmeStage stage = AcmeStage::kRequest);

}  // namespace cert
