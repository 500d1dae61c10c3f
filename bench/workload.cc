#include "bench/workload.h"

#include <array>
#include <cstdint>

#include "absl/strings/str_format.h"

namespace bench {
namespace {

constexpr std::size_t kPerNetwork = 250;

probe::IpAddress Loopback(std::size_t network, std::size_t index) {
  const std::array<std::uint8_t, 4> bytes{127, static_cast<std::uint8_t>(network),
                                          static_cast<std::uint8_t>(index / kPerNetwork),
                                          static_cast<std::uint8_t>(index % kPerNetwork + 1)};
  return *probe::IpAddress::FromBytes(bytes);
}

constexpr std::size_t kAuthoritativeNetwork = 16;
constexpr std::size_t kResolverNetwork = 17;

}  // namespace

probe::IpAddress AuthoritativeAddress(std::size_t index) {
  return Loopback(kAuthoritativeNetwork, index);
}

probe::IpAddress ResolverAddress(std::size_t index) { return Loopback(kResolverNetwork, index); }

bool IsResolver(const probe::IpAddress& address) { return address.bytes()[1] == kResolverNetwork; }

std::string ZoneText(std::size_t zone) { return absl::StrFormat("z%d.bench.test", zone); }

std::vector<Name> Names() {
  std::vector<Name> names;
  names.reserve(kNames);
  for (std::size_t i = 0; i < kNames; ++i) {
    const std::size_t zone = i % kZones;
    names.push_back({absl::StrFormat("_acme-challenge.n%d.%s", i / kZones, ZoneText(zone)), zone});
  }
  return names;
}

}  // namespace bench
