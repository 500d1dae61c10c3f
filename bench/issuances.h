// The certificates that a tenant's service issues, followed by one watch of its events, as a
// platform does it: one for each order would be what is measured.

#pragma once

#include <memory>
#include <set>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "cli/client.h"

namespace bench {

// Thread-safe.
class Issuances {
 public:
  explicit Issuances(std::unique_ptr<cli::Client> api);

  // Returns once the certificate, or the one of the domain, of this name was issued.
  // DEADLINE_EXCEEDED.
  absl::Status Await(const std::string& name, absl::Duration timeout);

 private:
  void Follow(const std::stop_token& stop);

  const std::unique_ptr<cli::Client> api_;
  base::Mutex mutex_;
  base::CondVar changed_;
  std::set<std::string> issued_ ABSL_GUARDED_BY(mutex_);  // names of certificates and domains
  std::jthread thread_;
};

}  // namespace bench
