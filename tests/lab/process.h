// A running server: started with its log in a file, awaited by events (sd_notify, pidfd), ended
// with its owner.

#pragma once

#include <sys/types.h>

#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/deadline.h"
#include "lab/descriptor.h"

namespace lab {

// What a server gets until it answers, on a machine that is busy with other things.
inline constexpr absl::Duration kStartTimeout = absl::Seconds(60);

// Not thread-safe: one owner, one thread at a time.
class Process {
 public:
  struct Options {
    std::string name;                      // of its pid file and in messages
    std::vector<std::string> command;      // the first is looked up in PATH and the sbin folders
    std::vector<std::string> environment;  // "NAME=value", besides ours
    std::string directory = "/";           // where it runs
    std::string log_file;                  // appended to; kept in memory for Output() when empty
    std::string pid_directory;             // where its pid is recorded while it lives; or none
    std::string user;                      // run as this user, if we are root
    std::string input;                     // its standard input
    bool shares_output = false;            // prints where we do, to a terminal too; no log
    int death_signal = SIGKILL;            // sent to it when we die
    bool notifies = false;                 // it says READY=1 (sd_notify(3))
  };

  static absl::StatusOr<std::unique_ptr<Process>> Start(Options options);
  // Stop().
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // Returns once the process has said READY=1; only with `notifies`. UNAVAILABLE with the log's end
  // when it exits instead, DEADLINE_EXCEEDED.
  absl::Status AwaitReady(base::Deadline deadline);

  // Returns once something accepts TCP connections there: for servers that announce nothing. Errors
  // as above.
  absl::Status AwaitPort(const std::string& address, int port, base::Deadline deadline);

  // The exit status as a shell shows it: 128 + signal when killed. DEADLINE_EXCEEDED.
  absl::StatusOr<int> Wait(base::Deadline deadline);

  absl::Status Signal(int signal);
  // SIGKILL to the process and its children; returns when all are gone.
  void Kill();
  // SIGTERM, then Kill() when that takes longer than `grace`.
  void Stop(absl::Duration grace = absl::Seconds(5));

  bool Running();
  // A descriptor that becomes readable when the process exits (pidfd_open(2)), for poll(2).
  int exit_event() const { return pidfd_.get(); }
  pid_t pid() const { return pid_; }
  // What it printed, when it has no log file.
  std::string Output() const;
  // The last lines of the log, for messages.
  std::string LogEnd() const;

 private:
  Process(Options options, Descriptor log, Descriptor notify_socket, pid_t pid);

  absl::Status ExitedStatus();
  void Reap(int wait_status);

  const Options options_;
  const Descriptor log_;
  const Descriptor notify_socket_;
  const pid_t pid_;
  Descriptor pidfd_;  // readable when the process has exited
  bool reaped_ = false;
  int exit_code_ = 0;
};

// Runs a command to its end. Its output on success; INTERNAL with the output when it fails.
struct CommandOptions {
  std::string input;
  std::string user;
  std::string directory = "/";
  absl::Duration timeout = absl::Seconds(20);
};
absl::StatusOr<std::string> RunCommand(const std::vector<std::string>& command,
                                       CommandOptions options = {});

// The full path of a program in PATH, or in the sbin folders that an ordinary user's PATH lacks.
absl::StatusOr<std::string> FindProgram(const std::string& name);

}  // namespace lab
