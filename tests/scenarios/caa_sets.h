// CAA records at any level of the checked host's tree: what of them a scenario draws, and what each
// means for its CA, written down beside it instead of worked out by the code that is tested.

#pragma once

#include "cert/core/inquiry.h"
#include "probe/core/dns_message.h"
#include "scenarios/blueprint.h"
#include "scenarios/draw.h"
#include "scenarios/scenario.h"

namespace scenarios {

enum class CaaWord {
  kEmpty,  // no record: the climb goes on (RFC 8659, 3)
  kAllows,
  kForbids,
};

// What the records at the asked name say in this answer.
CaaWord ReadCaa(const probe::Message& message, const Hop& hop, bool wildcard);

// Puts sets into the zones, some of which change.
void AddCaaSets(Draw& draw, std::vector<ZoneBlueprint>& zones);

// Whether the scenario's CA may issue for the host, or for its wildcard. Its hops are the levels.
Subject CaaSubject(bool wildcard, observation::Scope scope, const Scenario& scenario);

// A set that allows, or forbids, the CA.
probe::Record LyingCaa(const probe::DnsName& owner, bool allows);

}  // namespace scenarios
