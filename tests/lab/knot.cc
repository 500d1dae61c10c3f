#include "lab/knot.h"

#include <algorithm>
#include <csignal>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/status_macros.h"

namespace lab {
namespace {

// Zone files are read once and never written: changes live in the journal.
constexpr char kKnotConfiguration[] = R"(server:
    listen: %2$s@%3$d
    rundir: %1$s
    udp-workers: 1
    tcp-workers: 1
    background-workers: 2
log:
  - target: stderr
    any: info
database:
    storage: %1$s
    journal-db-max-size: 100M
    timer-db-max-size: 10M
control:
    listen: %1$s/control
template:
  - id: default
    storage: %1$s
    zonefile-sync: -1
    journal-content: changes
)";

std::string ZoneFile(const std::string& directory, const Zone& zone) {
  return absl::StrFormat("%s/%s.zone", directory, zone.name == "." ? "root" : zone.name);
}

std::string RemoteId(const std::string& address) { return "at-" + address; }

}  // namespace

absl::StatusOr<std::unique_ptr<Knot>> Knot::Start(const Stack& stack, Options options) {
  ASSIGN_OR_RETURN(std::string directory, stack.MakeDirectory(options.name));
  std::unique_ptr<Knot> server(new Knot(stack, std::move(directory), std::move(options)));
  for (const Zone& zone : server->options_.zones) RETURN_IF_ERROR(server->WriteZone(zone));
  RETURN_IF_ERROR(WriteFile(server->directory_ + "/knot.conf", server->Configuration()));
  RETURN_IF_ERROR(server->Launch());
  return server;
}

Knot::Knot(const Stack& stack, std::string directory, Options options)
    : stack_(stack), directory_(std::move(directory)), options_(std::move(options)) {}

absl::Status Knot::AddZone(Zone zone) {
  RETURN_IF_ERROR(WriteZone(zone));
  options_.zones.push_back(std::move(zone));
  RETURN_IF_ERROR(WriteFile(directory_ + "/knot.conf", Configuration()));
  RETURN_IF_ERROR(Control({"reload"}).status());
  // `reload` only schedules the loading of zones.
  return Control({"-b", "zone-reload", options_.zones.back().name}).status();
}

absl::Status Knot::Refresh(const std::string& zone) {
  return Control({"-b", "zone-refresh", zone}).status();
}

absl::Status Knot::Notify(const std::string& zone) const {
  return Control({"zone-notify", zone}).status();
}

absl::StatusOr<std::vector<std::string>> Knot::DelegationSigners(const std::string& zone) const {
  ASSIGN_OR_RETURN(const std::string keymgr, FindProgram("keymgr"));
  ASSIGN_OR_RETURN(const std::string text,
                   RunCommand({keymgr, "-c", directory_ + "/knot.conf", zone, "ds"}));
  return std::vector<std::string>(absl::StrSplit(text, '\n', absl::SkipWhitespace()));
}

absl::StatusOr<std::string> Knot::ReadZone(const std::string& zone) const {
  ASSIGN_OR_RETURN(const std::string listing, Control({"zone-read", zone}));
  std::string text;
  for (const auto line : absl::StrSplit(listing, '\n', absl::SkipWhitespace())) {
    // "[shop.test.] www.shop.test. 60 A 192.0.2.1"
    absl::StrAppend(&text, line.substr(line.find("] ") + 2), "\n");
  }
  return text;
}

absl::Status Knot::Update(const std::string& zone, const std::string& key,
                          const std::vector<std::string>& lines) const {
  const auto found = std::ranges::find(options_.keys, key, &TsigKey::name);
  return SendUpdate(address(), zone,
                    found == options_.keys.end() ? std::nullopt : std::optional(*found), lines);
}

void Knot::Kill() {
  if (process_ != nullptr) process_->Kill();
  process_.reset();
}

absl::Status Knot::Pause() {
  if (process_ == nullptr) return absl::FailedPreconditionError(options_.name + " is not running");
  return process_->Signal(SIGSTOP);
}

absl::Status Knot::Resume() { return process_ == nullptr ? Launch() : process_->Signal(SIGCONT); }

std::string Knot::Configuration() const {
  std::string text = absl::StrFormat(kKnotConfiguration, directory_, address(), kDnsPort);
  text += "key:\n";
  for (const TsigKey& key : options_.keys) {
    text += absl::StrFormat("  - id: %s\n    algorithm: hmac-sha256\n    secret: %s\n", key.name,
                            key.secret);
  }
  for (const Zone& zone : options_.zones) text += ZoneConfiguration(zone);
  return text;
}

// Knot allows its sections to be repeated, so each zone brings the remotes and rules it needs.
std::string Knot::ZoneConfiguration(const Zone& zone) const {
  std::vector<std::string> remotes = zone.secondaries;
  if (!zone.primary.empty()) remotes.push_back(zone.primary);
  std::vector<std::string> notified;
  std::vector<std::string> rules;
  std::string text = remotes.empty() ? "" : "remote:\n";
  for (const std::string& remote : remotes) {
    text += absl::StrFormat("  - id: %s\n    address: %s@%d\n    via: %s\n    key: %s\n",
                            RemoteId(remote), remote, kDnsPort, address(), zone.transfer_key);
  }
  text += zone.update_key.empty() && zone.transfer_key.empty() ? "" : "acl:\n";
  if (!zone.update_key.empty()) {
    rules.push_back("update-" + zone.name);
    text += absl::StrFormat("  - id: update-%s\n    key: %s\n    action: update\n", zone.name,
                            zone.update_key);
    if (!zone.update_types.empty()) {
      text += absl::StrFormat("    update-type: [%s]\n", absl::StrJoin(zone.update_types, ", "));
    }
  }
  if (!zone.transfer_key.empty()) {
    rules.push_back("transfer-" + zone.name);
    text += absl::StrFormat("  - id: transfer-%s\n    key: %s\n    action: [transfer, notify]\n",
                            zone.name, zone.transfer_key);
  }
  for (const std::string& secondary : zone.secondaries) notified.push_back(RemoteId(secondary));
  text += absl::StrFormat("zone:\n  - domain: %s\n    file: %s\n", zone.name,
                          ZoneFile(directory_, zone));
  if (zone.is_signed) text += "    dnssec-signing: on\n";
  if (!rules.empty()) text += absl::StrFormat("    acl: [%s]\n", absl::StrJoin(rules, ", "));
  if (!notified.empty())
    text += absl::StrFormat("    notify: [%s]\n", absl::StrJoin(notified, ", "));
  if (!zone.primary.empty()) text += absl::StrFormat("    master: %s\n", RemoteId(zone.primary));
  return text;
}

absl::Status Knot::WriteZone(const Zone& zone) const {
  if (!zone.primary.empty()) return absl::OkStatus();
  return WriteFile(ZoneFile(directory_, zone), zone.text);
}

absl::Status Knot::Launch() {
  ASSIGN_OR_RETURN(process_, Process::Start({.name = options_.name,
                                             .command = {"knotd", "-c", directory_ + "/knot.conf"},
                                             .directory = directory_,
                                             .log_file = stack_.LogFile(options_.name),
                                             .pid_directory = stack_.pid_directory(),
                                             .notifies = true}));
  return process_->AwaitReady(base::Deadline::After(kStartTimeout));
}

absl::StatusOr<std::string> Knot::Control(const std::vector<std::string>& words) const {
  std::vector<std::string> command = {"knotc", "-s", directory_ + "/control"};
  command.insert(command.end(), words.begin(), words.end());
  return RunCommand(command);
}

}  // namespace lab
