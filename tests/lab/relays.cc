#include "lab/relays.h"

#include "base/status_macros.h"
#include "lab/configuration.h"

namespace lab {
namespace {

constexpr char kPostgresSocket[] = "/.s.PGSQL.5432";

}  // namespace

absl::StatusOr<std::unique_ptr<Relays>> Relays::Start(const Stack& stack, const Options& options) {
  std::unique_ptr<Relays> relays(new Relays);
  RETURN_IF_ERROR(relays->StartDatabase(stack, options.database_directory));
  RETURN_IF_ERROR(relays->StartDelegation(stack, options.delegation_servers));
  RETURN_IF_ERROR(relays->StartCoordinators(stack, options.replicas));
  return relays;
}

absl::Status Relays::StartDatabase(const Stack& stack, const std::string& target) {
  ASSIGN_OR_RETURN(database_directory_, stack.MakeDirectory("database-relay"));
  ASSIGN_OR_RETURN(notifications_directory_, stack.MakeDirectory("notifications-relay"));
  const SocketPlace server{.address = target + kPostgresSocket};
  ASSIGN_OR_RETURN(database_,
                   Relay::Start({.listen = {.address = database_directory_ + kPostgresSocket},
                                 .target = server,
                                 .framing = Framing::kPostgres}));
  ASSIGN_OR_RETURN(notifications_,
                   Relay::Start({.listen = {.address = notifications_directory_ + kPostgresSocket},
                                 .target = server,
                                 .framing = Framing::kPostgres}));
  return absl::OkStatus();
}

absl::Status Relays::StartDelegation(const Stack& stack, const std::vector<std::string>& targets) {
  int host = host::kFirstDelegationRelay;
  for (const std::string& target : targets) {
    delegation_addresses_.push_back(stack.Address(host++));
    ASSIGN_OR_RETURN(
        std::unique_ptr<Relay> relay,
        Relay::Start({.listen = {.address = delegation_addresses_.back(), .port = kDnsPort},
                      .target = {.address = target, .port = kDnsPort},
                      .framing = Framing::kDns}));
    delegation_.push_back(std::move(relay));
  }
  return absl::OkStatus();
}

absl::Status Relays::StartCoordinators(const Stack& stack,
                                       const std::vector<std::string>& targets) {
  int host = host::kFirstCoordinatorRelay;
  for (const std::string& target : targets) {
    coordinator_addresses_.push_back(stack.Address(host++));
    ASSIGN_OR_RETURN(
        std::unique_ptr<Relay> relay,
        Relay::Start({.listen = {.address = coordinator_addresses_.back(), .port = kCertGrpcPort},
                      .target = {.address = target, .port = kCertGrpcPort}}));
    coordinators_.push_back(std::move(relay));
  }
  return absl::OkStatus();
}

}  // namespace lab
