// ServerAddress as the kernel's sockaddr and back. For .cc files only.

#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <optional>

#include "probe/core/ip_address.h"

namespace probe {

// Returns the length of what was written.
socklen_t ToSocketAddress(const ServerAddress& address, sockaddr_storage& out);
// nullopt for families other than IPv4 and IPv6.
std::optional<ServerAddress> FromSocketAddress(const sockaddr_storage& address);

}  // namespace probe
