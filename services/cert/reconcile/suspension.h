// How a step that is not over leaves its thread: what it waits for under its lease, and how it goes
// on then.

#pragma once

#include <memory>
#include <variant>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cert/core/inquiry.h"

namespace cert {

struct Suspension;

// Null when the lease was given up. An error means that nothing more can be stored under it.
using StepResult = absl::StatusOr<std::unique_ptr<Suspension>>;

struct Suspension {
  std::variant<Inquiry, absl::Duration> until;  // evidence, or the end of a pause
  // To be called once, in a thread that may block; with no evidence after a pause.
  absl::AnyInvocable<StepResult(const Evidence&)> then;
};

// Of a step that waits for nothing more.
inline StepResult Ending(absl::Status status) {
  if (!status.ok()) return status;
  return nullptr;
}

}  // namespace cert
