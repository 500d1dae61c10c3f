#include "probe/core/address_policy.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <optional>
#include <span>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"

namespace probe {
namespace {

// The IANA special-purpose registries (RFC 6890 and later), less what is globally reachable.
constexpr std::array kRefused = {
    "0.0.0.0/8",       "10.0.0.0/8",     "100.64.0.0/10", "127.0.0.0/8",    "169.254.0.0/16",
    "172.16.0.0/12",   "192.0.0.0/24",   "192.0.2.0/24",  "192.168.0.0/16", "198.18.0.0/15",
    "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",   "240.0.0.0/4",    "::/128",
    "::1/128",         "64:ff9b:1::/48", "100::/64",      "2001::/32",      "2001:2::/48",
    "2001:10::/28",    "2001:db8::/32",  "fc00::/7",      "fe80::/10",      "fec0::/10",
    "ff00::/8"};

// Prefixes of IPv6 addresses that carry an IPv4 address, and where in them it begins (octets):
// mapped, NAT64 (RFC 6052), 6to4, and the deprecated compatible ones.
struct Embedding {
  AddressRange prefix;
  std::size_t offset;
};

const std::vector<AddressRange>& Refused() {
  static const std::vector<AddressRange> ranges = [] {
    std::vector<AddressRange> parsed;
    for (const char* text : kRefused) parsed.push_back(*AddressRange::Parse(text));
    return parsed;
  }();
  return ranges;
}

const std::vector<Embedding>& Embeddings() {
  static const std::vector<Embedding> embeddings = {{*AddressRange::Parse("::ffff:0:0/96"), 12},
                                                    {*AddressRange::Parse("64:ff9b::/96"), 12},
                                                    {*AddressRange::Parse("2002::/16"), 2},
                                                    {*AddressRange::Parse("::/96"), 12}};
  return embeddings;
}

std::optional<IpAddress> EmbeddedV4(const IpAddress& address) {
  for (const Embedding& embedding : Embeddings()) {
    if (!embedding.prefix.Contains(address)) continue;
    return IpAddress::FromBytes(address.bytes().subspan(embedding.offset, 4));
  }
  return std::nullopt;
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
  if (AnyContains(allowed_, address)) return true;
  if (AnyContains(Refused(), address)) return false;
  const std::optional<IpAddress> inner = EmbeddedV4(address);
  return !inner || MayAsk(*inner);
}

}  // namespace probe
