// The worker's configuration, read once at the start: padlock.config.v1.ProbeConfig as one struct
// in which every value can be used as it is.

#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "probe/resolver/resolver_pool.h"
#include "transport/config_fields.h"
#include "transport/tls.h"

namespace probe {

struct Config {
  struct Coordinator {
    std::vector<std::string> hosts;
    int port = 0;
    std::string tls_server_name;
  };

  std::string perspective;
  Coordinator coordinator;
  transport::TlsFiles tls;
  transport::Endpoint admin;
  ResolverPool::Options resolver;  // its capacity is the worker's
};

// What reading the file gives, INVALID_ARGUMENT for text that is no configuration, as
// "file:line:column: …", and for a value that cannot be right, as "admin.port: …".
absl::StatusOr<Config> ReadConfig(const std::string& path);

}  // namespace probe
