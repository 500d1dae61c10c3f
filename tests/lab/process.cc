#include "lab/process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "base/random.h"
#include "base/status_macros.h"
#include "lab/network.h"
#include "lab/pid_file.h"
#include "lab/spawn.h"

namespace lab {
namespace {

constexpr absl::Duration kPortPollInterval = absl::Milliseconds(5);
constexpr off_t kLogEndBytes = 2000;
constexpr int kSignalExitBase = 128;  // as shells count

int Milliseconds(absl::Duration duration) {
  return static_cast<int>(absl::ToInt64Milliseconds(absl::Ceil(duration, absl::Milliseconds(1))));
}

// True when the descriptor became readable in time.
bool AwaitReadable(int fd, base::Deadline deadline) {
  pollfd readable{.fd = fd, .events = POLLIN, .revents = 0};
  return poll(&readable, 1, Milliseconds(deadline.Remaining())) > 0;
}

absl::StatusOr<Descriptor> OpenLog(const std::string& path) {
  Descriptor log(path.empty() ? memfd_create("output", MFD_CLOEXEC)
                              : open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!log.valid()) return absl::ErrnoToStatus(errno, absl::StrFormat("opening log %s", path));
  return log;
}

absl::StatusOr<Descriptor> MakeInput(const std::string& text) {
  if (text.empty()) return Descriptor();
  Descriptor input(memfd_create("input", MFD_CLOEXEC));
  if (!input.valid() || write(input.get(), text.data(), text.size()) < 0 ||
      lseek(input.get(), 0, SEEK_SET) != 0) {
    return absl::ErrnoToStatus(errno, "preparing standard input");
  }
  return input;
}

// A datagram socket with an abstract name: no file permission stands between it and a process that
// runs as another user.
absl::StatusOr<Descriptor> ListenForNotifications(std::string& name) {
  name = "padlock-lab-" + base::SystemRandom().Token();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::ranges::copy(name, address.sun_path + 1);
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  Descriptor listener(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!listener.valid() ||
      bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), length) != 0) {
    return absl::ErrnoToStatus(errno, "binding the notification socket");
  }
  return listener;
}

bool HasName(std::string_view variable, std::string_view other) {
  return variable.substr(0, variable.find('=')) == other.substr(0, other.find('='));
}

// Ours, with LC_ALL fixed so that messages can be read by programs, and `extra` on top.
std::vector<std::string> Environment(std::vector<std::string> extra) {
  extra.emplace_back("LC_ALL=C");
  std::vector<std::string> result = extra;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    const bool replaced = std::ranges::any_of(
        extra, [text](const std::string& other) { return HasName(text, other); });
    if (!replaced && !text.starts_with("NOTIFY_SOCKET=")) result.emplace_back(text);
  }
  return result;
}

off_t Size(int file) {
  struct stat found {};
  return fstat(file, &found) == 0 ? found.st_size : 0;
}

std::string ReadFrom(int file, off_t offset) {
  std::string text(static_cast<std::size_t>(std::max<off_t>(0, Size(file) - offset)), '\0');
  const ssize_t size = pread(file, text.data(), text.size(), offset);
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  return text;
}

// Processes whose parent is `pid`.
std::vector<pid_t> ChildrenOf(pid_t pid) {
  std::ifstream file(absl::StrFormat("/proc/%d/task/%d/children", pid, pid));
  std::vector<pid_t> children;
  for (pid_t child = 0; file >> child;) children.push_back(child);
  return children;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Process>> Process::Start(Options options) {
  ASSIGN_OR_RETURN(const std::string program, FindProgram(options.command.at(0)));
  ASSIGN_OR_RETURN(Descriptor log, OpenLog(options.log_file));
  ASSIGN_OR_RETURN(const Descriptor input, MakeInput(options.input));
  std::vector<std::string> extra = options.environment;
  Descriptor notify_socket;
  if (options.notifies) {
    std::string name;
    ASSIGN_OR_RETURN(notify_socket, ListenForNotifications(name));
    extra.push_back("NOTIFY_SOCKET=@" + name);
  }
  ASSIGN_OR_RETURN(const pid_t pid,
                   Spawn({.program = program,
                          .arguments = options.command,
                          .environment = Environment(std::move(extra)),
                          .directory = options.directory,
                          .user = options.user,
                          .input = input.get(),
                          .output = options.shares_output ? STDOUT_FILENO : log.get(),
                          .death_signal = options.death_signal}));
  std::unique_ptr<Process> process(
      new Process(std::move(options), std::move(log), std::move(notify_socket), pid));
  if (!process->options_.pid_directory.empty()) {
    RETURN_IF_ERROR(RecordPid(process->options_.pid_directory, pid, process->options_.name));
  }
  return process;
}

Process::Process(Options options, Descriptor log, Descriptor notify_socket, pid_t pid)
    : options_(std::move(options)),
      log_(std::move(log)),
      notify_socket_(std::move(notify_socket)),
      pid_(pid),
      pidfd_(static_cast<int>(syscall(SYS_pidfd_open, pid, 0))) {}

Process::~Process() { Stop(); }

absl::Status Process::AwaitReady(base::Deadline deadline) {
  std::array<pollfd, 2> events{
      pollfd{.fd = notify_socket_.get(), .events = POLLIN, .revents = 0},
      pollfd{.fd = pidfd_.get(), .events = POLLIN, .revents = 0},
  };
  while (poll(events.data(), events.size(), Milliseconds(deadline.Remaining())) > 0) {
    if (events[0].revents == 0) return ExitedStatus();
    std::array<char, 4096> message{};
    const ssize_t size = recv(notify_socket_.get(), message.data(), message.size(), MSG_DONTWAIT);
    const std::string_view text(message.data(),
                                static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    if (text.find("READY=1") != std::string_view::npos) return absl::OkStatus();
  }
  return absl::DeadlineExceededError(
      absl::StrFormat("%s is not ready:\n%s", options_.name, LogEnd()));
}

absl::Status Process::AwaitPort(const std::string& address, int port, base::Deadline deadline) {
  while (!AcceptsConnections(address, port)) {
    if (AwaitReadable(pidfd_.get(), deadline.Within(kPortPollInterval))) return ExitedStatus();
    if (deadline.Expired()) {
      return absl::DeadlineExceededError(absl::StrFormat("%s does not listen on %s:%d:\n%s",
                                                         options_.name, address, port, LogEnd()));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<int> Process::Wait(base::Deadline deadline) {
  if (reaped_) return exit_code_;
  if (!AwaitReadable(pidfd_.get(), deadline)) {
    return absl::DeadlineExceededError(absl::StrFormat("%s still runs", options_.name));
  }
  int wait_status = 0;
  waitpid(pid_, &wait_status, 0);
  Reap(wait_status);
  return exit_code_;
}

absl::Status Process::Signal(int signal) {
  if (reaped_) return absl::FailedPreconditionError(options_.name + " has ended");
  if (kill(pid_, signal) != 0) return absl::ErrnoToStatus(errno, options_.name);
  return absl::OkStatus();
}

// The process is stopped first, so that it starts no further child while we list them.
void Process::Kill() {
  if (reaped_) return;
  kill(pid_, SIGSTOP);
  std::vector<Descriptor> children;
  for (const pid_t child : ChildrenOf(pid_)) {
    children.emplace_back(static_cast<int>(syscall(SYS_pidfd_open, child, 0)));
  }
  kill(pid_, SIGKILL);
  for (const Descriptor& child : children) {
    syscall(SYS_pidfd_send_signal, child.get(), SIGKILL, nullptr, 0);
  }
  kill(-pid_, SIGKILL);
  int wait_status = 0;
  waitpid(pid_, &wait_status, 0);
  const base::Deadline deadline = base::Deadline::After(absl::Seconds(5));
  for (const Descriptor& child : children) AwaitReadable(child.get(), deadline);
  Reap(wait_status);
}

void Process::Stop(absl::Duration grace) {
  if (reaped_) return;
  kill(pid_, SIGTERM);
  if (!Wait(base::Deadline::After(grace)).ok()) Kill();
}

bool Process::Running() { return !Wait(base::Deadline::After(absl::ZeroDuration())).ok(); }

std::string Process::Output() const { return ReadFrom(log_.get(), 0); }

std::string Process::LogEnd() const {
  return ReadFrom(log_.get(), std::max<off_t>(0, Size(log_.get()) - kLogEndBytes));
}

absl::Status Process::ExitedStatus() {
  const absl::StatusOr<int> code = Wait(base::Deadline::After(absl::Seconds(1)));
  return absl::UnavailableError(
      absl::StrFormat("%s exited with %d:\n%s", options_.name, code.value_or(-1), LogEnd()));
}

void Process::Reap(int wait_status) {
  reaped_ = true;
  exit_code_ =
      WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : kSignalExitBase + WTERMSIG(wait_status);
  if (!options_.pid_directory.empty()) ForgetPid(options_.pid_directory, pid_);
}

absl::StatusOr<std::string> RunCommand(const std::vector<std::string>& command,
                                       CommandOptions options) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Process> process,
                   Process::Start({.name = command.at(0),
                                   .command = command,
                                   .directory = std::move(options.directory),
                                   .user = std::move(options.user),
                                   .input = std::move(options.input)}));
  ASSIGN_OR_RETURN(const int code, process->Wait(base::Deadline::After(options.timeout)));
  if (code == 0) return process->Output();
  return absl::InternalError(
      absl::StrFormat("%s failed with %d:\n%s", command.at(0), code, process->LogEnd()));
}

absl::StatusOr<std::string> FindProgram(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  const char* path = std::getenv("PATH");
  std::vector<std::string> folders = absl::StrSplit(path == nullptr ? "" : path, ':');
  for (const char* folder : {"/usr/bin", "/usr/sbin"}) folders.emplace_back(folder);
  for (const std::string& folder : folders) {
    std::string candidate = absl::StrFormat("%s/%s", folder, name);
    if (access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return absl::NotFoundError(absl::StrFormat("%s is not installed", name));
}

}  // namespace lab
