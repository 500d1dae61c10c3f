#include "probe/core/dns_name.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"

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
bool IsHostOctet(char octet) {
  return (octet >= 'a' && octet <= 'z') || (octet >= '0' && octet <= '9') || octet == '-' ||
         octet == '_';
}

void AppendLabelOctet(std::string& out, char octet) {
  // A space would be printable but would split the name in every tool that reads it.
  if (octet == ' ') {
    out += "\\032";
  } else {
    AppendEscaped(out, octet, ".\\\"$@;()");
  }
}

}  // namespace

absl::StatusOr<DnsName> DnsName::Parse(std::string_view text) {
  if (text.empty() || text == ".") return DnsName();
  std::string wire;
  std::string_view rest = text;
  while (!rest.empty()) {
    std::string label;
    while (!rest.empty() && rest.front() != '.') {
      const std::optional<char> octet = TakeOctet(rest);
      if (!octet) return Bad(text, "an escape is broken");
      label += absl::ascii_tolower(static_cast<unsigned char>(*octet));
    }
    if (!rest.empty()) rest.remove_prefix(1);
    if (label.empty()) return Bad(text, "a label is empty");
    if (label.size() > kMaxLabel) return Bad(text, "a label is longer than 63 octets");
    wire += static_cast<char>(label.size());
    wire += label;
  }
  if (wire.size() > kMaxName) return Bad(text, "it is longer than 255 octets");
  return DnsName(std::move(wire));
}

std::optional<DnsName> DnsName::FromWire(std::string_view wire) {
  if (wire.size() > kMaxName) return std::nullopt;
  for (std::size_t at = 0; at < wire.size();) {
    const std::size_t length = LabelLength(wire, at);
    if (length == 0 || length > kMaxLabel || length >= wire.size() - at) return std::nullopt;
    at += 1 + length;
  }
  std::string lower(wire);
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return absl::ascii_tolower(static_cast<unsigned char>(c)); });
  return DnsName(std::move(lower));
}

std::size_t DnsName::LabelCount() const {
  std::size_t count = 0;
  for (std::size_t at = 0; at < wire_.size(); at += 1 + LabelLength(wire_, at)) ++count;
  return count;
}

DnsName DnsName::Parent() const {
  if (wire_.empty()) return {};
  return DnsName(wire_.substr(1 + LabelLength(wire_, 0)));
}

std::optional<DnsName> DnsName::Under(const DnsName& suffix) const {
  return FromWire(wire_ + suffix.wire_);
}

std::optional<DnsName> DnsName::Moved(const DnsName& from, const DnsName& to) const {
  return FromWire(wire_.substr(0, wire_.size() - from.wire_.size()) + to.wire_);
}

bool DnsName::IsSubdomainOf(const DnsName& ancestor) const {
  const std::size_t tail = ancestor.wire_.size();
  std::size_t at = 0;
  while (wire_.size() - at > tail) at += 1 + LabelLength(wire_, at);
  return wire_.size() - at == tail && std::string_view(wire_).substr(at) == ancestor.wire_;
}

std::string DnsName::ToString() const {
  if (wire_.empty()) return ".";
  std::string text;
  text.reserve(wire_.size());
  for (std::size_t at = 0; at < wire_.size();) {
    const std::size_t length = LabelLength(wire_, at);
    if (at > 0) text += '.';
    const std::string_view label = std::string_view(wire_).substr(at + 1, length);
    if (std::ranges::all_of(label, IsHostOctet)) {
      text += label;
    } else {
      for (const char c : label) AppendLabelOctet(text, c);
    }
    at += 1 + length;
  }
  return text;
}

std::string EscapeText(std::string_view octets) {
  std::string text;
  text.reserve(octets.size());
  for (const char c : octets) {
    if (IsHostOctet(c)) {
      text += c;
    } else {
      AppendEscaped(text, c, "\\\"");
    }
  }
  return text;
}

}  // namespace probe
