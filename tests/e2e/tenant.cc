#include "e2e/tenant.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/status_macros.h"
#include "cli/settings.h"
#include "lab/process.h"

namespace e2e {
namespace {

std::string Line(const pb::Event& event) {
  return absl::StrFormat("  %s: %s", pb::Event::Type_Name(event.type()), event.message());
}

std::string Lines(const std::vector<pb::Event>& events) {
  return absl::StrJoin(events, "\n",
                       [](std::string* out, const pb::Event& event) { out->append(Line(event)); });
}

absl::Status Explain(const absl::Status& status, const std::string& facts) {
  return {status.code(), absl::StrCat(status.message(), "; ", facts)};
}

// Of all tenants: suites have one in each of several threads.
struct Transcript {
  base::Mutex mutex;
  std::string text ABSL_GUARDED_BY(mutex);
};

Transcript& SharedTranscript() {
  static auto* const transcript = new Transcript;
  return *transcript;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Tenant>> Tenant::Connect(lab::Lab& lab, const std::string& name,
                                                        const std::string& role) {
  ASSIGN_OR_RETURN(std::string config, lab.WriteCliConfig(name, role));
  std::unique_ptr<Tenant> tenant(new Tenant(lab, std::move(config)));
  RETURN_IF_ERROR(tenant->Reconnect());
  return tenant;
}

Tenant::Tenant(lab::Lab& lab, std::string config) : lab_(lab), config_(std::move(config)) {}

absl::Status Tenant::Reconnect() {
  ASSIGN_OR_RETURN(const cli::Settings settings, cli::LoadSettings(config_));
  ASSIGN_OR_RETURN(api_, cli::Client::Create(settings));
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<cli::Client>> Tenant::ConnectTo(std::size_t replica) const {
  ASSIGN_OR_RETURN(cli::Settings settings, cli::LoadSettings(config_));
  settings.server = lab_.grpc_address(replica);
  return cli::Client::Create(settings);
}

absl::StatusOr<std::string> Tenant::Padlock(const std::vector<std::string>& words) const {
  std::vector<std::string> command = {lab::CliProgram(), "--config", config_};
  command.insert(command.end(), words.begin(), words.end());
  absl::StatusOr<std::string> printed = lab::RunCommand(command);
  const base::MutexLock lock(SharedTranscript().mutex);
  SharedTranscript().text += printed.ok() ? *printed : std::string(printed.status().message());
  return printed;
}

std::string Tenant::Printed() {
  const base::MutexLock lock(SharedTranscript().mutex);
  return SharedTranscript().text;
}

absl::StatusOr<pb::Domain> Tenant::AddWithRecords(const std::string& hostname, bool wildcard) {
  ASSIGN_OR_RETURN(const pb::Domain domain,
                   api_->CreateDomain({.hostname = hostname, .wildcard = wildcard}));
  RETURN_IF_ERROR(CreateRecords(domain));
  return api_->RecheckDomain(domain.name());
}

absl::Status Tenant::CreateRecords(const pb::Domain& domain) {
  lab::Customer customer = lab_.customer(ZoneOf(domain.hostname()));
  for (const pb::RequiredRecord& record : domain.records()) {
    RETURN_IF_ERROR(
        customer.Add({.name = record.name(), .type = record.type(), .value = record.value()}));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<pb::Event>> Tenant::Await(const pb::Domain& domain,
                                                     pb::Event::Type type) {
  return Follow(domain, [type](const std::vector<pb::Event>& events) {
    return !events.empty() && events.back().type() == type;
  });
}

absl::StatusOr<pb::Domain> Tenant::AwaitFinding(const pb::Domain& domain, pb::Finding::Code code) {
  absl::StatusOr<pb::Domain> found = domain;
  const auto events = Follow(domain, [&](const std::vector<pb::Event>&) {
    found = api_->GetDomain(domain.name());
    return !found.ok() || found->finding().code() == code;
  });
  if (events.ok() || !found.ok()) return found;
  return Explain(events.status(), "the finding is: " + found->finding().ShortDebugString());
}

// From the oldest event on, so that nothing is missed, whenever the watch begins.
absl::StatusOr<std::vector<pb::Event>> Tenant::Follow(const pb::Domain& domain,
                                                      IsEnough is_enough) {
  std::vector<pb::Event> events;
  bool enough = false;
  const absl::Status status =
      api_->WatchEvents({.cursor = "oldest",
                         .domain = domain.name(),
                         .end_time = base::SystemClock().TimeNow() + kPatience},
                        [&](const pb::WatchEventsResponse& message) {
                          enough = is_enough(events);
                          for (const pb::Event& event : message.events()) {
                            if (enough) break;
                            events.push_back(event);
                            enough = is_enough(events);
                          }
                          return !enough;
                        });
  if (enough) return events;
  return Explain(status, absl::StrFormat("the events of %s are:\n%s%s", domain.hostname(),
                                         Lines(events), FindingsOf(domain)));
}

std::string Tenant::FindingsOf(const pb::Domain& domain) {
  std::string text;
  const auto found = api_->GetDomain(domain.name());
  if (found.ok()) absl::StrAppend(&text, "  domain: ", found->finding().sentence(), "\n");
  const auto certificate = api_->GetCertificate(domain.certificate());
  if (certificate.ok()) {
    absl::StrAppend(&text, "  certificate: ", certificate->finding().sentence(), "\n");
  }
  return text;
}

std::string ZoneOf(const std::string& hostname) {
  const std::size_t last = hostname.rfind('.');
  const std::size_t before = hostname.rfind('.', last - 1);
  return before == std::string::npos ? hostname : hostname.substr(before + 1);
}

lab::Record WantedRecord(const pb::Domain& domain, pb::RequiredRecord::Purpose purpose) {
  const auto& records = domain.records();
  const auto found = std::ranges::find(records, purpose, &pb::RequiredRecord::purpose);
  if (found == records.end()) return {};
  return {.name = found->name(), .type = found->type(), .value = found->value()};
}

}  // namespace e2e
