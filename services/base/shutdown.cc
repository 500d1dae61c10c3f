#include "base/shutdown.h"

#include <pthread.h>

namespace base {

ShutdownSignal::ShutdownSignal() {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGTERM);
  sigaddset(&signals_, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

int ShutdownSignal::Wait() const {
  int signal_number = 0;
  sigwait(&signals_, &signal_number);  // fails only for an invalid set
  return signal_number;
}

}  // namespace base
