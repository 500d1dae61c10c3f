// An IPv4 or IPv6 address, and an address with a port: where a DNS server is asked.

#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace probe {

// Immutable value. IPv4-mapped IPv6 addresses stay what they are.
class IpAddress {
 public:
  IpAddress() = default;  // 0.0.0.0
  // Text as inet_pton(3) takes it: no brackets, no zone, no port.
  static std::optional<IpAddress> Parse(std::string_view text);
  // 4 or 16 octets in network order, as in A and AAAA records.
  static std::optional<IpAddress> FromBytes(std::span<const std::uint8_t> bytes);

  bool is_v6() const { return is_v6_; }
  // 4 or 16 octets in network order.
  std::span<const std::uint8_t> bytes() const {
    return std::span(bytes_).first(is_v6_ ? bytes_.size() : 4U);
  }
  std::string ToString() const;

  auto operator<=>(const IpAddress&) const = default;

  template <typename H>
  friend H AbslHashValue(H state, const IpAddress& address) {
    return H::combine(std::move(state), address.is_v6_, address.bytes_);
  }

 private:
  bool is_v6_ = false;
  std::array<std::uint8_t, 16> bytes_{};
};

struct ServerAddress {
  IpAddress ip;
  std::uint16_t port = 53;

  // "192.0.2.1:53", "[2001:db8::1]:53"
  std::string ToString() const;

  auto operator<=>(const ServerAddress&) const = default;

  template <typename H>
  friend H AbslHashValue(H state, const ServerAddress& address) {
    return H::combine(std::move(state), address.ip, address.port);
  }
};

}  // namespace probe
