#include "probe/core/address_policy.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"

namespace probe {
namespace {

// The IANA special-purpose registries (RFC 6890 and later), less what is globally reachable. Of
// IPv6 only 2000::/3 is global unicast, so the rest is refused as a whole: loopback and link-local,
// and the prefixes that carry an IPv4 address (mapped, NAT64 of RFC 6052 and RFC 8215), which would
// be a way round the IPv4 list, and which nobody's servers are reached at. The same holds for
// Teredo and 6to4 inside 2000::/3. CAs refuse these too.
constexpr std::array kRefused = {
    "0.0.0.0/8",     "10.0.0.0/8",      "100.64.0.0/10",  "127.0.0.0/8",    "169.254.0.0/16",
    "172.16.0.0/12", "192.0.0.0/24",    "192.0.2.0/24",   "192.88.99.0/24", "192.168.0.0/16",
    "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",    "240.0.0.0/4",
    "::/3",          "2001::/23",       "2001:db8::/32",  "2002::/16",      "3fff::/20",
    "4000::/2",      "8000::/1"};

const std::vector<AddressRange>& Refused() {
  static const std::vector<AddressRange> ranges = [] {
    std::vector<AddressRange> parsed;
    for (const char* text : kRefused) parsed.push_back(*AddressRange::Parse(text));
    return parsed;
  }();
  return ranges;
}

bool AnyContains(const std::vector<AddressRange>& ranges, const IpAddress& address) {
  return std::ranges::any_of(ranges, [&](const auto& range) { return range.Contains(address); });
}

}  // namespace

absl::StatusOr<AddressRange> AddressRange::Parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::optional<IpAddress> base = IpAddress::Parse(text.substr(0, slash));
  int bits = base && base->is_v6() ? 128 : 32;
  bool valid = base.has_value();
  if (valid && slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    const int most = bits;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    valid =
        error == std::errc() && end == digits.data() + digits.size() && bits >= 0 && bits <= most;
  }
  if (!valid) {
    return absl::InvalidArgumentError(absl::StrFormat("\"%s\" is not an address range", text));
  }
  return AddressRange(*base, bits);
}

bool AddressRange::Contains(const IpAddress& address) const {
  if (address.is_v6() != base_.is_v6()) return false;
  const auto whole = static_cast<std::size_t>(bits_ / 8);
  const auto ours = base_.bytes();
  const auto theirs = address.bytes();
  if (!std::ranges::equal(ours.first(whole), theirs.first(whole))) return false;
  const auto rest = static_cast<unsigned>(bits_ % 8);
  if (rest == 0) return true;
  return (ours[whole] ^ theirs[whole]) >> (8U - rest) == 0;
}

absl::StatusOr<AddressPolicy> AddressPolicy::Create(const std::vector<std::string>& allowed) {
  AddressPolicy policy;
  for (const std::string& text : allowed) {
    ASSIGN_OR_RETURN(AddressRange range, AddressRange::Parse(text));
    policy.allowed_.push_back(range);
  }
  return policy;
}

bool AddressPolicy::MayAsk(const IpAddress& address) const {
  return AnyContains(allowed_, address) || !AnyContains(Refused(), address);
}

}  // namespace probe
