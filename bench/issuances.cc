#include "bench/issuances.h"

#include <utility>

#include "absl/time/clock.h"
#include "base/deadline.h"

namespace bench {
namespace {

namespace pb = ::padlock::cert::v1;

// How long it takes to notice that it is time to stop.
constexpr absl::Duration kWatch = absl::Seconds(5);

}  // namespace

Issuances::Issuances(std::unique_ptr<cli::Client> api)
    : api_(std::move(api)), thread_([this](const std::stop_token& stop) { Follow(stop); }) {}

absl::Status Issuances::Await(const std::string& name, absl::Duration timeout) {
  const base::Deadline deadline = base::Deadline::After(timeout);
  base::MutexLock lock(mutex_);
  while (!issued_.contains(name)) {
    if (deadline.Expired()) return absl::DeadlineExceededError("no certificate for " + name);
    changed_.WaitFor(mutex_, deadline.Remaining());
  }
  return absl::OkStatus();
}

void Issuances::Follow(const std::stop_token& stop) {
  std::string cursor = "oldest";
  while (!stop.stop_requested()) {
    // Ends by its deadline, or is opened again where it broke off.
    static_cast<void>(
        api_->WatchEvents({.cursor = cursor, .domain = "", .end_time = absl::Now() + kWatch},
                          [&](const pb::WatchEventsResponse& message) {
                            cursor = message.cursor();
                            base::MutexLock lock(mutex_);
                            for (const pb::Event& event : message.events()) {
                              if (event.type() != pb::Event::TYPE_CERTIFICATE_ISSUED) continue;
                              issued_.insert({event.domain(), event.certificate()});
                            }
                            changed_.NotifyAll();
                            return !stop.stop_requested();
                          }));
  }
}

}  // namespace bench
