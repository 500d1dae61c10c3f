// What the store's most frequent calls cost with very many certificates, against few: the second
// table of docs/performance.md.

#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "bench/table.h"

namespace bench {

struct StoreSizes {
  int few = 10'000;
  int many = 1'000'000;
};

// Fills two databases of one PostgreSQL, which takes minutes. Each round takes every measurement on
// both, one call here, one call there, so that a busy machine disturbs both alike.
absl::StatusOr<std::vector<Row>> BenchStore(int rounds, StoreSizes sizes);

}  // namespace bench
