#include "e2e/halt.h"

#include <utility>

#include "base/deadline.h"
#include "base/mutex.h"
#include "e2e/tenant.h"

namespace e2e {
namespace {

bool IsAt(const HaltPoint& point, lab::Moment moment, const lab::AcmeExchange& exchange) {
  const bool accepted = exchange.status >= 200 && exchange.status < 300;
  return point.call == exchange.call && point.moment == moment &&
         (moment == lab::Moment::kBeforeDelivery || accepted);
}

}  // namespace

struct Halt::State {
  base::Mutex mutex;
  base::CondVar changed;
  bool reached ABSL_GUARDED_BY(mutex) = false;
  bool let_go ABSL_GUARDED_BY(mutex) = false;

  // In the thread of the request.
  lab::Action Wait() {
    base::MutexLock lock(mutex);
    if (std::exchange(reached, true)) return lab::Action::kPass;
    changed.NotifyAll();
    const base::Deadline deadline = base::Deadline::After(kPatience);
    while (!let_go && !deadline.Expired()) changed.WaitFor(mutex, deadline.Remaining());
    return lab::Action::kDrop;
  }
};

Halt::Halt(lab::AcmeProxy& proxy, HaltPoint point)
    : proxy_(proxy), state_(std::make_shared<State>()) {
  proxy_.SetHook([state = state_, point](lab::Moment moment, const lab::AcmeExchange& exchange) {
    return IsAt(point, moment, exchange) ? state->Wait() : lab::Action::kPass;
  });
}

Halt::~Halt() { LetGo(); }

absl::Status Halt::Await() const {
  base::MutexLock lock(state_->mutex);
  const base::Deadline deadline = base::Deadline::After(kPatience);
  while (!state_->reached) {
    if (deadline.Expired()) return absl::DeadlineExceededError("no such request came");
    state_->changed.WaitFor(state_->mutex, deadline.Remaining());
  }
  return absl::OkStatus();
}

void Halt::LetGo() {
  proxy_.SetHook({});
  base::MutexLock lock(state_->mutex);
  state_->let_go = true;
  state_->changed.NotifyAll();
}

}  // namespace e2e
