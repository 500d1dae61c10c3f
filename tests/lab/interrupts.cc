#include "lab/interrupts.h"

#include <poll.h>
#include <sys/signalfd.h>

#include <array>
#include <csignal>

namespace lab {
namespace {

constexpr int kForever = -1;

Descriptor OpenSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  return Descriptor(signalfd(-1, &signals, SFD_CLOEXEC));
}

pollfd Readable(int fd) { return {.fd = fd, .events = POLLIN, .revents = 0}; }

}  // namespace

Interrupts::Interrupts() : signals_(OpenSignals()) {}

void Interrupts::Await() const { blocked_.Wait(); }

bool Interrupts::Arrived() const {
  pollfd event = Readable(signals_.get());
  return poll(&event, 1, 0) > 0;
}

bool Interrupts::AwaitExit(const Process& process) const {
  std::array<pollfd, 2> events = {Readable(process.exit_event()), Readable(signals_.get())};
  poll(events.data(), events.size(), kForever);
  return events[0].revents != 0;
}

}  // namespace lab
