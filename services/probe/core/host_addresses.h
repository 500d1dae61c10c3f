// What the nameservers of one zone say together about the addresses of a host. A CA's resolver asks
// whichever of them it likes, so every address that one of them tells counts, and so does each of
// them that has none where others do.

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "observation/observation.h"
#include "probe/core/dns_name.h"
#include "probe/core/ip_address.h"
#include "probe/core/reading.h"

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

// What one nameserver says at one of its addresses, if any record of the type will do.
struct AddressReadings {
  Reading v6 = {};  // AAAA
  Reading v4 = {};  // A
};

struct HostVerdict {
  // Of all nameservers, IPv6 first, at most kMaxHostAddresses.
  std::vector<IpAddress> addresses = {};
  std::optional<AddressGap> gap = std::nullopt;  // without addresses and CNAME there is one
  std::optional<DnsName> follow = std::nullopt;  // the name is this CNAME
  // Of each nameserver that does not say what others do: those without any address or CNAME there
  // disagree; those that do not tell of both types could not tell.
  std::vector<observation::Observation> dissent = {};
};

// A CNAME is followed where no nameserver has another one, or addresses; else the name is
// kCnameInTheWay. Of a server that has a CNAME for one type nothing is missing of the other.
// `visited`: the host and the targets followed so far; one of them again, or one more than
// kMaxAliases, is a kCnameLoop.
HostVerdict JudgeHost(const std::vector<AddressReadings>& servers,
                      const std::vector<DnsName>& visited);

}  // namespace probe
