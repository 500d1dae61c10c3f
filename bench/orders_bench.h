// `./dev bench orders`: complete dns-01 orders on a lab with a CA that does not sleep, ours against
// a bare ACME client's on the same CA, resolvers and nameservers, one after the other in rounds.

#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "bench/table.h"

namespace bench {

// `rounds` ≥ 1.
absl::StatusOr<std::vector<Row>> BenchOrders(int rounds);

}  // namespace bench
