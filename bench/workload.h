// What is asked in every run: each check is one TXT name, asked at the four addresses of its zone's
// nameservers and then at six resolvers. 500 zones, so 2,000 authoritative addresses.

#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "probe/core/dns_name.h"
#include "probe/core/ip_address.h"

namespace bench {

inline constexpr std::size_t kZones = 500;
inline constexpr std::size_t kAddressesPerZone = 4;
inline constexpr std::size_t kResolvers = 6;
inline constexpr std::size_t kQueriesPerCheck = kAddressesPerZone + kResolvers;
// So many that none is asked about again while its last answers are still at the question desk.
inline constexpr std::size_t kNames = 40'000;
// As an ACME server expects it: 43 characters.
inline constexpr char kToken[] = "LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ";

probe::IpAddress AuthoritativeAddress(std::size_t index);
probe::IpAddress ResolverAddress(std::size_t index);
bool IsResolver(const probe::IpAddress& address);

struct Name {
  std::string text;
  std::size_t zone = 0;  // in [0, kZones)
};

std::string ZoneText(std::size_t zone);
// kNames names of all zones, neighbours in different ones.
std::vector<Name> Names();

}  // namespace bench
