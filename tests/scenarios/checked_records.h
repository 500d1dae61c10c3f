// The records that a scenario's checks are about, as they should be and as they are: a claim (TXT)
// and a challenge, which is a CNAME, or several, to a TXT of ours, or a TXT in a zone of its own.

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/blueprint.h"
#include "scenarios/draw.h"
#include "scenarios/scenario.h"

namespace scenarios {

// A chain of names as it should be. Only its last name has values; in a loop it has none.
struct Chain {
  std::vector<probe::DnsName> names = {};
  std::vector<std::string> values = {};
  bool endless = false;
  // The link that a DNAME makes, of the name above.
  std::optional<std::size_t> dname_link = std::nullopt;
};

struct CheckedRecords {
  Chain claim = {};
  Chain challenge = {};
  bool right_before = false;  // else one of the chain's links was wrong
  bool right_after = true;
};

Chain DrawClaim();
Chain DrawChallenge(const FaultSet& faults, bool own_zone, Draw& draw);

// Puts both versions of the chain's records into the zones that hold its names.
void AddRecords(const Chain& chain, const CheckedRecords& checked, Draw& draw,
                std::vector<ZoneBlueprint>& zones);
// Wildcards that say something else wherever a record is missing.
void AddWildcards(Draw& draw, std::vector<ZoneBlueprint>& zones);

// What a check of the chain asks, and what says yes to it. `cname`: only its first link.
Subject SubjectOf(const Chain& chain, bool cname, observation::Scope scope,
                  const Scenario& scenario);

}  // namespace scenarios
