// Names as text: wildcards, the names that Padlock derives from a hostname, and zones.

#pragma once

#include <string>

namespace cert {

// Whether it is "*.<hostname>".
bool IsWildcard(const std::string& name);

// "shop.test" of "shop.test" and "*.shop.test".
std::string BaseOf(const std::string& name);

// "*.shop.test" of "shop.test".
std::string WildcardOf(const std::string& hostname);

// "_padlock.shop.test": where the claim stands.
std::string ClaimNameOf(const std::string& hostname);
bool IsClaimName(const std::string& name);

// "_acme-challenge.shop.test" (RFC 8555 8.4).
std::string ChallengeNameOf(const std::string& hostname);
bool IsChallengeName(const std::string& name);

// True for `zone` itself and every name below it; never for an empty zone.
bool IsInside(const std::string& name, const std::string& zone);

}  // namespace cert
