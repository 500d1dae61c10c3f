// Ctrl-C, or a supervisor's SIGTERM, as an event that can be waited for together with others.

#pragma once

#include "base/shutdown.h"
#include "lab/descriptor.h"
#include "lab/process.h"

namespace lab {

// Make one in main, before any thread starts. Immutable.
class Interrupts {
 public:
  Interrupts();

  void Await() const;
  bool Arrived() const;
  // Waits for the end of a process, or an interrupt; true when the process has ended.
  bool AwaitExit(const Process& process) const;

 private:
  const base::ShutdownSignal blocked_;
  const Descriptor signals_;  // readable while an interrupt is pending
};

}  // namespace lab
