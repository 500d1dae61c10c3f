// Stops ACME at one point: the first request of a kind waits in the proxy, before it reaches the CA
// or before its reply goes back, until it is let go; its connection is closed then.

#pragma once

#include <memory>

#include "absl/status/status.h"
#include "lab/acme_proxy.h"

namespace e2e {

struct HaltPoint {
  lab::AcmeCall call = lab::AcmeCall::kOther;
  // Before the reply: only of a request that the CA accepted.
  lab::Moment moment = lab::Moment::kBeforeDelivery;
};

// Thread-safe.
class Halt {
 public:
  // `proxy` must outlive it.
  Halt(lab::AcmeProxy& proxy, HaltPoint point);
  // LetGo().
  ~Halt();
  Halt(const Halt&) = delete;
  Halt& operator=(const Halt&) = delete;

  // Returns once the request waits. DEADLINE_EXCEEDED.
  absl::Status Await() const;
  // Closes its connection, and lets everything later pass.
  void LetGo();

 private:
  struct State;

  lab::AcmeProxy& proxy_;
  const std::shared_ptr<State> state_;  // the hook may run on while we go
};

}  // namespace e2e
