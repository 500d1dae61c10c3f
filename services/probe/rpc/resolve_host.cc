#include "probe/rpc/resolve_host.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <memory>
#include <set>

#include "absl/strings/str_format.h"

namespace probe {
namespace {

std::string ToTarget(const addrinfo& info, int port) {
  char text[INET6_ADDRSTRLEN] = "";
  if (info.ai_family == AF_INET) {
    const auto* address = reinterpret_cast<const sockaddr_in*>(info.ai_addr);
    inet_ntop(AF_INET, &address->sin_addr, text, sizeof text);
    return absl::StrFormat("ipv4:%s:%d", text, port);
  }
  if (info.ai_family == AF_INET6) {
    const auto* address = reinterpret_cast<const sockaddr_in6*>(info.ai_addr);
    inet_ntop(AF_INET6, &address->sin6_addr, text, sizeof text);
    return absl::StrFormat("ipv6:[%s]:%d", text, port);
  }
  return "";
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ResolveHost(const std::string& host, int port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (error != 0) {
    return absl::UnavailableError(absl::StrFormat("%s: %s", host, gai_strerror(error)));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);
  std::set<std::string> targets;
  for (const addrinfo* info = found; info != nullptr; info = info->ai_next) {
    targets.insert(ToTarget(*info, port));
  }
  targets.erase("");
  if (targets.empty()) return absl::UnavailableError(absl::StrFormat("%s: no address", host));
  return std::vector<std::string>(targets.begin(), targets.end());
}

}  // namespace probe
