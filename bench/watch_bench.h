// A thousand watchers over two replicas, some of them cut and resumed, while events are committed:
// how late they see them, and what they cost the service.

#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "bench/table.h"

namespace bench {

// Each round on a lab of its own. An error, too, when a watcher missed or repeated an event.
absl::StatusOr<std::vector<Row>> BenchWatch(int rounds);

}  // namespace bench
