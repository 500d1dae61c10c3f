// What the nameservers of one zone say beside each other: which of them has an older zone, and
// which differ although they have the same.

#pragma once

#include <cstdint>
#include <vector>

#include "observation/observation.h"
#include "probe/core/dns_name.h"
#include "probe/core/zone.h"

namespace probe {

// Serial number arithmetic (RFC 1982, 3.2); false where the order is undefined.
bool IsOlderSerial(std::uint32_t a, std::uint32_t b);

// Whether the SOA serials of all would tell more: some server says no, and not all say the same.
// Servers that did not answer are left out.
bool SerialsWouldTell(const std::vector<observation::Observation>& servers);

// Of the servers that say no: one with an older serial than a server that agrees is kStale, and one
// whose answer another server with the same serial does not give has Clue::kSplitView. Those
// without a serial stay as they are.
void CompareSerials(std::vector<observation::Observation>& servers);

// Shows which CNAMEs led here, and what is wrong with the zone. `visited`: the asked name and the
// CNAMEs' targets.
void ShowWay(const Zone& zone, const std::vector<DnsName>& visited,
             observation::Observation& observation);

bool AllAgree(const std::vector<observation::Observation>& observations);

void AddClue(observation::Clue clue, observation::Observation& observation);

}  // namespace probe
