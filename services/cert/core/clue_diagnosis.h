// Findings that tell more than 'missing' or 'wrong', from what a nameserver's answer gives away:
// nameserver_diagnosis.h asks here first.

#pragma once

#include <optional>
#include <string>

#include "cert/core/finding.h"
#include "cert/core/sighting.h"

namespace cert {

// Some nameservers have the record, those of `disagree` do not: because their copy of the zone is
// older, or because they serve different content as the same version. nullopt: neither is known.
std::optional<Finding> DiagnoseCopies(const Finding& about, const Sightings& disagree);

// No nameserver has the record: its value was changed on its way into the zone, it stands at
// another name, or a wildcard answers instead. nullopt: nothing of the kind is known.
std::optional<Finding> DiagnoseTraces(const Finding& about, const Sightings& disagree);

// A wildcard CNAME answers at the record's name, and led the sightings' servers to `target`.
Finding WildcardCname(Finding about, const Sightings& led, const std::string& target);

}  // namespace cert
