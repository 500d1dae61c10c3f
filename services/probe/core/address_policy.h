// Which addresses may be asked at all. A zone's owner chooses the addresses of its nameservers and
// web servers, so without this rule a hostile zone could point us into our own network.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "probe/core/ip_address.h"

namespace probe {

// An address range in CIDR notation. Immutable value.
class AddressRange {
 public:
  // "10.0.0.0/8", "fc00::/7"; an address alone is a range of one. INVALID_ARGUMENT otherwise.
  static absl::StatusOr<AddressRange> Parse(std::string_view text);

  bool Contains(const IpAddress& address) const;

 private:
  AddressRange(const IpAddress& base, int bits) : base_(base), bits_(bits) {}

  IpAddress base_;
  int bits_;
};

// Immutable.
class AddressPolicy {
 public:
  // Only globally reachable unicast addresses may be asked.
  AddressPolicy() = default;
  // Besides those, everything inside `allowed` (CIDR each). INVALID_ARGUMENT names the bad one.
  static absl::StatusOr<AddressPolicy> Create(const std::vector<std::string>& allowed);

  // IPv6 addresses that carry an IPv4 one (mapped, NAT64, 6to4, Teredo) are refused, whatever it
  // is.
  bool MayAsk(const IpAddress& address) const;

 private:
  std::vector<AddressRange> allowed_;
};

}  // namespace probe
