// The finding over an http-01 resource (RFC 8555, 8.3) that some address of the host denies, or of
// which none could tell, or of which nameservers do not say where it is: diagnosis.h for
// RecordType::kHttp.

#pragma once

#include "cert/core/diagnosis.h"
#include "cert/core/sighting.h"

namespace cert {

// `sightings`: the web servers, or nameservers of the host, that deny it, or those that could not
// tell; at least one.
Finding DiagnoseHttp(const Answer& answer, const Sightings& sightings,
                     const DiagnosisContext& context);

}  // namespace cert
