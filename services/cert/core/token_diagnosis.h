// The finding over an order's tokens, each of which stands where its domain's method has it.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cert/core/agreement.h"
#include "cert/core/diagnosis.h"
#include "cert/core/finding.h"
#include "cert/core/inquiry.h"
#include "cert/core/model.h"
#include "cert/core/refused_names.h"

namespace cert {

// What diagnosis must know of an answer to this one of TokenQuestions(order): the delegation target
// of its own domain, empty where the customer handles the token or where it is no DNS record.
DiagnosisContext TokenContext(const Order& order, const Question& question,
                              const std::string& delegation_zone);

// As Diagnose() over the answers to TokenQuestions(order), each with the delegation target of its
// own domain; what a customer can mend comes before what could not be told.
std::optional<Finding> DiagnoseTokens(const Order& order, const Evidence& evidence,
                                      const AgreementPolicy& policy,
                                      const std::string& delegation_zone);

// The order's names whose tokens are certainly not there, each with its finding; not those of which
// the fault is in our own zone.
std::vector<RefusedName> NamesUnseen(const Order& order, const Evidence& evidence,
                                     const AgreementPolicy& policy,
                                     const std::string& delegation_zone);

}  // namespace cert
