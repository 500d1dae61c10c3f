// How much evidence is kept of one check. The owner of a zone chooses how much its servers answer,
// an order asks about up to a hundred names from every perspective, and twenty attempts of each
// subject are stored. Pure.

#pragma once

#include <cstddef>

#include "cert/core/inquiry.h"

namespace cert {

// Of the observations of all answers together, by their texts and 512 octets for what is beside
// them. A reply with all of it stays below the 4 MiB that gRPC clients take unless told otherwise.
inline constexpr std::size_t kMaxEvidenceBytes = std::size_t{7} << 19U;

// Leaves evidence that is not larger as it is. Of larger evidence each view (one perspective's of
// one question) keeps what fits into its equal share, so that one name costs the others nothing.
// Of a view that does not fit, the first texts to go are the values that no question expects, but
// for two of each observation, and the middle of CNAME chains; then observations go, those that
// agree first and those that disagree last, so that no 'no' is lost to a 'yes'. One is always
// left. What lost something says so in its note.
void LimitEvidence(Evidence& evidence);

}  // namespace cert
