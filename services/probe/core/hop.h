// What all nameservers of one zone say together about one name of a CNAME chain: follow the CNAME,
// or stop here.

#pragma once

#include <optional>
#include <vector>

#include "observation/observation.h"
#include "probe/core/dns_name.h"
#include "probe/core/reading.h"

namespace probe {

struct HopVerdict {
  // When `follow` is set: nothing if every server answers with that CNAME, since the votes are cast
  // where it leads. If some do not, all are here: those that do agree with being led on.
  std::vector<observation::Observation> observations = {};
  std::optional<DnsName> follow = std::nullopt;
};

// A CNAME is followed when those servers that have one name the same target and no other server
// has the record itself. Otherwise the servers contradict each other, and the CNAMEs stay as
// kCnameInTheWay. `visited`: the asked name and the targets followed so far; a target among them,
// or one more than kMaxAliases, is a kCnameLoop.
HopVerdict JudgeHop(std::vector<Reading> readings, const std::vector<DnsName>& visited);

}  // namespace probe
