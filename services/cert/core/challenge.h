// Which challenge of an authorization answers it, by its domain's method, and where the token goes.
//
//   kDelegation  dns-01   we publish it at the domain's delegation target
//   kTxt         dns-01   the customer creates it at _acme-challenge.<host>
//   kHttp        http-01  we answer it at /.well-known/acme-challenge/<token>

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cert/core/acme_policy.h"
#include "cert/core/acme_types.h"
#include "cert/core/model.h"

namespace cert {

// The domain whose names the authorization is about; null when it is none of these.
const Domain* FindDomain(const std::vector<Domain>& domains, const std::string& identifier);

// The order's name that the authorization is about.
std::string OrderedNameOf(const Authorization& authorization);

// Writes into `authorization` what its domain's method needs of it. False when the CA offers no
// challenge for that, or no token with it.
bool TakeChallenge(const AcmeAuthorization& at_ca, const Domain& domain,
                   Authorization& authorization);

// The challenge that `method` answers.
struct ChallengeState {
  AcmeChallengeStatus status = AcmeChallengeStatus::kPending;
  std::optional<AcmeProblem> error = std::nullopt;
};
ChallengeState StateOf(const AcmeAuthorization& at_ca, ValidationMethod method);

// How the CA validates the order's `name`; without one, or of a name that is not the order's, how
// all of its names: over HTTP only where each is.
AcmeStage ValidationStage(const Order& order, const std::string& name);

// Whether a token of ours stands somewhere, or must, for this authorization: none is needed for one
// that is valid (RFC 8555 7.1.6).
bool NeedsToken(const Authorization& authorization);

// Whether the customer must create a record for the order's tokens.
bool NeedsCustomer(const Order& order);

// When the tokens that the customer must create records for expire, where that is sooner than 72
// hours after the order: then others take their place. A sentence; empty otherwise.
std::string TokenExpiryNote(const Order& order);

// The token in a key authorization (RFC 8555 8.1).
std::string TokenOf(const std::string& key_authorization);

}  // namespace cert
