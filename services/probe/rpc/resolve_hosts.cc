#include "probe/rpc/resolve_hosts.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <memory>
#include <set>

#include "absl/strings/str_format.h"
#include "base/status_macros.h"

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

absl::Status AddTargets(const std::string& host, int port, std::set<std::string>& targets) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (error != 0) {
    return absl::UnavailableError(absl::StrFormat("%s: %s", host, gai_strerror(error)));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);
  bool any = false;
  for (const addrinfo* info = found; info != nullptr; info = info->ai_next) {
    const std::string target = ToTarget(*info, port);
    if (target.empty()) continue;
    targets.insert(target);
    any = true;
  }
  return any ? absl::OkStatus() : absl::UnavailableError(absl::StrFormat("%s: no address", host));
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ResolveHosts(const std::vector<std::string>& hosts,
                                                      int port) {
  std::set<std::string> targets;
  for (const std::string& host : hosts) RETURN_IF_ERROR(AddTargets(host, port, targets));
  return std::vector<std::string>(targets.begin(), targets.end());
}

}  // namespace probe
