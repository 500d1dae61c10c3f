// One of our own programs, started from its configuration as in production.

#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lab/process.h"
#include "lab/stack.h"

namespace lab {

// Where the build put them, or those of the same names in the folder $PADLOCK_PROGRAMS.
std::string CertProgram();   // padlock-cert
std::string ProbeProgram();  // padlock-probe
std::string CliProgram();    // padlock

// Not thread-safe.
class Service {
 public:
  struct Options {
    std::string name;                  // of its log
    std::vector<std::string> command;  // program and arguments
    std::string admin_address;         // of /livez, /readyz, /metrics
    int admin_port = 0;
    std::vector<std::string> environment = {};  // "NAME=value", besides ours
  };

  // Ready (/readyz answers 200) when this returns. `stack` must outlive it.
  static absl::StatusOr<std::unique_ptr<Service>> Start(const Stack& stack, Options options);

  // SIGKILL; SIGTERM with time to finish; SIGSTOP. Resume() starts it again, or goes on.
  void Kill();
  // The exit code. DEADLINE_EXCEEDED when it did not end by itself in time: it is killed then.
  absl::StatusOr<int> Stop();
  absl::Status Pause();
  absl::Status Resume();

  bool Running() { return process_ != nullptr && process_->Running(); }
  // 0 while it does not run.
  pid_t pid() const { return process_ == nullptr ? 0 : process_->pid(); }

  // Until GiveDescriptorsBack() it has no file descriptors but those that are open now.
  absl::Status TakeDescriptors();
  absl::Status GiveDescriptorsBack();

  // The value of a metric without labels.
  absl::StatusOr<double> Metric(const std::string& name) const;
  const std::string& admin_address() const { return options_.admin_address; }
  int admin_port() const { return options_.admin_port; }

 private:
  Service(const Stack& stack, Options options);

  absl::Status Launch();
  absl::Status AwaitReadyz(base::Deadline deadline);
  absl::Status LimitDescriptors(const rlimit& limit) const;

  const Stack& stack_;
  const Options options_;
  std::unique_ptr<Process> process_;
  rlimit usual_descriptors_{};  // the limit before TakeDescriptors()
};

}  // namespace lab
