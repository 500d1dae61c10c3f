// An http or https URL that a check fetches, and where a server's Location header leads (RFC 3986,
// RFC 9110 section 10.2.2):
//
//   scheme "://" host [ ":" port ] path [ "?" query ]      or relative to the URL that redirects
//
// Stricter than a browser: what a redirect may name is what CAs follow (Baseline Requirements,
// 3.2.2.4.19). A host is a name, never an address, which Let's Encrypt refuses too: a certificate's
// applicant proves control of a name, and a literal address would dodge the look-up. Credentials
// are refused, since no CA sends any.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace probe {

inline constexpr std::size_t kMaxLocation = 2000;  // octets, as Let's Encrypt bounds it

// What plain HTTP and HTTPS run on, and all that a redirect may name.
struct HttpPorts {
  std::uint16_t http = 80;
  std::uint16_t https = 443;
};

struct HttpUrl {
  bool tls = false;
  std::string host;          // as IsHostName, in lower case
  std::uint16_t port = 80;   // where to connect
  bool names_port = false;   // it is not its scheme's own
  std::string target = "/";  // path and query, in printable ASCII without spaces

  // Without the port where it is the scheme's own, whatever number that has here.
  std::string ToString() const;

  bool operator==(const HttpUrl&) const = default;
};

// Letters, digits, hyphens and underscores in labels of 1 to 63, 253 in all; and not what some take
// for an IPv4 address, whose last label is a number (127.1, 0x7f.0.0.1).
bool IsHostName(std::string_view text);

// http://<host><path>
HttpUrl PlainUrl(std::string host, std::string path, const HttpPorts& ports);

// INVALID_ARGUMENT says why the redirect is not followed, without quoting it.
absl::StatusOr<HttpUrl> ResolveLocation(const HttpUrl& base, std::string_view location,
                                        const HttpPorts& ports);

}  // namespace probe
