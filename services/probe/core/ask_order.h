// Authoritative first: when a check may go on to the public resolvers, which would cache a 'no'
// (RFC 2308) if they were asked too early.

#pragma once

#include <vector>

#include "observation/observation.h"

namespace probe {

// True when no nameserver disagrees, and every zone that was asked has one that agrees, for each
// name that it was asked for. Nameservers that could not be reached are excused: a resolver passes
// them over too. One that answered without saying (SERVFAIL, lame) is not: it may know more than
// its siblings.
bool NameserversAgree(const std::vector<observation::Observation>& authoritative);

// Whether a server could not be reached: one that answered, or was not asked, is not excused.
bool IsUnreached(const observation::Observation& seen);

}  // namespace probe
