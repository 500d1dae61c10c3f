// Does checks. The real one (resolver/resolver_pool.h) walks from the roots to the zone's
// nameservers, asks every one of them, and the public resolvers once all of those agree; tests may
// use a fake.

#pragma once

#include <string>

#include "absl/functional/any_invocable.h"
#include "probe/core/check.h"

namespace probe {

// Thread-safe.
class Checker {
 public:
  using Done = absl::AnyInvocable<void(Report)>;

  virtual ~Checker() = default;

  // Starts a check and returns at once. `done` is called exactly once, at the latest when
  // check.timeout has passed, on a thread that it must not block.
  virtual void Start(Check check, Done done) = 0;

  // The check's report is no longer wanted; `done` may or may not still be called.
  virtual void Cancel(const std::string& check_id) = 0;
};

}  // namespace probe
