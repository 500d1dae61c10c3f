#include "lab/spawn.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <deque>
#include <future>
#include <thread>

#include "absl/strings/str_format.h"
#include "base/mutex.h"
#include "base/status_macros.h"
#include "lab/descriptor.h"

namespace lab {
namespace {

// Everything the child needs, made before the fork: after it only async-signal-safe calls are
// allowed.
struct Prepared {
  std::vector<char*> arguments;
  std::vector<char*> environment;
  std::vector<gid_t> groups;
  bool change_user = false;
  uid_t uid = 0;
  gid_t gid = 0;
  pid_t parent = 0;
  int error_pipe = -1;
};

std::vector<char*> Pointers(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

absl::Status LookUpUser(const std::string& user, Prepared& prepared) {
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  getpwnam_r(user.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (found == nullptr) return absl::NotFoundError(absl::StrFormat("no user %s", user));
  prepared.change_user = true;
  prepared.uid = entry.pw_uid;
  prepared.gid = entry.pw_gid;
  int count = 64;
  prepared.groups.resize(static_cast<std::size_t>(count));
  getgrouplist(user.c_str(), entry.pw_gid, prepared.groups.data(), &count);
  prepared.groups.resize(static_cast<std::size_t>(std::max(count, 0)));
  return absl::OkStatus();
}

bool BecomeUser(const Prepared& prepared) {
  if (!prepared.change_user) return true;
  return setgroups(prepared.groups.size(), prepared.groups.data()) == 0 &&
         setgid(prepared.gid) == 0 && setuid(prepared.uid) == 0;
}

bool Redirect(const SpawnPlan& plan) {
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  const int output = plan.output < 0 ? null : plan.output;
  return dup2(plan.input < 0 ? null : plan.input, STDIN_FILENO) >= 0 &&
         dup2(output, STDOUT_FILENO) >= 0 && dup2(output, STDERR_FILENO) >= 0;
}

// A test may ignore or block signals; its servers should not.
void ResetSignals() {
  sigset_t none;
  sigemptyset(&none);
  pthread_sigmask(SIG_SETMASK, &none, nullptr);
  for (int signal = 1; signal < NSIG; ++signal) std::signal(signal, SIG_DFL);
}

// The death signal is set after the change of user, which clears it; a parent that died before that
// is seen by its changed pid.
[[noreturn]] void RunChild(const SpawnPlan& plan, const Prepared& prepared) {
  setpgid(0, 0);
  ResetSignals();
  if (Redirect(plan) && BecomeUser(prepared) && chdir(plan.directory.c_str()) == 0 &&
      close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC) == 0 &&
      prctl(PR_SET_PDEATHSIG, plan.death_signal) == 0 && getppid() == prepared.parent) {
    execve(plan.program.c_str(), prepared.arguments.data(), prepared.environment.data());
  }
  const int error = errno;
  [[maybe_unused]] const ssize_t written = write(prepared.error_pipe, &error, sizeof(error));
  _exit(127);
}

absl::StatusOr<pid_t> ForkAndExec(const SpawnPlan& plan) {
  Prepared prepared{.arguments = Pointers(plan.arguments),
                    .environment = Pointers(plan.environment),
                    .groups = {},
                    .parent = getpid()};
  if (!plan.user.empty() && geteuid() == 0) {
    RETURN_IF_ERROR(LookUpUser(plan.user, prepared));
  }
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return absl::ErrnoToStatus(errno, "pipe2");
  const Descriptor read_end(ends[0]);
  Descriptor write_end(ends[1]);
  prepared.error_pipe = write_end.get();

  const pid_t child = fork();
  if (child < 0) return absl::ErrnoToStatus(errno, "fork");
  if (child == 0) RunChild(plan, prepared);
  write_end.Close();
  int error = 0;
  if (read(read_end.get(), &error, sizeof(error)) != sizeof(error)) return child;
  waitpid(child, nullptr, 0);
  return absl::ErrnoToStatus(error, absl::StrFormat("starting %s", plan.program));
}

// Thread-safe. Never destroyed: children may be started and ended until the process exits.
class Spawner {
 public:
  using Task = std::packaged_task<absl::StatusOr<pid_t>()>;

  static Spawner& Instance() {
    static auto* const instance = new Spawner;
    return *instance;
  }

  absl::StatusOr<pid_t> Run(const SpawnPlan& plan) {
    Task task([&plan] { return ForkAndExec(plan); });
    std::future<absl::StatusOr<pid_t>> result = task.get_future();
    {
      const base::MutexLock lock(mutex_);
      tasks_.push_back(std::move(task));
    }
    wake_.NotifyOne();
    return result.get();
  }

 private:
  Spawner() {
    std::thread([this] {
      while (true) Next()();
    }).detach();
  }

  Task Next() {
    const base::MutexLock lock(mutex_);
    while (tasks_.empty()) wake_.Wait(mutex_);
    Task task = std::move(tasks_.front());
    tasks_.pop_front();
    return task;
  }

  base::Mutex mutex_;
  base::CondVar wake_;
  std::deque<Task> tasks_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

absl::StatusOr<pid_t> Spawn(const SpawnPlan& plan) { return Spawner::Instance().Run(plan); }

}  // namespace lab
