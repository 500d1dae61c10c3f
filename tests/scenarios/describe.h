// A scenario and what its checks saw, for whoever looks into one.

#pragma once

#include <string>

#include "scenarios/run.h"
#include "scenarios/scenario.h"

namespace scenarios {

std::string Describe(const Scenario& scenario, const RunResult& result);

}  // namespace scenarios
