// Keeps Knot 3.2 from holding updates back: one that arrives in the second in which a NOTIFY is due
// waits for the timer of the NOTIFY, which runs from the last update, up to a second more (its
// events.c plans anew only what comes earlier). So each second begins with the NOTIFY. A client
// whose updates follow each other without a gap does not meet it; one with gaps loses most of every
// second.

#pragma once

#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "lab/knot.h"

namespace bench {

class KnotWaker {
 public:
  struct Target {
    const lab::Knot* server;
    std::string zone;
  };
  // The servers must outlive it, and not be restarted meanwhile.
  explicit KnotWaker(std::vector<Target> targets)
      : targets_(std::move(targets)), thread_([this](const std::stop_token& stop) { Run(stop); }) {}

 private:
  void Run(const std::stop_token& stop) const;

  const std::vector<Target> targets_;
  std::jthread thread_;
};

}  // namespace bench
