// Work that is shared out to threads.

#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace bench {

// Calls `work(client, number)`, which says how long it took, for the numbers below `count`: in a
// thread for each client, one call after the other. An error of any ends all.
template <typename Client, typename Work>
absl::StatusOr<std::vector<absl::Duration>> ShareOut(
    const std::vector<std::unique_ptr<Client>>& clients, int count, Work work) {
  std::atomic<int> next = 0;
  std::vector<absl::Status> results(clients.size());
  std::vector<std::vector<absl::Duration>> times(results.size());
  {
    std::vector<std::jthread> running;
    for (std::size_t i = 0; i < results.size(); ++i) {
      running.emplace_back([&, i] {
        while (results[i].ok()) {
          const int number = next++;
          if (number >= count) return;
          const absl::StatusOr<absl::Duration> time = work(*clients[i], number);
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
