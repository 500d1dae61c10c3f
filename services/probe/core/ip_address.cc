#include "probe/core/ip_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

#include "absl/strings/str_format.h"

namespace probe {

std::optional<IpAddress> IpAddress::Parse(std::string_view text) {
  const std::string terminated(text);
  IpAddress address;
  address.is_v6_ = text.find(':') != std::string_view::npos;
  const int family = address.is_v6_ ? AF_INET6 : AF_INET;
  if (inet_pton(family, terminated.c_str(), address.bytes_.data()) != 1) return std::nullopt;
  return address;
}

std::optional<IpAddress> IpAddress::FromBytes(std::span<const std::uint8_t> bytes) {
  if (bytes.size() != 4 && bytes.size() != 16) return std::nullopt;
  IpAddress address;
  address.is_v6_ = bytes.size() == 16;
  std::ranges::copy(bytes, address.bytes_.begin());
  return address;
}

std::string IpAddress::ToString() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (!is_v6_) {
    char* end = text.data();
    for (const std::uint8_t octet : bytes()) {
      if (end != text.data()) *end++ = '.';
      end = std::to_chars(end, text.data() + text.size(), octet).ptr;
    }
    return {text.data(), end};
  }
  inet_ntop(AF_INET6, bytes_.data(), text.data(), text.size());
  return text.data();
}

std::string ServerAddress::ToString() const {
  const std::string host = ip.is_v6() ? absl::StrFormat("[%s]", ip.ToString()) : ip.ToString();
  return absl::StrFormat("%s:%d", host, port);
}

}  // namespace probe
