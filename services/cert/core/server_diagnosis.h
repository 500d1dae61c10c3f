// The findings over nameservers themselves rather than over a record: that they cannot be reached,
// do not serve the zone, differ from what the parent says, or fail over IPv6.

#pragma once

#include <vector>

#include "cert/core/diagnosis.h"
#include "cert/core/sighting.h"

namespace cert {

// Nameservers that say neither 'yes' nor 'no'; at least one.
Finding DiagnoseSilentNameservers(const Answer& answer, const Sightings& silent,
                                  const DiagnosisContext& context);

// True when every one of the sightings is of an IPv6 address of a nameserver whose IPv4 addresses
// agree, as seen from the same perspective.
bool OnlyIpv6Fails(const Answer& answer, const Sightings& sightings);

// `failing` fail at their IPv6 addresses only.
Finding Ipv6Fault(const Answer& answer, const Sightings& failing);

// The parent's NS records are not those of the zone itself, and `disagree` lack the record.
Finding NameserversMismatch(const Answer& answer, const Sightings& disagree);

// What is wrong with the nameservers without being in the way.
std::vector<Finding> WrongBesides(const Evidence& evidence, const DiagnosisContext& context);

}  // namespace cert
