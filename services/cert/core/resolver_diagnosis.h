// The findings over public resolvers, where the nameservers themselves agree.

#pragma once

#include "cert/core/diagnosis.h"
#include "cert/core/sighting.h"

namespace cert {

// `behind`: resolvers that say 'no'; at least one. One that had named an earlier moment, in the
// evidence of the look before, at which its 'no' would be over, is stuck.
Finding DiagnoseBehind(const Answer& answer, const Sightings& behind,
                       const DiagnosisContext& context);

// Too few resolvers say anything at all.
Finding ResolverOutage(const Answer& answer, const Sightings& silent);

}  // namespace cert
