#include "lab/loopback_ipv6.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/socket.h>

#include <cerrno>
#include <string>

#include "base/status_macros.h"
#include "lab/stack.h"

namespace lab {

bool LoopbackIpv6::IsThere() {
  const Descriptor socket(::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_addr = in6addr_loopback;
  return socket.valid() &&
         bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
}

absl::StatusOr<LoopbackIpv6> LoopbackIpv6::Claim() {
  ASSIGN_OR_RETURN(const std::string directory, LabDirectory());
  const std::string path = directory + "/ipv6.lock";
  Descriptor lock(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  while (flock(lock.get(), LOCK_EX) != 0) {
    if (errno != EINTR) return absl::ErrnoToStatus(errno, path);
  }
  return LoopbackIpv6(std::move(lock));
}

}  // namespace lab
