// Who a peer is: read from the names in its verified certificate.
//
//   spiffe://<trust domain>/tenant/<tenant>/<role>       role: reader operator key-reader admin
//   spiffe://<trust domain>/probe/<perspective>          a probe worker
//   a URI or DNS name that the configuration maps to a tenant and roles
//
// Immutable values.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace transport {

enum class Role { kReader, kOperator, kKeyReader, kAdmin, kProbe };

// "reader", "key-reader", …: as SPIFFE ids have those of tenants.
const char* RoleName(Role role);

struct Identity {
  std::string name;         // the name in the certificate: who did it, in events and logs
  std::string tenant;       // empty for probes
  std::string perspective;  // of probes only
  std::vector<Role> roles;

  // Operators and key readers may read; admins may do all of it; only probes are probes.
  bool May(Role role) const;

  bool operator==(const Identity&) const = default;
};

// One configured name, compared exactly. `name` of `identity` is the subject alternative name.
struct IdentityRules {
  std::string trust_domain = "padlock";
  std::vector<Identity> mapped;
};

// The subject alternative names of a certificate.
struct PeerNames {
  std::vector<std::string> uris;
  std::vector<std::string> dns_names;
};

// The names for a line of the log, where they are nobody's: printable ASCII, '?' for what is not,
// 256 octets at most. Empty without any.
std::string Describe(const PeerNames& names);

// What may name a tenant or a perspective, so that it is a path segment of a SPIFFE id (SPIFFE-ID
// 2.2): 1 to 64 characters of [A-Za-z0-9._-]; "." and ".." are none.
bool IsSegment(const std::string& text);

// PERMISSION_DENIED: none of the names means anything to us, or they mean different identities.
absl::StatusOr<Identity> ParseIdentity(const PeerNames& names, const IdentityRules& rules);

}  // namespace transport
