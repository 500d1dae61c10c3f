#include "cert/store/silence_guard.h"

#include <sys/socket.h>

#include "base/log.h"

namespace cert {

SilenceGuard::Watch::Watch(SilenceGuard& guard, int socket) : guard_(guard) {
  const auto end = std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(guard.patience_);
  const base::MutexLock lock(guard.mutex_);
  wait_ = guard.waits_.emplace(end, socket);
}

SilenceGuard::Watch::~Watch() {
  const base::MutexLock lock(guard_.mutex_);
  guard_.waits_.erase(wait_);
}

SilenceGuard::SilenceGuard(absl::Duration patience)
    : patience_(patience), thread_([this](const std::stop_token& stop) { Loop(stop); }) {}

SilenceGuard::~SilenceGuard() {
  {
    const base::MutexLock lock(mutex_);
    thread_.request_stop();
  }
  stopped_.NotifyOne();
}

// Wakes up now and then rather than for each statement, of which there are thousands a second.
void SilenceGuard::Loop(const std::stop_token& stop) {
  const base::MutexLock lock(mutex_);
  while (!stop.stop_requested()) {
    stopped_.WaitFor(mutex_, patience_ / 2);
    EndOverdue();
  }
}

void SilenceGuard::EndOverdue() {
  const auto now = std::chrono::steady_clock::now();
  for (auto wait = waits_.begin(); wait != waits_.end() && wait->first <= now; ++wait) {
    base::Log(base::LogLevel::kWarning, "the database is silent",
              {{"patience", absl::FormatDuration(patience_)}});
    shutdown(wait->second, SHUT_RDWR);  // again for one that is still there: harmless
  }
}

}  // namespace cert
