// An error that says when the call may come again, wherever it travels.

#pragma once

#include <optional>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace base {

// The same status, with the delay as a payload.
absl::Status WithRetryDelay(absl::Status status, absl::Duration delay);

// Nothing unless WithRetryDelay() made it.
std::optional<absl::Duration> RetryDelayOf(const absl::Status& status);

}  // namespace base
