#include "lab/pid_file.h"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "lab/descriptor.h"

namespace lab {
namespace {

constexpr int kFieldsBetweenStateAndStartTime = 18;  // fields 3 and 22
constexpr int kEndTimeoutMilliseconds = 5000;

std::filesystem::path PidFile(const std::string& directory, pid_t pid) {
  return std::filesystem::path(directory) / std::to_string(pid);
}

// The descriptor is opened before the start time is compared: from then on the pid cannot be
// reused for what we signal.
bool EndIfSame(pid_t pid, std::uint64_t start_time) {
  const Descriptor process(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  if (!process.valid() || ProcessStartTime(pid) != start_time) return false;
  syscall(SYS_pidfd_send_signal, process.get(), SIGKILL, nullptr, 0);
  pollfd exited{.fd = process.get(), .events = POLLIN, .revents = 0};
  poll(&exited, 1, kEndTimeoutMilliseconds);
  return true;
}

}  // namespace

std::optional<std::uint64_t> ProcessStartTime(pid_t pid) {
  std::ifstream file(absl::StrFormat("/proc/%d/stat", pid));
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  // The name is in parentheses and may itself hold spaces and parentheses.
  const std::size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(line.substr(name_end + 1));
  std::string state;
  fields >> state;
  if (state == "Z" || state == "X") return std::nullopt;
  std::string skipped;
  for (int i = 0; i < kFieldsBetweenStateAndStartTime; ++i) fields >> skipped;
  std::uint64_t start_time = 0;
  if (!(fields >> start_time)) return std::nullopt;
  return start_time;
}

absl::Status RecordPid(const std::string& directory, pid_t pid, const std::string& name) {
  std::ofstream file(PidFile(directory, pid));
  file << ProcessStartTime(pid).value_or(0) << ' ' << name << '\n';
  file.close();
  if (!file) return absl::InternalError(absl::StrFormat("cannot write to %s", directory));
  return absl::OkStatus();
}

void ForgetPid(const std::string& directory, pid_t pid) {
  std::error_code ignored;
  std::filesystem::remove(PidFile(directory, pid), ignored);
}

int EndRecordedProcesses(const std::string& directory) {
  int ended = 0;
  std::error_code missing;
  for (const auto& entry : std::filesystem::directory_iterator(directory, missing)) {
    std::ifstream file(entry.path());
    std::uint64_t start_time = 0;
    int pid = 0;
    if (!(file >> start_time) || !absl::SimpleAtoi(entry.path().filename().string(), &pid)) {
      continue;
    }
    if (EndIfSame(pid, start_time)) ++ended;
  }
  return ended;
}

}  // namespace lab
