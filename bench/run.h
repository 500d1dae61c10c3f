// What one run of a client measured, after it had warmed up.

#pragma once

#include "absl/time/time.h"

namespace bench {

struct Run {
  double queries = 0;      // that came to their end
  double answered = 0;     // of those, with the right answer
  double cpu_seconds = 0;  // of the client's threads
  double wall_seconds = 0;

  double queries_per_cpu_second() const { return queries / cpu_seconds; }
  double microseconds_per_query() const { return cpu_seconds / queries * 1e6; }
};

struct Span {
  absl::Duration warm_up = absl::Milliseconds(300);
  absl::Duration measured = absl::Milliseconds(1200);
};

}  // namespace bench
