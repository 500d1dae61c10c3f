#include "probe/core/dns_name.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "probe/core/letter_case.h"

namespace probe {
namespace {

constexpr std::size_t kMaxLabel = 63;
constexpr std::size_t kMaxName = 254;  // without the root's label

absl::Status Bad(std::string_view text, std::string_view why) {
  return absl::InvalidArgumentError(absl::StrFormat("\"%s\" is not a domain name: %s", text, why));
}

// Takes one octet, escaped or not, off the front of `text`; nullopt when the escape is broken.
std::optional<char> TakeOctet(std::string_view& text) {
  const char first = text.front();
  text.remove_prefix(1);
  if (first != '\\') return first;
  if (text.empty()) return std::nullopt;
  if (!absl::ascii_isdigit(static_cast<unsigned char>(text.front()))) {
    const char escaped = text.front();
    text.remove_prefix(1);
    return escaped;
  }
  if (text.size() < 3) return std::nullopt;
  int value = 0;
  for (const char digit : text.substr(0, 3)) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(digit))) return std::nullopt;
    value = value * 10 + (digit - '0');
  }
  if (value > 255) return std::nullopt;
  text.remove_prefix(3);
  return static_cast<char>(value);
}

std::size_t LabelLength(std::string_view wire, std::size_t at) {
  return static_cast<unsigned char>(wire[at]);
}

void AppendEscaped(std::string& out, char octet, std::string_view special) {
  const auto code = static_cast<unsigned char>(octet);
  if (code < 0x20 || code > 0x7e) {
    out += absl::StrFormat("\\%03d", code);
    return;
  }
  if (special.find(octet) != std::string_view::npos) out += '\\';
  out += octet;
}

// As nearly all are: no need to look for what has to be escaped.
constexpr std::array<bool, 256> kHostOctets = [] {
  std::array<bool, 256> table{};
  for (const char octet : std::string_view("abcdefghijklmnopqrstuvwxyz0123456789-_")) {
    table[static_cast<unsigned char>(octet)] = true;
  }
  return table;
}();

bool IsHostOctet(char octet) { return kHostOctets[static_cast<unsigned char>(octet)]; }

void AppendLabelOctet(std::string& out, char octet) {
  // A space would be printable but would split the name in every tool that reads it.
  if (octet == ' ') {
    out += "\\032";
  } else {
    AppendEscaped(out, octet, ".\\\"$@;()");
  }
}

// Of a name on the wire, the text with its escapes.
std::string EscapedName(std::string_view octets) {
  std::string text;
  for (std::size_t at = 0; at < octets.size();) {
    const std::size_t length = LabelLength(octets, at);
    if (at > 0) text += '.';
    for (const char c : octets.substr(at + 1, length)) AppendLabelOctet(text, c);
    at += 1 + length;
  }
  return text;
}

}  // namespace

DnsName::DnsName(std::string_view wire) {
  if (wire.size() > short_.size()) {
    long_ = std::make_shared<const std::string>(wire);
    return;
  }
  std::ranges::copy(wire, short_.begin());
  short_size_ = static_cast<std::uint8_t>(wire.size());
}

absl::StatusOr<DnsName> DnsName::Parse(std::string_view text) {
  if (text.empty() || text == ".") return DnsName();
  std::array<char, kMaxName> wire{};
  std::size_t used = 0;  // or wanted, of a name that is too long
  const auto add = [&](char octet) {
    if (used < wire.size()) wire[used] = octet;
    ++used;
  };
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t label = used;
    add(0);
    while (!rest.empty() && rest.front() != '.') {
      const std::optional<char> octet = TakeOctet(rest);
      if (!octet) return Bad(text, "an escape is broken");
      add(absl::ascii_tolower(static_cast<unsigned char>(*octet)));
    }
    if (!rest.empty()) rest.remove_prefix(1);
    const std::size_t length = used - label - 1;
    if (length == 0) return Bad(text, "a label is empty");
    if (length > kMaxLabel) return Bad(text, "a label is longer than 63 octets");
    if (label < wire.size()) wire[label] = static_cast<char>(length);
  }
  if (used > kMaxName) return Bad(text, "it is longer than 255 octets");
  return DnsName(std::string_view(wire.data(), used));
}

std::optional<DnsName> DnsName::FromWire(std::string_view wire) {
  if (wire.size() > kMaxName) return std::nullopt;
  for (std::size_t at = 0; at < wire.size();) {
    const std::size_t length = LabelLength(wire, at);
    if (length == 0 || length > kMaxLabel || length >= wire.size() - at) return std::nullopt;
    at += 1 + length;
  }
  std::array<char, kMaxName> lower;
  std::size_t at = 0;
  for (; at + 8 <= wire.size(); at += 8) {
    std::uint64_t octets = 0;
    std::memcpy(&octets, &wire[at], 8);
    octets = WithLetterCase(octets, 0);
    std::memcpy(&lower[at], &octets, 8);
  }
  for (; at < wire.size(); ++at) {
    lower[at] = absl::ascii_tolower(static_cast<unsigned char>(wire[at]));
  }
  return DnsName(std::string_view(lower.data(), wire.size()));
}

std::size_t DnsName::LabelCount() const {
  const std::string_view octets = wire();
  std::size_t count = 0;
  for (std::size_t at = 0; at < octets.size(); at += 1 + LabelLength(octets, at)) ++count;
  return count;
}

DnsName DnsName::Parent() const {
  if (IsRoot()) return {};
  return DnsName(wire().substr(1 + LabelLength(wire(), 0)));
}

std::optional<DnsName> DnsName::Under(const DnsName& suffix) const {
  return FromWire(std::string(wire()).append(suffix.wire()));
}

std::optional<DnsName> DnsName::Moved(const DnsName& from, const DnsName& to) const {
  const std::string_view kept = wire().substr(0, wire().size() - from.wire().size());
  return FromWire(std::string(kept).append(to.wire()));
}

bool DnsName::IsSubdomainOf(const DnsName& ancestor) const {
  const std::string_view octets = wire();
  const std::size_t tail = ancestor.wire().size();
  std::size_t at = 0;
  while (octets.size() - at > tail) at += 1 + LabelLength(octets, at);
  return octets.size() - at == tail && octets.substr(at) == ancestor.wire();
}

std::string DnsName::ToString() const {
  const std::string_view octets = wire();
  if (octets.empty()) return ".";
  std::string text(octets.substr(1));
  bool plain = true;
  for (std::size_t at = 0; at < octets.size();) {
    const std::size_t end = at + 1 + LabelLength(octets, at);
    for (++at; at < end; ++at) plain &= IsHostOctet(octets[at]);
    if (end < octets.size()) text[end - 1] = '.';
  }
  return plain ? text : EscapedName(octets);
}

std::string EscapeText(std::string_view octets) {
  constexpr std::string_view kSpecial = "\\\"";
  const bool plain = std::ranges::all_of(octets, [&](char octet) {
    return octet >= 0x20 && octet <= 0x7e && octet != kSpecial[0] && octet != kSpecial[1];
  });
  if (plain) return std::string(octets);
  std::string text;
  text.reserve(octets.size());
  for (const char octet : octets) AppendEscaped(text, octet, kSpecial);
  return text;
}

}  // namespace probe
