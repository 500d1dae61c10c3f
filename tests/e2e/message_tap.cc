#include "e2e/message_tap.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/deadline.h"
#include "base/mutex.h"

namespace e2e {

struct MessageTap::State {
  base::Mutex mutex;
  base::CondVar changed;
  MessagePoint point ABSL_GUARDED_BY(mutex);
  std::vector<std::string> messages ABSL_GUARDED_BY(mutex);  // of the point's kind and moment
  std::string waiting ABSL_GUARDED_BY(mutex);
  bool waits ABSL_GUARDED_BY(mutex) = false;
  lab::Action then ABSL_GUARDED_BY(mutex) = lab::Action::kDrop;

  // In the thread of the request.
  lab::Action Pass(lab::Moment at, std::string message) {
    base::MutexLock lock(mutex);
    if (at != point.moment || !absl::StartsWith(message, point.start)) return lab::Action::kPass;
    messages.push_back(std::move(message));
    if (messages.size() != point.number) return lab::Action::kPass;
    waiting = messages.back();
    waits = true;
    changed.NotifyAll();
    const base::Deadline deadline = base::Deadline::After(kPatience);
    while (waits && !deadline.Expired()) changed.WaitFor(mutex, deadline.Remaining());
    return then;
  }
};

MessageTap::MessageTap(lab::Lab& lab) : lab_(lab), state_(std::make_shared<State>()) {
  lab_.acme().SetHook([state = state_](lab::Moment at, const lab::AcmeExchange& exchange) {
    return state->Pass(at, absl::StrCat("CA ", exchange.path));
  });
  const auto tap = [this](lab::Relay& relay, const std::string& server) {
    relay.SetHook([state = state_, server](lab::Moment at, const std::string& request) {
      return state->Pass(at, absl::StrCat(server, " ", request));
    });
  };
  tap(lab_.relays().database(), "PostgreSQL");
  tap(lab_.relays().delegation(0), "primary");
  tap(lab_.relays().delegation(1), "secondary");
}

MessageTap::~MessageTap() {
  LetGo(lab::Action::kDrop);
  lab_.acme().SetHook({});
  lab_.relays().database().SetHook({});
  lab_.relays().delegation(0).SetHook({});
  lab_.relays().delegation(1).SetHook({});
}

void MessageTap::Arm(MessagePoint point) {
  const base::MutexLock lock(state_->mutex);
  state_->point = std::move(point);
  state_->messages.clear();
}

absl::StatusOr<std::string> MessageTap::Await(absl::Duration patience) const {
  base::MutexLock lock(state_->mutex);
  const base::Deadline deadline = base::Deadline::After(patience);
  while (!state_->waits) {
    if (deadline.Expired()) return absl::DeadlineExceededError("no such message came");
    state_->changed.WaitFor(state_->mutex, deadline.Remaining());
  }
  return state_->waiting;
}

void MessageTap::LetGo(lab::Action action) {
  const base::MutexLock lock(state_->mutex);
  state_->waits = false;
  state_->then = action;
  state_->point.number = 0;
  state_->changed.NotifyAll();
}

std::vector<std::string> MessageTap::Messages() const {
  const base::MutexLock lock(state_->mutex);
  return state_->messages;
}

}  // namespace e2e
