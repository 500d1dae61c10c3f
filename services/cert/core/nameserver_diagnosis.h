// The finding over a record that some nameserver denies: diagnosis.h for its commonest case.

#pragma once

#include "cert/core/diagnosis.h"
#include "cert/core/sighting.h"

namespace cert {

// The record that stands, or should stand, where the answer's question was asked: its type, name
// and expected value, with the line to paste. Where the context has a delegation target, a TXT
// question at the challenge name is about the customer's CNAME there; what lies behind it is ours.
Finding AboutRecord(const Answer& answer, const DiagnosisContext& context);

// Our own nameservers do not show the value yet, or do not answer.
Finding DelegationFinding(const Answer& answer, const Sightings& sightings,
                          const DiagnosisContext& context);

// `disagree`: the nameservers' votes against the record; at least one. `evidence` holds the other
// questions of the same inquiry.
Finding DiagnoseNameservers(const Evidence& evidence, const Answer& answer,
                            const Sightings& disagree, const DiagnosisContext& context);

}  // namespace cert
