// Work that is shared out to threads.

#pragma once

#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace bench {

// Makes a client in each of `threads` threads with `connect()`, then, all at once, calls
// `work(client, number)` for the numbers below `count`. Returns how long each call took, in the
// order of threads; an error of any ends all.
template <typename Connect, typename Work>
absl::StatusOr<std::vector<absl::Duration>> ShareOut(int threads, int count, Connect connect,
                                                     Work work) {
  std::atomic<int> next = 0;
  std::vector<absl::Status> results(static_cast<std::size_t>(threads));
  std::vector<std::vector<absl::Duration>> times(results.size());
  {
    std::vector<std::jthread> running;
    for (std::size_t i = 0; i < results.size(); ++i) {
      running.emplace_back([&, i] {
        auto client = connect();
        results[i] = client.status();
        while (results[i].ok()) {
          const int number = next++;
          if (number >= count) return;
          const absl::StatusOr<absl::Duration> time = work(**client, number);
          results[i] = time.status();
          if (time.ok()) times[i].push_back(*time);
        }
        next = count;
      });
    }
  }
  std::vector<absl::Duration> all;
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (!results[i].ok()) return results[i];
    all.insert(all.end(), times[i].begin(), times[i].end());
  }
  return all;
}

}  // namespace bench
