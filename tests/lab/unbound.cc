#include "lab/unbound.h"

#include <csignal>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status_macros.h"

namespace lab {
namespace {

// test. is answered with NXDOMAIN by Unbound itself unless its built-in zone is taken away.
constexpr char kUnboundConfiguration[] = R"(server:
    interface: %2$s
    port: %3$d
    access-control: 127.0.0.0/8 allow
    do-ip6: no
    do-not-query-localhost: no
    do-daemonize: no
    username: ""
    chroot: ""
    directory: "%1$s"
    pidfile: ""
    use-syslog: no
    logfile: ""
    num-threads: 1
    outgoing-range: 512
    msg-cache-size: 4m
    rrset-cache-size: 8m
    module-config: "%4$s"
    ede: %5$s
    local-zone: "test." nodefault
    edns-buffer-size: 1232
%6$sremote-control:
    control-enable: yes
    control-interface: %1$s/control
    control-use-cert: no
)";

}  // namespace

absl::StatusOr<std::unique_ptr<Unbound>> Unbound::Start(const Stack& stack, Options options) {
  ASSIGN_OR_RETURN(std::string directory, stack.MakeDirectory(options.name));
  std::unique_ptr<Unbound> server(new Unbound(stack, std::move(directory), std::move(options)));
  RETURN_IF_ERROR(server->Launch());
  return server;
}

Unbound::Unbound(const Stack& stack, std::string directory, Options options)
    : stack_(stack), directory_(std::move(directory)), options_(std::move(options)) {}

absl::Status Unbound::AddStub(Stub stub) {
  std::vector<std::string> words = {"stub_add", stub.zone};
  for (const std::string& address : stub.addresses) {
    words.push_back(absl::StrFormat("%s@%d", address, kDnsPort));
  }
  options_.stubs.push_back(std::move(stub));
  return Control(std::move(words));
}

absl::Status Unbound::Flush(const std::string& name) { return Control({"flush_zone", name}); }

void Unbound::Kill() {
  if (process_ != nullptr) process_->Kill();
  process_.reset();
}

absl::Status Unbound::Pause() {
  if (process_ == nullptr) return absl::FailedPreconditionError(options_.name + " is not running");
  return process_->Signal(SIGSTOP);
}

absl::Status Unbound::Resume() {
  return process_ == nullptr ? Launch() : process_->Signal(SIGCONT);
}

std::string Unbound::Configuration() const {
  std::string anchors;
  for (const std::string& anchor : options_.trust_anchors) {
    absl::StrAppendFormat(&anchors, "    trust-anchor: \"%s\"\n", anchor);
  }
  std::string text = absl::StrFormat(kUnboundConfiguration, directory_, address(), kDnsPort,
                                     anchors.empty() ? "iterator" : "validator iterator",
                                     options_.tells_errors ? "yes" : "no", anchors);
  if (options_.second_port > 0) {
    absl::StrAppendFormat(&text, "server:\n    interface: %s@%d\n", address(),
                          options_.second_port);
  }
  for (const Stub& stub : options_.stubs) {
    text += absl::StrFormat("stub-zone:\n    name: \"%s\"\n", stub.zone);
    for (const std::string& address : stub.addresses) {
      text += absl::StrFormat("    stub-addr: %s@%d\n", address, kDnsPort);
    }
  }
  return text;
}

absl::Status Unbound::Launch() {
  const std::string file = directory_ + "/unbound.conf";
  RETURN_IF_ERROR(WriteFile(file, Configuration()));
  ASSIGN_OR_RETURN(process_, Process::Start({.name = options_.name,
                                             .command = {"unbound", "-d", "-p", "-c", file},
                                             .directory = directory_,
                                             .log_file = stack_.LogFile(options_.name),
                                             .pid_directory = stack_.pid_directory(),
                                             .notifies = true}));
  return process_->AwaitReady(base::Deadline::After(kStartTimeout));
}

absl::Status Unbound::Control(std::vector<std::string> words) const {
  std::vector<std::string> command = {"unbound-control", "-c", directory_ + "/unbound.conf"};
  command.insert(command.end(), words.begin(), words.end());
  return RunCommand(command).status();
}

}  // namespace lab
