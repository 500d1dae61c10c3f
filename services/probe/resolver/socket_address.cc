#include "probe/resolver/socket_address.h"

#include <algorithm>
#include <cstdint>
#include <span>

namespace probe {

socklen_t ToSocketAddress(const ServerAddress& address, sockaddr_storage& out) {
  if (address.ip.is_v6()) {
    auto& v6 = reinterpret_cast<sockaddr_in6&>(out);
    v6 = {};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(address.port);
    std::ranges::copy(address.ip.bytes(), v6.sin6_addr.s6_addr);
    return sizeof(v6);
  }
  auto& v4 = reinterpret_cast<sockaddr_in&>(out);
  v4 = {};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(address.port);
  std::ranges::copy(address.ip.bytes(), reinterpret_cast<std::uint8_t*>(&v4.sin_addr.s_addr));
  return sizeof(v4);
}

std::optional<ServerAddress> FromSocketAddress(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    return ServerAddress{*IpAddress::FromBytes(v6.sin6_addr.s6_addr), ntohs(v6.sin6_port)};
  }
  if (address.ss_family != AF_INET) return std::nullopt;
  const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
  const std::span bytes(reinterpret_cast<const std::uint8_t*>(&v4.sin_addr.s_addr), 4);
  return ServerAddress{*IpAddress::FromBytes(bytes), ntohs(v4.sin_port)};
}

}  // namespace probe
