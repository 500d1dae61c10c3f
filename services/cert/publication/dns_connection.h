// One TCP connection to a DNS server (RFC 7766), used for one message after the other. TCP because
// updates and RRsets outgrow a datagram, and because only the asked server can answer.

#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/deadline.h"

namespace cert {

struct DnsServer {
  std::string address;  // IPv4 or IPv6 in text form
  int port = 53;
};

// Confined to one thread.
class DnsConnection {
 public:
  // Errors, here and below: INVALID_ARGUMENT (not an IP address), UNAVAILABLE (the server or the
  // network said no), DEADLINE_EXCEEDED. Messages name the server.
  static absl::StatusOr<DnsConnection> Open(const DnsServer& server, base::Deadline deadline);
  ~DnsConnection();
  DnsConnection(DnsConnection&& other) noexcept;
  DnsConnection& operator=(DnsConnection&&) = delete;

  // Sends a DNS message of at most 65535 octets and returns the next one that comes back. After an
  // error the connection is of no more use.
  absl::StatusOr<std::string> Exchange(const std::string& message, base::Deadline deadline);

 private:
  DnsConnection(int socket, std::string server);

  absl::Status Await(std::int16_t events, base::Deadline deadline) const;
  absl::Status Connect(const void* address, unsigned address_bytes, base::Deadline deadline) const;
  absl::Status Send(const std::string& octets, base::Deadline deadline) const;
  absl::StatusOr<std::string> Receive(std::size_t count, base::Deadline deadline) const;
  absl::Status Unavailable(int error) const;

  int socket_;
  const std::string server_;  // "127.0.0.1 port 53", for messages
};

}  // namespace cert
