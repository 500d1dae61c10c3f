// Waits for the request to stop: SIGTERM from a supervisor, SIGINT from a terminal.

#pragma once

#include <csignal>

namespace base {

// Make one in main, before any thread starts: threads inherit the blocked signals, so that only
// Wait() ever takes them and no code runs in a signal handler. Also ignores SIGPIPE: a peer that
// went away is an error of write(2). Immutable.
class ShutdownSignal {
 public:
  ShutdownSignal();

  // Blocks until one arrives, or returns one that has come before. Returns its number.
  int Wait() const;

 private:
  sigset_t signals_;
};

}  // namespace base
