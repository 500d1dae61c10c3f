// The yardstick: asks the workload's questions with as little work as a client can do. It sends and
// receives in batches from sockets with random ports, and looks into no answer.

#pragma once

#include <cstddef>
#include <cstdint>

#include "bench/run.h"

namespace bench {

struct RawOptions {
  std::uint16_t port = 0;
  int core = 0;
  std::size_t sockets = 256;
  std::size_t outstanding = 0;
  Span span = {};
};

Run RunRawClient(const RawOptions& options);

}  // namespace bench
