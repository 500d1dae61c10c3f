// How much one report may hold. A zone's owner chooses how many addresses, records and CNAMEs there
// are to tell of, and a message that is too large for the stream would take the worker's other
// checks down with it.

#pragma once

#include <cstddef>
#include <vector>

#include "observation/observation.h"

namespace probe {

inline constexpr std::size_t kMaxObservations = 500;
// Of values and CNAME chains together. The rest of an observation is at most 4 KiB, so that a
// report stays within 3 MiB.
inline constexpr std::size_t kMaxEvidenceBytes = std::size_t{1} << 20U;

// Drops what is too much, so that no 'no' is lost to a 'yes': of too many observations those that
// disagree are kept first and those that agree last, and texts are dropped before observations.
void LimitReport(std::vector<observation::Observation>& observations);

}  // namespace probe
