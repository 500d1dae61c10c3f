// Which processes are ours, remembered on disk so that what a crash left behind can be ended. A pid
// alone may meanwhile belong to somebody else; with the time the process started it cannot.

#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"

namespace lab {

// Field 22 of /proc/<pid>/stat, in clock ticks since boot; nothing when there is no such process,
// or only its exit status is left for its parent.
std::optional<std::uint64_t> ProcessStartTime(pid_t pid);

absl::Status RecordPid(const std::string& directory, pid_t pid, const std::string& name);
void ForgetPid(const std::string& directory, pid_t pid);

// Kills what is recorded and still the same process, waits until it is gone, and returns how many.
int EndRecordedProcesses(const std::string& directory);

}  // namespace lab
