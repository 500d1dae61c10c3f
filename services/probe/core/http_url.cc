#include "probe/core/http_url.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/status_macros.h"
#include "base/strings.h"

namespace probe {
namespace {

constexpr std::size_t kLongestName = 253;
constexpr std::size_t kLongestLabel = 63;
constexpr std::string_view kTargetMarks = "!$%&'()*+,-./:;=?@_~[]";  // besides letters and digits

absl::Status Refuse(const std::string& why) { return absl::InvalidArgumentError(why); }

bool IsDigits(std::string_view text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](unsigned char c) { return absl::ascii_isdigit(c); });
}

bool IsHostLabel(std::string_view label) {
  return !label.empty() && label.size() <= kLongestLabel &&
         std::ranges::all_of(
             label, [](unsigned char c) { return absl::ascii_isalnum(c) || c == '-' || c == '_'; });
}

// The scheme in lower case, which ends at a colon before anything else that ends it (RFC
// 3986, 3.1).
std::optional<std::string> Scheme(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  const std::string_view scheme = text.substr(0, colon);
  const bool valid = absl::ascii_isalpha(static_cast<unsigned char>(scheme[0])) &&
                     std::ranges::all_of(scheme, [](unsigned char c) {
                       return absl::ascii_isalnum(c) || c == '+' || c == '-' || c == '.';
                     });
  if (!valid) return std::nullopt;
  return absl::AsciiStrToLower(base::ToAbsl(scheme));
}

// RFC 3986, 5.2.4, of a path that begins with a slash.
std::string RemoveDotSegments(std::string_view path) {
  const std::vector<std::string> segments = absl::StrSplit(base::ToAbsl(path.substr(1)), '/');
  std::vector<std::string> kept;
  for (const std::string& segment : segments) {
    if (segment == "..") {
      if (!kept.empty()) kept.pop_back();
    } else if (segment != ".") {
      kept.push_back(segment);
    }
  }
  // What a last dot segment leaves is a directory.
  if (segments.back() == "." || segments.back() == "..") kept.emplace_back();
  return "/" + absl::StrJoin(kept, "/");
}

// What servers send although a URL may not hold it, as browsers and Go send it on.
std::string Escaped(std::string_view target) {
  std::string text;
  for (const char c : target) {
    const auto octet = static_cast<unsigned char>(c);
    if (absl::ascii_isalnum(octet) || kTargetMarks.find(c) != std::string_view::npos) {
      text += c;
    } else {
      text += absl::StrFormat("%%%02X", octet);
    }
  }
  return text;
}

// Path and query that `reference`, without scheme and authority, names from `base_target`.
std::string ResolveTarget(std::string_view base_target, std::string_view reference) {
  const std::string_view base_path = base_target.substr(0, base_target.find('?'));
  if (reference.empty()) return std::string(base_target);
  const std::size_t question = reference.find('?');
  const std::string_view path = reference.substr(0, question);
  const std::string_view query =
      question == std::string_view::npos ? std::string_view() : reference.substr(question);
  std::string whole(path);
  if (path.empty()) {
    whole = std::string(base_path);
  } else if (path[0] != '/') {
    whole = std::string(base_path.substr(0, base_path.rfind('/') + 1)) + whole;
  }
  return Escaped(RemoveDotSegments(whole) + std::string(query));
}

absl::Status ReadPort(std::string_view text, const HttpPorts& ports, HttpUrl& url) {
  const std::uint16_t own = url.tls ? ports.https : ports.http;
  url.port = own;
  if (text.empty()) return absl::OkStatus();
  int port = 0;
  const bool valid = IsDigits(text) && absl::SimpleAtoi(base::ToAbsl(text), &port);
  if (!valid || (port != ports.http && port != ports.https)) {
    return Refuse(absl::StrFormat("it names another port than %d and %d", ports.http, ports.https));
  }
  url.port = static_cast<std::uint16_t>(port);
  url.names_port = url.port != own;
  return absl::OkStatus();
}

absl::Status ReadAuthority(std::string_view authority, const HttpPorts& ports, HttpUrl& url) {
  if (authority.find('@') != std::string_view::npos) return Refuse("it holds credentials");
  if (authority.starts_with('[')) return Refuse("it names an IP address instead of a host");
  const std::size_t colon = authority.find(':');
  std::string_view host = authority.substr(0, colon);
  if (host.ends_with('.')) host.remove_suffix(1);
  if (!IsHostName(host)) {
    const bool number = !host.empty() && IsDigits(host.substr(host.rfind('.') + 1));
    return Refuse(number ? "it names an IP address instead of a host" : "it names no valid host");
  }
  url.host = absl::AsciiStrToLower(base::ToAbsl(host));
  const std::string_view port =
      colon == std::string_view::npos ? std::string_view() : authority.substr(colon + 1);
  return ReadPort(port, ports, url);
}

}  // namespace

std::string HttpUrl::ToString() const {
  const std::string shown_port = names_port ? absl::StrFormat(":%d", port) : "";
  return absl::StrFormat("%s://%s%s%s", tls ? "https" : "http", host, shown_port, target);
}

bool IsHostName(std::string_view text) {
  if (text.empty() || text.size() > kLongestName) return false;
  const std::vector<std::string> labels = absl::StrSplit(base::ToAbsl(text), '.');
  if (!std::ranges::all_of(labels, IsHostLabel)) return false;
  const std::string& last = labels.back();
  return !IsDigits(last) && !last.starts_with("0x") && !last.starts_with("0X");
}

HttpUrl PlainUrl(std::string host, std::string path, const HttpPorts& ports) {
  return {.host = std::move(host), .port = ports.http, .target = std::move(path)};
}

absl::StatusOr<HttpUrl> ResolveLocation(const HttpUrl& base, std::string_view location,
                                        const HttpPorts& ports) {
  if (location.size() > kMaxLocation) {
    return Refuse(absl::StrFormat("it is longer than %d octets", kMaxLocation));
  }
  std::string_view rest = base::ToStd(absl::StripAsciiWhitespace(base::ToAbsl(location)));
  if (rest.empty()) return Refuse("it is empty");
  if (std::ranges::any_of(rest, [](unsigned char c) { return absl::ascii_iscntrl(c); })) {
    return Refuse("it holds control characters");
  }
  rest = rest.substr(0, rest.find('#'));
  HttpUrl url = base;
  if (const std::optional<std::string> scheme = Scheme(rest)) {
    if (*scheme != "http" && *scheme != "https") return Refuse("it is neither http nor https");
    url.tls = *scheme == "https";
    rest.remove_prefix(scheme->size() + 1);
    if (!rest.starts_with("//")) return Refuse("it names no host");
  }
  if (!rest.starts_with("//")) {
    url.target = ResolveTarget(base.target, rest);
    return url;
  }
  rest.remove_prefix(2);
  const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
  url.names_port = false;
  RETURN_IF_ERROR(ReadAuthority(rest.substr(0, end), ports, url));
  url.target = ResolveTarget("/", end == rest.size() ? "/" : rest.substr(end));
  return url;
}

}  // namespace probe
