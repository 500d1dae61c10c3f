// What an authoritative answer to a question for A or AAAA says, and what those of both types say
// together.

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "observation/observation.h"
#include "probe/core/dns_message.h"
#include "probe/core/dns_name.h"
#include "probe/core/ip_address.h"
#include "probe/core/reply.h"

namespace probe {

inline constexpr std::size_t kMaxHostAddresses = 16;

// Why addresses are missing, or some may be.
struct AddressGap {
  observation::Outcome outcome = observation::Outcome::kNoData;
  std::string note = {};  // one sentence, in printable ASCII
  // For how long caches keep 'no such name' and 'no data' (RFC 2308, 5).
  absl::Duration negative_ttl = absl::ZeroDuration();

  bool operator==(const AddressGap&) const = default;
};

struct AddressAnswer {
  std::vector<IpAddress> addresses = {};
  std::optional<DnsName> alias = std::nullopt;  // the name is a CNAME
  std::optional<AddressGap> gap = std::nullopt;
};

// None when this server's answer is no use, and another one is to be asked.
std::optional<AddressAnswer> ReadAddresses(const Reply& reply, const Question& question);

// What a useless answer amounts to: lame, refused, timeout, …
observation::Outcome FailureOf(const Reply& reply);

// IPv6 first, at most kMaxHostAddresses. With an alias no addresses: both types must name the same
// one. An address that cannot be told leaves a gap beside those that were found; without any
// address there is always one.
AddressAnswer JoinAddresses(AddressAnswer v6, AddressAnswer v4);

}  // namespace probe
