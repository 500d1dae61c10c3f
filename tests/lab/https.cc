#include "lab/https.h"

#include <httplib.h>

#include "absl/strings/str_format.h"

namespace lab {
namespace {

constexpr time_t kTimeoutSeconds = 10;

}  // namespace

absl::StatusOr<std::string> HttpsGet(const HttpsServer& server, const std::string& path) {
  httplib::SSLClient client(server.address, server.port);
  client.set_ca_cert_path(server.ca_file);
  client.set_connection_timeout(kTimeoutSeconds);
  client.set_read_timeout(kTimeoutSeconds);
  const httplib::Result result = client.Get(path);
  if (result && result->status == 200) return result->body;
  return absl::UnavailableError(absl::StrFormat(
      "https://%s:%d%s: %s", server.address, server.port, path,
      result ? std::to_string(result->status) : httplib::to_string(result.error())));
}

absl::StatusOr<std::string> HttpGet(const std::string& address, int port, const std::string& path) {
  httplib::Client client(address, port);
  client.set_connection_timeout(kTimeoutSeconds);
  client.set_read_timeout(kTimeoutSeconds);
  const httplib::Result result = client.Get(path);
  if (result && result->status == 200) return result->body;
  return absl::UnavailableError(absl::StrFormat(
      "http://%s:%d%s: %s", address, port, path,
      result ? std::to_string(result->status) : httplib::to_string(result.error())));
}

absl::StatusOr<int> HttpGetCode(const std::string& address, int port, const std::string& path) {
  httplib::Client client(address, port);
  client.set_connection_timeout(kTimeoutSeconds);
  client.set_read_timeout(kTimeoutSeconds);
  const httplib::Result result = client.Get(path);
  if (result) return result->status;
  return absl::UnavailableError(absl::StrFormat("http://%s:%d%s: %s", address, port, path,
                                                httplib::to_string(result.error())));
}

}  // namespace lab
