// A domain name as the DNS compares it: labels of octets, without regard to ASCII case.
//
// Kept in uncompressed wire form, lower-cased, without the root's empty label:
//   *( length (1 octet, 1..63)  length octets ), at most 254 octets in all (RFC 1035, 2.3.4).

#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"

namespace probe {

// Immutable value.
class DnsName {
 public:
  DnsName() = default;  // the root
  // Master-file text (RFC 1035, 5.1): \DDD and \X escapes, with or without the trailing dot; "."
  // and "" are the root. INVALID_ARGUMENT when a label is empty or too long, or the name is.
  static absl::StatusOr<DnsName> Parse(std::string_view text);
  // Uncompressed wire form without the root's label, in any case.
  static std::optional<DnsName> FromWire(std::string_view wire);

  // Valid as long as the name.
  std::string_view wire() const {
    return long_ ? std::string_view(*long_) : std::string_view(short_.data(), short_size_);
  }
  bool IsRoot() const { return wire().empty(); }
  std::size_t LabelCount() const;
  // The name without its first label; the root's parent is the root.
  DnsName Parent() const;
  // This name's labels in front of `suffix`; nullopt when that is longer than 255 octets.
  std::optional<DnsName> Under(const DnsName& suffix) const;
  // With the end `from`, which it must have, replaced by `to`; nullopt when that is too long.
  std::optional<DnsName> Moved(const DnsName& from, const DnsName& to) const;
  // True for `ancestor` itself too.
  bool IsSubdomainOf(const DnsName& ancestor) const;
  // Lower case without the trailing dot; "." for the root.
  std::string ToString() const;

  bool operator==(const DnsName& other) const { return wire() == other.wire(); }
  std::strong_ordering operator<=>(const DnsName& other) const { return wire() <=> other.wire(); }

  template <typename H>
  friend H AbslHashValue(H state, const DnsName& name) {
    return H::combine(std::move(state), name.wire());
  }

 private:
  explicit DnsName(std::string_view wire);

  // A name is copied for each server that is asked about it, so that must not cost an allocation:
  // nearly all names are short, and long ones are shared.
  std::array<char, 55> short_{};
  std::uint8_t short_size_ = 0;
  std::shared_ptr<const std::string> long_;  // set: in place of the short one
};

// Octets outside printable ASCII as \DDD; backslash and double quote behind a backslash.
std::string EscapeText(std::string_view octets);

}  // namespace probe
