// padlock-lab: everything on loopback, for people.
//
//   padlock-lab up      starts a lab and keeps it until Ctrl-C
//   padlock-lab down    ends running labs and what crashed ones left behind

#include <iostream>
#include <memory>
#include <string>
#include <string_view>

#include "absl/strings/str_format.h"
#include "base/shutdown.h"
#include "lab/lab.h"

namespace {

constexpr char kTenant[] = "demo";
constexpr int kUsageError = 2;

void Say(const std::string& line) { std::cout << line << std::endl; }

int Fail(const absl::Status& status) {
  std::cerr << "padlock-lab: " << status.message() << std::endl;
  return 1;
}

int Up() {
  const base::ShutdownSignal shutdown;
  Say("Starting the lab:");
  const absl::StatusOr<std::unique_ptr<lab::Lab>> started =
      lab::Lab::Start({.report = [](const std::string& line) { Say("  " + line); }});
  if (!started.ok()) return Fail(started.status());
  const absl::StatusOr<std::string> config = (*started)->WriteCliConfig(kTenant, "admin");
  if (!config.ok()) return Fail(config.status());
  Say(absl::StrFormat("Add a domain:  %s --config %s add bakery.test --wildcard", lab::CliProgram(),
                      *config));
  Say("Ctrl-C ends all of it.");
  shutdown.Wait();
  Say("Stopping.");
  return 0;
}

int Down() {
  const absl::StatusOr<int> ended = lab::CleanUpStacks();
  if (!ended.ok()) return Fail(ended.status());
  Say(absl::StrFormat("Ended %d processes.", *ended));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view command = argc == 2 ? argv[1] : "";
  if (command == "up") return Up();
  if (command == "down") return Down();
  std::cerr << "usage: padlock-lab up | down\n";
  return kUsageError;
}
