// The configuration files of our programs, in protobuf text format.

#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "lab/certificate_authority.h"

namespace lab {

inline constexpr int kCertGrpcPort = 7443;
inline constexpr int kCertAdminPort = 7480;
// Where http-01 tokens are answered, and so, in the lab, where CAs and probes ask every web server.
inline constexpr int kCertHttpPort = 7444;
inline constexpr int kProbeAdminPort = 7481;
inline constexpr char kCertServerName[] = "padlock-cert";  // in its certificate

struct PerspectiveSetting {
  std::string name;
  std::string region;
};

inline constexpr absl::Duration kLimitWindow = absl::Minutes(10);

struct CertSettings {
  std::string address;
  Credentials tls;
  // libpq connection strings by role.
  std::string cert_database;
  std::string claim_database;
  std::string listen_database;
  std::string owner_database;
  std::string key_encryption_key_file;
  std::string delegation_zone;
  std::vector<std::string> delegation_servers;
  std::string tsig_key_name;
  std::string tsig_secret_file;
  std::string acme_directory_url;
  std::string issuer_roots_file;
  // Another CA, asked after the first; empty: none. With it both are looked for in CAA records, as
  // <name>.test, and the issuer's roots are those of both.
  std::string second_directory_url = {};
  std::string second_name = "second";
  // newOrders of an account that each CA takes in the window; 0: any number, and none is counted.
  int order_limit = 0;
  absl::Duration order_limit_window = kLimitWindow;
  bool accept_unvalidated = true;  // the lab's root is not signed
  std::vector<PerspectiveSetting> perspectives;
  int reconciler_threads = 4;
};

struct ProbeSettings {
  std::string address;
  std::string perspective;
  std::vector<std::string> coordinator_addresses;
  Credentials tls;
  std::vector<std::pair<std::string, std::string>> resolvers;  // name, address
  std::string root_server_address;
  std::vector<std::string> allowed_ranges;  // CIDR
};

struct CliSettings {
  std::string server;  // as CliConfig has it
  Credentials tls;
  std::string tenant;
};

std::string CertConfigText(const CertSettings& settings);
std::string ProbeConfigText(const ProbeSettings& settings);
std::string CliConfigText(const CliSettings& settings);

}  // namespace lab
