// padlock-lab: everything on loopback, for people.
//
//   padlock-lab up          starts a lab, issues a first certificate, stays until Ctrl-C
//   padlock-lab up --once   the same, but ends with that certificate
//   padlock-lab down        ends running labs and what crashed ones left behind
//   padlock-lab customer DIRECTORY add|del NAME TYPE VALUE
//                           changes a record at the customers' nameservers of the lab there
//
// `up` fails when the first certificate is not there two minutes after its start.

#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/deadline.h"
#include "base/status_macros.h"
#include "lab/demo.h"
#include "lab/interrupts.h"
#include "lab/lab.h"

namespace {

constexpr char kTenant[] = "demo";
constexpr char kFirstZone[] = "shop.test";
constexpr char kSecondZone[] = "bakery.test";
constexpr absl::Duration kFirstCertificateTimeout = absl::Minutes(2);
constexpr char kCustomerFile[] = "customer";
constexpr std::size_t kEditWords = 6;
constexpr int kUsageError = 2;

void Say(const std::string& line) { std::cout << line << std::endl; }

int Fail(const absl::Status& status) {
  std::cerr << "padlock-lab: " << status.message() << std::endl;
  return 1;
}

// How to go on by hand, in another terminal.
absl::Status PrintHints(const lab::Lab& lab, const std::string& config) {
  const std::string file = lab.stack().directory() + "/" + kCustomerFile;
  RETURN_IF_ERROR(lab.customer(kSecondZone).Save(file));
  const std::string program = std::filesystem::read_symlink("/proc/self/exe");
  Say(absl::StrFormat("\nAdd another domain; zones: %s",
                      absl::StrJoin(lab.dns().customer_zones(), " ")));
  Say(absl::StrFormat("  %s --config %s add %s --wildcard", lab::CliProgram(), config,
                      kSecondZone));
  Say("Create the records that it prints, as the customer does:");
  Say(absl::StrFormat("  %s customer %s add NAME TYPE VALUE", program, lab.stack().directory()));
  Say("Follow it:");
  Say(absl::StrFormat("  %s --config %s watch %s", lab::CliProgram(), config, kSecondZone));
  Say("Ctrl-C ends all of it.");
  return absl::OkStatus();
}

int Up(bool once) {
  const base::Deadline deadline = base::Deadline::After(kFirstCertificateTimeout);
  const lab::Interrupts interrupts;
  Say("Starting the lab:");
  const absl::StatusOr<std::unique_ptr<lab::Lab>> started =
      lab::Lab::Start({.report = [](const std::string& line) { Say("  " + line); }});
  if (!started.ok()) return Fail(started.status());
  if (interrupts.Arrived()) return 1;
  const absl::StatusOr<std::string> config = (*started)->WriteCliConfig(kTenant, "admin");
  if (!config.ok()) return Fail(config.status());
  const absl::Status issued = lab::Demo(**started, interrupts, *config).Run(kFirstZone, deadline);
  if (!issued.ok()) return Fail(issued);
  if (once) return 0;
  const absl::Status hinted = PrintHints(**started, *config);
  if (!hinted.ok()) return Fail(hinted);
  interrupts.Await();
  Say("Stopping.");
  return 0;
}

int Down() {
  const absl::StatusOr<int> ended = lab::CleanUpStacks();
  if (!ended.ok()) return Fail(ended.status());
  Say(absl::StrFormat("Processes ended: %d", *ended));
  return 0;
}

// The zone is the part of the name below test.
int Edit(const std::vector<std::string>& words) {
  const std::string& name = words[2];
  const std::vector<std::string> labels = absl::StrSplit(name, '.', absl::SkipEmpty());
  if (labels.size() < 2) return Fail(absl::InvalidArgumentError("not a name below test."));
  absl::StatusOr<lab::Customer> customer =
      lab::Customer::Load(words[0] + "/" + kCustomerFile,
                          absl::StrFormat("%s.%s", labels[labels.size() - 2], labels.back()));
  if (!customer.ok()) return Fail(customer.status());
  const lab::Record record{.name = name, .type = words[3], .value = words[4]};
  const absl::Status done = words[1] == "add" ? customer->Add(record) : customer->Remove(record);
  return done.ok() ? 0 : Fail(done);
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  const std::string command = words.empty() ? "" : words[0];
  if (words == std::vector<std::string>{"up"}) return Up(/*once=*/false);
  if (words == std::vector<std::string>{"up", "--once"}) return Up(/*once=*/true);
  if (words == std::vector<std::string>{"down"}) return Down();
  if (command == "customer" && words.size() == kEditWords &&
      (words[2] == "add" || words[2] == "del")) {
    return Edit({words.begin() + 1, words.end()});
  }
  std::cerr
      << "usage: padlock-lab up [--once] | down | customer DIRECTORY add|del NAME TYPE VALUE\n";
  return kUsageError;
}
