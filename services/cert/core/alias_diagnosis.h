// The finding over a CNAME that leads elsewhere: whose target it is, if that can be told.

#pragma once

#include <string>

#include "cert/core/diagnosis.h"
#include "cert/core/sighting.h"

namespace cert {

// `about`: the record that should be there. `target`: where its CNAME was followed to, so that the
// sightings' servers are not those that have it; empty where it is among what the sightings show.
Finding CnameElsewhere(Finding about, const Sightings& sightings, const std::string& target,
                       const DiagnosisContext& context);

// They lead in a circle, or are too many.
Finding CnameLoop(Finding about, const Sightings& sightings);

// The provider whose certificates are validated through CNAMEs to this name, or to names below it;
// empty when it is nobody's whom we know.
std::string ProviderOf(const std::string& target);

}  // namespace cert
