#include "transport/identity.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "base/enum_names.h"
#include "base/strings.h"

namespace transport {
namespace {

constexpr std::size_t kMaxDescription = 256;
constexpr std::size_t kMaxSegment = 64;  // octets; SPIFFE-ID allows more

constexpr base::EnumNames<Role, 5> kRoleNames{{
    {Role::kReader, "reader"},
    {Role::kOperator, "operator"},
    {Role::kKeyReader, "key-reader"},
    {Role::kAdmin, "admin"},
    {Role::kProbe, "probe"},
}};

// No tenant is a probe.
std::optional<Role> ParseTenantRole(const std::string& word) {
  const std::optional<Role> role = base::ValueIn(kRoleNames, word);
  return role == Role::kProbe ? std::nullopt : role;
}

std::optional<Identity> ParseSpiffeId(const std::string& uri, const IdentityRules& rules) {
  const std::string prefix = absl::StrFormat("spiffe://%s/", rules.trust_domain);
  if (uri.rfind(prefix, 0) != 0) return std::nullopt;
  const std::vector<std::string> path = absl::StrSplit(uri.substr(prefix.size()), '/');
  if (!std::all_of(path.begin(), path.end(), IsSegment)) return std::nullopt;
  if (path.size() == 2 && path[0] == "probe") {
    return Identity{.name = uri, .tenant = "", .perspective = path[1], .roles = {Role::kProbe}};
  }
  if (path.size() != 3 || path[0] != "tenant") return std::nullopt;
  const std::optional<Role> role = ParseTenantRole(path[2]);
  if (!role.has_value()) return std::nullopt;
  return Identity{.name = uri, .tenant = path[1], .perspective = "", .roles = {*role}};
}

std::optional<Identity> FindMapped(const std::string& name, const IdentityRules& rules) {
  const auto found = std::find_if(rules.mapped.begin(), rules.mapped.end(),
                                  [&](const Identity& mapped) { return mapped.name == name; });
  if (found == rules.mapped.end()) return std::nullopt;
  return *found;
}

}  // namespace

const char* RoleName(Role role) { return base::NameIn(kRoleNames, role); }

std::string Describe(const PeerNames& names) {
  std::string text;
  for (const std::vector<std::string>* list : {&names.uris, &names.dns_names}) {
    for (const std::string& name : *list) {
      text += (text.empty() ? "" : " ") + name.substr(0, kMaxDescription);
      if (text.size() > kMaxDescription) break;
    }
  }
  std::ranges::replace_if(
      text, [](char c) { return c < ' ' || c > '~'; }, '?');
  if (text.size() > kMaxDescription) text = text.substr(0, kMaxDescription - 3) + "...";
  return text;
}

bool IsSegment(const std::string& text) {
  if (text.empty() || text.size() > kMaxSegment || text == "." || text == "..") return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

bool Identity::May(Role role) const {
  return std::any_of(roles.begin(), roles.end(), [role](Role held) {
    if (held == role) return true;
    if (held == Role::kProbe || role == Role::kProbe) return false;
    return held == Role::kAdmin || role == Role::kReader;
  });
}

absl::StatusOr<Identity> ParseIdentity(const PeerNames& names, const IdentityRules& rules) {
  std::vector<Identity> found;
  for (const std::string& uri : names.uris) {
    if (auto mapped = FindMapped(uri, rules)) {
      found.push_back(*std::move(mapped));
    } else if (auto spiffe = ParseSpiffeId(uri, rules)) {
      found.push_back(*std::move(spiffe));
    }
  }
  for (const std::string& name : names.dns_names) {
    if (auto mapped = FindMapped(name, rules)) found.push_back(*std::move(mapped));
  }
  if (found.empty()) {
    return absl::PermissionDeniedError("no name in the client's certificate is known here");
  }
  if (found.size() > 1) {
    return absl::PermissionDeniedError("the client's certificate names more than one identity");
  }
  return std::move(found.front());
}

}  // namespace transport
