#include "lab/parallel.h"

#include <future>

namespace lab {

absl::Status InParallel(const std::vector<std::function<absl::Status()>>& tasks) {
  std::vector<std::future<absl::Status>> results;
  results.reserve(tasks.size());
  for (const auto& task : tasks) results.push_back(std::async(std::launch::async, task));
  absl::Status first;
  for (std::future<absl::Status>& result : results) first.Update(result.get());
  return first;
}

}  // namespace lab
