// The CLI's configuration file (padlock.config.v1.CliConfig), validated.

#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "transport/tls.h"

namespace cli {

struct Settings {
  std::string server;           // "host:port"
  std::string tls_server_name;  // empty: the host of `server`
  transport::TlsFiles tls;
  std::string tenant;
};

// INVALID_ARGUMENT, with the field's name first; what reading the file gives.
absl::StatusOr<Settings> LoadSettings(const std::string& path);

}  // namespace cli
