#include "lab/stack.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "lab/pid_file.h"

namespace lab {
namespace {

constexpr int kStacks = 99;
constexpr int kGuardPort = 5350;
constexpr mode_t kTraversable = 0711;  // the postgres user reaches its own folder, no more
constexpr char kProgram[] = "padlock-lab";
constexpr int kOwnerGraceMilliseconds = 20'000;

absl::Status MakePrivateDirectory(const std::string& path, mode_t mode) {
  if (mkdir(path.c_str(), mode) != 0 && errno != EEXIST) {
    return absl::ErrnoToStatus(errno, path);
  }
  struct stat found {};
  if (lstat(path.c_str(), &found) != 0) return absl::ErrnoToStatus(errno, path);
  if (!S_ISDIR(found.st_mode) || found.st_uid != geteuid()) {
    return absl::FailedPreconditionError(absl::StrFormat("%s is not our directory", path));
  }
  if (chmod(path.c_str(), mode) != 0) return absl::ErrnoToStatus(errno, path);
  return absl::OkStatus();
}

// An invalid descriptor when another process holds the lock.
Descriptor TryLock(const std::string& path) {
  Descriptor lock(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock.valid() || flock(lock.get(), LOCK_EX | LOCK_NB) != 0) return {};
  return lock;
}

// Lock files belong to one user, addresses to the machine: a listening socket keeps users apart.
Descriptor TryGuard(int number) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(kGuardPort);
  const std::string text = absl::StrFormat("127.53.%d.%d", number, host::kGuard);
  inet_pton(AF_INET, text.c_str(), &address.sin_addr);
  Descriptor guard(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!guard.valid() ||
      bind(guard.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
      listen(guard.get(), 1) != 0) {
    return {};
  }
  return guard;
}

std::string ProgramName() { return std::filesystem::read_symlink("/proc/self/exe").filename(); }

absl::Status Prepare(const std::string& directory) {
  EndRecordedProcesses(directory + "/pids");
  std::error_code error;
  std::filesystem::remove_all(directory, error);
  if (error) return absl::InternalError(absl::StrFormat("%s: %s", directory, error.message()));
  RETURN_IF_ERROR(MakePrivateDirectory(directory, kTraversable));
  RETURN_IF_ERROR(MakePrivateDirectory(directory + "/pids", 0700));
  RETURN_IF_ERROR(MakePrivateDirectory(directory + "/log", 0700));
  const pid_t pid = getpid();
  return WriteFile(
      directory + "/owner",
      absl::StrFormat("%d %d %s\n", pid, ProcessStartTime(pid).value_or(0), ProgramName()));
}

// Asks the owner of a stack to end, if it is a `padlock-lab` and no test, and waits for it.
bool EndOwner(const std::string& directory) {
  std::ifstream file(directory + "/owner");
  pid_t pid = 0;
  std::uint64_t start_time = 0;
  std::string program;
  if (!(file >> pid >> start_time >> program) || program != kProgram) return false;
  const Descriptor owner(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  if (!owner.valid() || ProcessStartTime(pid) != start_time) return false;
  syscall(SYS_pidfd_send_signal, owner.get(), SIGTERM, nullptr, 0);
  pollfd exited{.fd = owner.get(), .events = POLLIN, .revents = 0};
  return poll(&exited, 1, kOwnerGraceMilliseconds) > 0;
}

}  // namespace

absl::StatusOr<std::string> LabDirectory() {
  const std::string path = absl::StrFormat("/var/tmp/padlock-lab-%d", geteuid());
  RETURN_IF_ERROR(MakePrivateDirectory(path, kTraversable));
  return path;
}

absl::StatusOr<std::unique_ptr<Stack>> Stack::Claim() {
  ASSIGN_OR_RETURN(const std::string parent, LabDirectory());
  for (int number = 1; number <= kStacks; ++number) {
    const std::string directory = absl::StrFormat("%s/%d", parent, number);
    Descriptor lock = TryLock(directory + ".lock");
    if (!lock.valid()) continue;
    Descriptor guard = TryGuard(number);
    if (!guard.valid()) continue;
    RETURN_IF_ERROR(Prepare(directory));
    return std::unique_ptr<Stack>(new Stack(number, directory, std::move(lock), std::move(guard)));
  }
  return absl::ResourceExhaustedError("all stacks are in use");
}

Stack::Stack(int number, std::string directory, Descriptor lock, Descriptor guard)
    : number_(number),
      directory_(std::move(directory)),
      lock_(std::move(lock)),
      guard_(std::move(guard)) {}

Stack::~Stack() {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(directory_, ignored)) {
    if (entry.path().filename() != "log") std::filesystem::remove_all(entry.path(), ignored);
  }
}

std::string Stack::Address(int host) const {
  return absl::StrFormat("127.53.%d.%d", number_, host);
}

std::string Stack::LogFile(const std::string& server) const {
  return absl::StrFormat("%s/log/%s.log", directory_, server);
}

absl::StatusOr<std::string> Stack::MakeDirectory(const std::string& server,
                                                 const std::string& user) const {
  const std::string path = directory_ + "/" + server;
  RETURN_IF_ERROR(MakePrivateDirectory(path, 0700));
  if (user.empty() || geteuid() != 0) return path;
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  getpwnam_r(user.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (found == nullptr) return absl::NotFoundError(absl::StrFormat("no user %s", user));
  if (chown(path.c_str(), entry.pw_uid, entry.pw_gid) != 0) {
    return absl::ErrnoToStatus(errno, path);
  }
  return path;
}

absl::StatusOr<int> CleanUpStacks() {
  ASSIGN_OR_RETURN(const std::string parent, LabDirectory());
  int ended = 0;
  for (int number = 1; number <= kStacks; ++number) {
    const std::string directory = absl::StrFormat("%s/%d", parent, number);
    if (!std::filesystem::exists(directory)) continue;
    Descriptor lock = TryLock(directory + ".lock");
    if (!lock.valid() && EndOwner(directory)) {
      ++ended;
      lock = TryLock(directory + ".lock");
    }
    if (!lock.valid()) continue;
    ended += EndRecordedProcesses(directory + "/pids");
    std::error_code ignored;
    std::filesystem::remove_all(directory, ignored);
  }
  return ended;
}

absl::Status WriteFile(const std::string& path, const std::string& text) {
  const Descriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!file.valid() ||
      write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    return absl::ErrnoToStatus(errno, path);
  }
  return absl::OkStatus();
}

}  // namespace lab
