// What the store's most frequent calls and the service's memory come to with very many
// certificates, against few: "Many certificates" in docs/performance.md.

#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "bench/table.h"

namespace bench {

struct StoreSizes {
  int few = 10'000;
  int many = 1'000'000;
};

// Fills the databases of two labs, which takes minutes. Each round takes every measurement on both.
absl::StatusOr<std::vector<Row>> BenchStore(int rounds, StoreSizes sizes);

}  // namespace bench
