// The end of every check, whatever it asked: its observations are counted, a line is logged, and
// the report is given to whoever wanted it.

#pragma once

#include <string>
#include <vector>

#include "base/metrics.h"
#include "observation/observation.h"
#include "probe/check/checker.h"
#include "probe/core/check.h"

namespace probe {

// `failure`: why nothing could be told, when it is our own fault; empty otherwise.
void Deliver(const Check& check, std::vector<observation::Observation> observations,
             std::string failure, base::Metrics& metrics, Checker::Done done);

}  // namespace probe
