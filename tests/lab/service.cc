#include "lab/service.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "lab/https.h"

namespace lab {
namespace {

constexpr absl::Duration kStopGrace = absl::Seconds(20);
constexpr absl::Duration kPollInterval = absl::Milliseconds(20);
constexpr int kOk = 200;

std::string Chosen(const std::string& built) {
  const char* const directory = std::getenv("PADLOCK_PROGRAMS");
  if (directory == nullptr) return built;
  return std::filesystem::path(directory) / std::filesystem::path(built).filename();
}

}  // namespace

std::string CertProgram() { return Chosen(PADLOCK_CERT_PROGRAM); }
std::string ProbeProgram() { return Chosen(PADLOCK_PROBE_PROGRAM); }
std::string CliProgram() { return Chosen(PADLOCK_CLI_PROGRAM); }

absl::StatusOr<std::unique_ptr<Service>> Service::Start(const Stack& stack, Options options) {
  std::unique_ptr<Service> service(new Service(stack, std::move(options)));
  RETURN_IF_ERROR(service->Launch());
  return service;
}

Service::Service(const Stack& stack, Options options)
    : stack_(stack), options_(std::move(options)) {}

void Service::Kill() {
  if (process_ != nullptr) process_->Kill();
  process_.reset();
}

absl::StatusOr<int> Service::Stop() {
  if (process_ == nullptr) return absl::FailedPreconditionError(options_.name + " is not running");
  RETURN_IF_ERROR(process_->Signal(SIGTERM));
  absl::StatusOr<int> code = process_->Wait(base::Deadline::After(kStopGrace));
  process_.reset();  // kills it if need be
  return code;
}

absl::Status Service::Pause() {
  if (process_ == nullptr) return absl::FailedPreconditionError(options_.name + " is not running");
  return process_->Signal(SIGSTOP);
}

absl::Status Service::Resume() {
  return process_ == nullptr ? Launch() : process_->Signal(SIGCONT);
}

// What is open stays usable; a new one needs a number below the limit (getrlimit(2)).
absl::Status Service::TakeDescriptors() {
  std::error_code error;
  const std::filesystem::directory_iterator open(absl::StrFormat("/proc/%d/fd", pid()), error);
  if (error) return absl::UnavailableError(options_.name + ": " + error.message());
  if (prlimit(pid(), RLIMIT_NOFILE, nullptr, &usual_descriptors_) != 0) {
    return absl::ErrnoToStatus(errno, options_.name);
  }
  rlimit taken = usual_descriptors_;
  taken.rlim_cur = static_cast<rlim_t>(std::distance(begin(open), end(open)));
  return LimitDescriptors(taken);
}

absl::Status Service::GiveDescriptorsBack() { return LimitDescriptors(usual_descriptors_); }

absl::Status Service::LimitDescriptors(const rlimit& limit) const {
  return prlimit(pid(), RLIMIT_NOFILE, &limit, nullptr) == 0
             ? absl::OkStatus()
             : absl::ErrnoToStatus(errno, options_.name);
}

absl::StatusOr<double> Service::Metric(const std::string& name) const {
  ASSIGN_OR_RETURN(const std::string text,
                   HttpGet(options_.admin_address, options_.admin_port, "/metrics"));
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    double value = 0;
    if (absl::StartsWith(line, name + " ") &&
        absl::SimpleAtod(line.substr(name.size() + 1), &value)) {
      return value;
    }
  }
  return absl::NotFoundError(absl::StrFormat("%s has no metric %s", options_.name, name));
}

absl::Status Service::Launch() {
  ASSIGN_OR_RETURN(process_, Process::Start({.name = options_.name,
                                             .command = options_.command,
                                             .environment = options_.environment,
                                             .directory = stack_.directory(),
                                             .log_file = stack_.LogFile(options_.name),
                                             .pid_directory = stack_.pid_directory()}));
  const base::Deadline deadline = base::Deadline::After(kStartTimeout);
  RETURN_IF_ERROR(process_->AwaitPort(options_.admin_address, options_.admin_port, deadline));
  return AwaitReadyz(deadline);
}

absl::Status Service::AwaitReadyz(base::Deadline deadline) {
  while (true) {
    const absl::StatusOr<int> code =
        HttpGetCode(options_.admin_address, options_.admin_port, "/readyz");
    if (code.ok() && *code == kOk) return absl::OkStatus();
    const absl::StatusOr<int> exited = process_->Wait(deadline.Within(kPollInterval));
    if (exited.ok() || deadline.Expired()) {
      return absl::UnavailableError(absl::StrFormat("%s is not ready (exit code %d):\n%s",
                                                    options_.name, exited.value_or(-1),
                                                    process_->LogEnd()));
    }
  }
}

}  // namespace lab
