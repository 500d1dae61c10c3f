#include "bench/knot_waker.h"

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace bench {
namespace {

absl::Time NextSecond() {
  return absl::FromUnixSeconds(absl::ToUnixSeconds(absl::Now()) + 1) + absl::Milliseconds(1);
}

}  // namespace

void KnotWaker::Run(const std::stop_token& stop) const {
  while (!stop.stop_requested()) {
    absl::SleepFor(NextSecond() - absl::Now());
    // One that fails makes orders slow, and nothing wrong.
    for (const Target& target : targets_) static_cast<void>(target.server->Notify(target.zone));
  }
}

}  // namespace bench
