// Ends the wait for a server that takes what we send and never answers: one that is frozen, or
// whose machine is. libpq waits for ever there, since TCP sees nothing wrong and a timeout on the
// server does not run either. Private to this folder.

#pragma once

#include <chrono>
#include <map>
#include <thread>

#include "absl/time/time.h"
#include "base/mutex.h"

namespace cert {

// Thread-safe.
class SilenceGuard {
  using Waits = std::multimap<std::chrono::steady_clock::time_point, int>;  // sockets by their ends

 public:
  // While it lives, the socket is shut down once the guard's patience is over, or half of it later:
  // whoever waits for it sees a lost connection. The socket must outlive it.
  class Watch {
   public:
    Watch(SilenceGuard& guard, int socket);
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

   private:
    SilenceGuard& guard_;
    Waits::iterator wait_;
  };

  explicit SilenceGuard(absl::Duration patience);
  ~SilenceGuard();
  SilenceGuard(const SilenceGuard&) = delete;
  SilenceGuard& operator=(const SilenceGuard&) = delete;

 private:
  void Loop(const std::stop_token& stop);
  void EndOverdue() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const absl::Duration patience_;
  base::Mutex mutex_;
  base::CondVar stopped_;
  Waits waits_ ABSL_GUARDED_BY(mutex_);
  std::jthread thread_;  // last: it uses the others
};

}  // namespace cert
