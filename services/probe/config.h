// The worker's configuration, read once at the start: padlock.config.v1.ProbeConfig as one struct
// in which every value can be used as it is.

#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "probe/resolver/resolver_pool.h"
#include "transport/tls.h"

namespace probe {

struct Config {
  struct Coordinator {
    std::vector<std::string> hosts;
    int port = 0;
    std::string tls_server_name;
  };
  struct Admin {
    std::string address;
    int port = 0;
  };

  std::string perspective;
  Coordinator coordinator;
  transport::TlsFiles tls;
  Admin admin;
  ResolverPool::Options resolver;  // its capacity is the worker's
};

// Errors: what reading a file gives, or INVALID_ARGUMENT: "file: field: what is wrong".
absl::StatusOr<Config> ReadConfig(const std::string& path);

}  // namespace probe
