#include "cert/core/names.h"

#include <string_view>

namespace cert {
namespace {

constexpr std::string_view kWildcardLabel = "*.";
constexpr std::string_view kClaimLabel = "_padlock.";
constexpr std::string_view kChallengeLabel = "_acme-challenge.";

std::string Below(std::string_view label, const std::string& name) {
  return std::string(label) + name;
}

}  // namespace

bool IsWildcard(const std::string& name) { return name.starts_with(kWildcardLabel); }

std::string BaseOf(const std::string& name) {
  return IsWildcard(name) ? name.substr(kWildcardLabel.size()) : name;
}

std::string WildcardOf(const std::string& hostname) { return Below(kWildcardLabel, hostname); }

std::string ClaimNameOf(const std::string& hostname) { return Below(kClaimLabel, hostname); }

bool IsClaimName(const std::string& name) { return name.starts_with(kClaimLabel); }

std::string ChallengeNameOf(const std::string& hostname) {
  return Below(kChallengeLabel, hostname);
}

bool IsChallengeName(const std::string& name) { return name.starts_with(kChallengeLabel); }

bool IsInside(const std::string& name, const std::string& zone) {
  return !zone.empty() && (name == zone || name.ends_with("." + zone));
}

}  // namespace cert
