// The relays of one lab: in front of what padlock-cert depends on, and in front of padlock-cert for
// its workers. (The CA has lab/acme_proxy.h.)

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lab/relay.h"
#include "lab/stack.h"

namespace lab {

// Immutable after Start(); the relays are thread-safe.
class Relays {
 public:
  struct Options {
    std::string database_directory;               // of PostgreSQL's socket
    std::vector<std::string> delegation_servers;  // addresses
    std::vector<std::string> replicas;            // addresses
  };

  static absl::StatusOr<std::unique_ptr<Relays>> Start(const Stack& stack, const Options& options);

  // Statements and claims go through the first, LISTEN through the second.
  Relay& database() { return *database_; }
  Relay& notifications() { return *notifications_; }
  Relay& delegation(std::size_t server) { return *delegation_.at(server); }
  // Between the workers and one replica.
  Relay& coordinator(std::size_t replica) { return *coordinators_.at(replica); }

  // Where they listen, as what is behind them would.
  const std::string& database_directory() const { return database_directory_; }
  const std::string& notifications_directory() const { return notifications_directory_; }
  const std::vector<std::string>& delegation_addresses() const { return delegation_addresses_; }
  const std::vector<std::string>& coordinator_addresses() const { return coordinator_addresses_; }

 private:
  Relays() = default;

  absl::Status StartDatabase(const Stack& stack, const std::string& target);
  absl::Status StartDelegation(const Stack& stack, const std::vector<std::string>& targets);
  absl::Status StartCoordinators(const Stack& stack, const std::vector<std::string>& targets);

  std::string database_directory_;
  std::string notifications_directory_;
  std::vector<std::string> delegation_addresses_;
  std::vector<std::string> coordinator_addresses_;
  std::unique_ptr<Relay> database_;
  std::unique_ptr<Relay> notifications_;
  std::vector<std::unique_ptr<Relay>> delegation_;
  std::vector<std::unique_ptr<Relay>> coordinators_;
};

}  // namespace lab
