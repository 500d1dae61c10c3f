#include "lab/network.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "lab/descriptor.h"

namespace lab {

bool AcceptsConnections(const std::string& address, int port) {
  sockaddr_in target{};
  target.sin_family = AF_INET;
  target.sin_port = htons(static_cast<in_port_t>(port));
  if (inet_pton(AF_INET, address.c_str(), &target.sin_addr) != 1) return false;
  const Descriptor connection(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return connection.valid() &&
         connect(connection.get(), reinterpret_cast<const sockaddr*>(&target), sizeof(target)) == 0;
}

}  // namespace lab
