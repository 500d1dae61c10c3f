// How much one report may hold. A zone's owner chooses how many addresses, records and CNAMEs there
// are to tell of, and a message that is too large for the stream would take the worker's other
// checks down with it.

#pragma once

#include <cstddef>
#include <vector>

#include "observation/observation.h"

namespace probe {

inline constexpr std::size_t kMaxObservations = 500;
// Of a report on the wire, with its id and failure. Ordinary ones have a few KiB.
inline constexpr std::size_t kMaxReportBytes = std::size_t{128} << 10U;

// Drops what is too much, so that no 'no' is lost to a 'yes': what disagrees is kept first and what
// agrees last, and values and CNAME chains are dropped before observations.
void LimitReport(std::vector<observation::Observation>& observations);

}  // namespace probe
