// Where a name leads instead of holding records itself: by a CNAME there, or by a DNAME above it
// (RFC 6672), which moves everything below its owner.

#pragma once

#include <optional>
#include <vector>

#include "absl/time/time.h"
#include "probe/core/dns_message.h"
#include "probe/core/dns_name.h"

namespace probe {

struct AliasRecord {
  // Unset when the DNAME makes a name of more than 255 octets (RFC 6672, 2.2).
  std::optional<DnsName> target = std::nullopt;
  absl::Duration ttl = absl::ZeroDuration();
};

// The alias at `owner` that `answers` hold; those of owners outside `zone` do not count. Of a DNAME
// the CNAME is made here: it need not have been sent along, and proves nothing if it was.
std::optional<AliasRecord> FindAlias(const std::vector<Record>& answers, const DnsName& owner,
                                     const DnsName& zone);

}  // namespace probe
