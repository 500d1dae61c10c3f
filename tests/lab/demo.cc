#include "lab/demo.h"

#include <iostream>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"

namespace lab {
namespace {

// Prints a step's heading, and the command where there is one.
void Say(const std::string& line) { std::cout << "\n== " << line << std::endl; }

}  // namespace

Demo::Demo(Lab& lab, const Interrupts& interrupts, std::string cli_config)
    : lab_(lab), interrupts_(interrupts), cli_config_(std::move(cli_config)) {}

absl::Status Demo::Run(const std::string& zone, base::Deadline deadline) {
  RETURN_IF_ERROR(Show({"add", zone, "--wildcard"}));
  RETURN_IF_ERROR(CreateRecords(zone));
  const std::string timeout =
      absl::StrFormat("%ds", absl::ToInt64Seconds(deadline.Remaining()) + 1);
  RETURN_IF_ERROR(Show({"watch", zone, "--until-issued", "--timeout", timeout}));
  return Verify(zone);
}

absl::Status Demo::Show(const std::vector<std::string>& words) {
  Say("padlock " + absl::StrJoin(words, " "));
  ASSIGN_OR_RETURN(
      const std::unique_ptr<Process> process,
      Process::Start({.name = "padlock", .command = Command(words), .shares_output = true}));
  if (!interrupts_.AwaitExit(*process)) return absl::CancelledError("interrupted");
  ASSIGN_OR_RETURN(const int code, process->Wait(base::Deadline::After(absl::Seconds(1))));
  if (code == 0) return absl::OkStatus();
  return absl::InternalError(absl::StrFormat("padlock %s failed with %d", words.at(0), code));
}

// The records come from the service's own answer, as a script at a DNS host would read them.
absl::Status Demo::CreateRecords(const std::string& zone) {
  Say(absl::StrFormat("the customer creates them in %s, on both nameservers", zone));
  ASSIGN_OR_RETURN(const std::string output, RunCommand(Command({"--json", "show", zone})));
  const std::string first_line = output.substr(0, output.find('\n'));
  const auto domain = nlohmann::json::parse(first_line, nullptr, /*allow_exceptions=*/false);
  if (!domain.is_object() || !domain.contains("records")) {
    return absl::InternalError("padlock show printed no records");
  }
  Customer customer = lab_.customer(zone);
  for (const nlohmann::json& record : domain["records"]) {
    const Record wanted{.name = record.value("name", ""),
                        .type = record.value("type", ""),
                        .value = record.value("value", "")};
    RETURN_IF_ERROR(customer.Add(wanted));
    std::cout << absl::StrFormat("%s %s %s", wanted.name, wanted.type, wanted.value) << std::endl;
  }
  return absl::OkStatus();
}

absl::Status Demo::Verify(const std::string& zone) {
  const std::string chain = absl::StrFormat("%s/%s.pem", lab_.stack().directory(), zone);
  RETURN_IF_ERROR(Show({"fetch", zone, "--chain", chain}));
  const std::vector<std::string> command = {
      "openssl", "verify", "-CAfile", lab_.issuer_roots_file(), "-untrusted", chain, chain};
  Say(absl::StrJoin(command, " "));
  ASSIGN_OR_RETURN(const std::string verdict, RunCommand(command));
  std::cout << verdict << std::flush;
  return absl::OkStatus();
}

std::vector<std::string> Demo::Command(const std::vector<std::string>& words) const {
  std::vector<std::string> command = {CliProgram(), "--config", cli_config_};
  command.insert(command.end(), words.begin(), words.end());
  return command;
}

}  // namespace lab
