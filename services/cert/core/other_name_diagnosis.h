// The finding over a record that stands at another name than the one it belongs at.

#pragma once

#include <optional>

#include "cert/core/finding.h"
#include "cert/core/inquiry.h"
#include "cert/core/sighting.h"

namespace cert {

// `disagree`: nameservers without the record. Its value stands at the name above, where they were
// asked for it too, or at the name of another question of the inquiry. nullopt: neither is known.
std::optional<Finding> AtOtherName(const Evidence& evidence, const Finding& about,
                                   const Sightings& disagree);

}  // namespace cert
