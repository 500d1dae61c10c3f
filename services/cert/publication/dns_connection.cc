#include "cert/publication/dns_connection.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status_macros.h"

namespace cert {
namespace {

constexpr std::size_t kMaxMessageBytes = 65535;

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t bytes = 0;
};

absl::StatusOr<SocketAddress> ParseAddress(const DnsServer& server) {
  SocketAddress parsed;
  const in_port_t port = htons(static_cast<in_port_t>(server.port));
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  if (inet_pton(AF_INET, server.address.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = port;
    std::memcpy(&parsed.storage, &v4, sizeof(v4));
    parsed.bytes = sizeof(v4);
    return parsed;
  }
  if (inet_pton(AF_INET6, server.address.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = port;
    std::memcpy(&parsed.storage, &v6, sizeof(v6));
    parsed.bytes = sizeof(v6);
    return parsed;
  }
  return absl::InvalidArgumentError(absl::StrFormat("not an IP address: '%s'", server.address));
}

}  // namespace

absl::StatusOr<DnsConnection> DnsConnection::Open(const DnsServer& server,
                                                  base::Deadline deadline) {
  ASSIGN_OR_RETURN(const SocketAddress address, ParseAddress(server));
  DnsConnection connection(
      ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0),
      absl::StrFormat("%s port %d", server.address, server.port));
  if (connection.socket_ < 0) return connection.Unavailable(errno);
  RETURN_IF_ERROR(connection.Connect(&address.storage, address.bytes, deadline));
  return connection;
}

DnsConnection::DnsConnection(int socket, std::string server)
    : socket_(socket), server_(std::move(server)) {}

DnsConnection::DnsConnection(DnsConnection&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), server_(other.server_) {}

DnsConnection::~DnsConnection() {
  if (socket_ >= 0) ::close(socket_);
}

absl::Status DnsConnection::Connect(const void* address, unsigned address_bytes,
                                    base::Deadline deadline) const {
  if (::connect(socket_, static_cast<const sockaddr*>(address), address_bytes) == 0) {
    return absl::OkStatus();
  }
  if (errno != EINPROGRESS) return Unavailable(errno);
  RETURN_IF_ERROR(Await(POLLOUT, deadline));
  int error = 0;
  socklen_t bytes = sizeof(error);
  if (::getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &bytes) != 0) error = errno;
  return error == 0 ? absl::OkStatus() : Unavailable(error);
}

absl::StatusOr<std::string> DnsConnection::Exchange(const std::string& message,
                                                    base::Deadline deadline) {
  if (message.size() > kMaxMessageBytes) return absl::InvalidArgumentError("message too long");
  const std::string prefix{static_cast<char>(message.size() >> 8U),
                           static_cast<char>(message.size() & 0xffU)};
  RETURN_IF_ERROR(Send(prefix + message, deadline));
  ASSIGN_OR_RETURN(const std::string length, Receive(2, deadline));
  return Receive(static_cast<std::size_t>(static_cast<unsigned char>(length[0])) << 8U |
                     static_cast<unsigned char>(length[1]),
                 deadline);
}

absl::Status DnsConnection::Send(const std::string& octets, base::Deadline deadline) const {
  std::size_t sent = 0;
  while (sent < octets.size()) {
    RETURN_IF_ERROR(Await(POLLOUT, deadline));
    const ssize_t n = ::send(socket_, octets.data() + sent, octets.size() - sent, MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN && errno != EINTR) return Unavailable(errno);
    sent += static_cast<std::size_t>(std::max<ssize_t>(n, 0));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> DnsConnection::Receive(std::size_t count,
                                                   base::Deadline deadline) const {
  std::string octets(count, '\0');
  std::size_t received = 0;
  while (received < count) {
    RETURN_IF_ERROR(Await(POLLIN, deadline));
    const ssize_t n = ::recv(socket_, octets.data() + received, count - received, 0);
    if (n == 0) return Unavailable(ECONNRESET);  // closed in the middle
    if (n < 0 && errno != EAGAIN && errno != EINTR) return Unavailable(errno);
    received += static_cast<std::size_t>(std::max<ssize_t>(n, 0));
  }
  return octets;
}

absl::Status DnsConnection::Await(std::int16_t events, base::Deadline deadline) const {
  pollfd waited{.fd = socket_, .events = events, .revents = 0};
  while (!deadline.Expired()) {
    // Rounded up, so that the last wait does not spin; cut, since poll counts in int.
    const absl::Duration left = std::min(deadline.Remaining(), absl::Minutes(1));
    const int ready = ::poll(&waited, 1, static_cast<int>(absl::ToInt64Milliseconds(left)) + 1);
    if (ready > 0) return absl::OkStatus();
    if (ready < 0 && errno != EINTR) return Unavailable(errno);
  }
  return absl::DeadlineExceededError(absl::StrFormat("%s: no answer in time", server_));
}

absl::Status DnsConnection::Unavailable(int error) const {
  return absl::UnavailableError(
      absl::StrFormat("%s: %s", server_, std::generic_category().message(error)));
}

}  // namespace cert
