// Starts servers that do not need each other at the same time.

#pragma once

#include <functional>
#include <vector>

#include "absl/status/status.h"

namespace lab {

// Runs all tasks, each in a thread of its own, to their ends. The first error in their order.
absl::Status InParallel(const std::vector<std::function<absl::Status()>>& tasks);

}  // namespace lab
