// A small HTTPS client for the lab's own use.

#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace lab {

struct HttpsServer {
  std::string address;
  int port = 443;
  std::string ca_file;  // PEM: the CA that its certificate must come from
};

// The body of a 200 answer; UNAVAILABLE otherwise.
absl::StatusOr<std::string> HttpsGet(const HttpsServer& server, const std::string& path);

// The same over plain HTTP.
absl::StatusOr<std::string> HttpGet(const std::string& address, int port, const std::string& path);

// The status code of plain HTTP; UNAVAILABLE when there is no answer.
absl::StatusOr<int> HttpGetCode(const std::string& address, int port, const std::string& path);

}  // namespace lab
