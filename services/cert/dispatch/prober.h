// Asks the DNS through the workers. dispatcher.h is the real one; FakeProber stands in for it in
// tests of logic, and passes the same contract test.

#pragma once

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "cert/core/inquiry.h"

namespace cert {

// Thread-safe.
class Prober {
 public:
  using Done = absl::AnyInvocable<void(Evidence)>;

  virtual ~Prober() = default;

  // Sends every question to one worker of every configured perspective and returns at once. `done`
  // is called exactly once, at the latest when inquiry.timeout has passed, from a thread that it
  // must not block, with one Answer per question and one View per perspective. A perspective
  // without a worker, or whose workers were all lost, has a View with `failure` set.
  virtual void Ask(Inquiry inquiry, Done done) = 0;

  // OK when every configured perspective has a worker that answers; otherwise UNAVAILABLE names the
  // first without.
  virtual absl::Status Ready() const = 0;
};

}  // namespace cert
