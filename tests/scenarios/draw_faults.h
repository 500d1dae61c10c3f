// What goes wrong in a scenario's world once it stands: each fault does something to servers,
// paths or resolvers that the seed picks.

#pragma once

#include "scenarios/draw.h"
#include "scenarios/scenario.h"

namespace scenarios {

// Between one and four faults, or none at all.
FaultSet DrawFaults(Draw& draw);

// Needs zones, subjects, policy, rounds and one resolver plan for each resolver and perspective.
void ApplyFaults(Draw& draw, Scenario& scenario);

}  // namespace scenarios
