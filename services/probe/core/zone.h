// A zone as the walk finds it: its name and its nameservers with their addresses.

#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "probe/core/dns_name.h"
#include "probe/core/ip_address.h"

namespace probe {

struct Nameserver {
  DnsName name = {};
  std::vector<IpAddress> addresses = {};  // IPv4 first; empty when none was found
  // A limit of our own ended the search before it was known that there are no more addresses.
  bool incomplete = false;

  bool operator==(const Nameserver&) const = default;
};

struct Zone {
  DnsName name = {};
  // Those of the parent's referral and of the zone itself together: a resolver may use either.
  std::vector<Nameserver> nameservers = {};
  absl::Duration ttl = absl::ZeroDuration();  // the smallest of the records it was made from
  // When the oldest of the answers came that led to it below the top-level domain, which may have
  // been for another name. The infinite future for what was never asked for.
  absl::Time learn_time = absl::InfiniteFuture();
  bool parent_differs = false;  // the parent's NS records are not those of the zone itself
  // What is wrong with it, such as that, in one sentence; empty when nothing is.
  std::string note = {};

  bool operator==(const Zone&) const = default;
};

// Whether it is the same zone with the same nameservers at the same addresses, in whatever order.
inline bool HaveSameServers(const Zone& a, const Zone& b) {
  return a.name == b.name && std::ranges::is_permutation(a.nameservers, b.nameservers);
}

}  // namespace probe
