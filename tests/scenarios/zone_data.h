// One version of a zone, and what a nameserver that serves it answers (RFC 1034, 4.3.2): a
// simulated server, written without the code that it tests.

#pragma once

#include <cstdint>
#include <vector>

#include "probe/core/dns_message.h"
#include "probe/core/dns_name.h"

namespace scenarios {

struct ZoneData {
  probe::DnsName apex = {};
  std::uint32_t serial = 1;
  absl::Duration soa_ttl = absl::Hours(1);
  absl::Duration minimum = absl::Minutes(5);
  // All but the SOA: NS at the apex, NS and glue of zones below, and what the zone is for.
  std::vector<probe::Record> records = {};
};

probe::Record SoaOf(const ZoneData& zone);

// The question's name must lie in the zone.
probe::Message Respond(const ZoneData& zone, const probe::Question& question);

// A response with nothing in it.
probe::Message EmptyResponse(int rcode);

}  // namespace scenarios
