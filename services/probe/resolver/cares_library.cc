#include "probe/resolver/cares_library.h"

#include <ares.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace probe {
namespace {

// Questions end on our own timers. c-ares rescans the questions whose time-out falls into the
// current second on every call, and its table wraps at 1,024 s: this long, none ever does.
constexpr int kNeverMilliseconds = 900'000;

bool InitLibraryOnce() {
  static const bool initialised = ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS;
  return initialised;
}

}  // namespace

void* InitCaresChannel(int flags, void (*socket_state)(void*, int, int, int), void* argument) {
  if (!InitLibraryOnce()) return nullptr;
  // Whatever is not set here, c-ares would look for in the machine's files.
  static std::array<char, 2> lookups = {'b', '\0'};
  static std::array<char, 10> no_file = {"/dev/null"};
  in_addr loopback{.s_addr = htonl(INADDR_LOOPBACK)};
  ares_options options{};
  options.flags = ARES_FLAG_NOCHECKRESP | ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | flags;
  options.timeout = kNeverMilliseconds;
  options.tries = 1;
  options.servers = &loopback;
  options.nservers = 1;
  options.ndomains = 0;
  options.lookups = lookups.data();
  options.resolvconf_path = no_file.data();
  options.sock_state_cb = socket_state;
  options.sock_state_cb_data = argument;
  int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SERVERS |
             ARES_OPT_DOMAINS | ARES_OPT_LOOKUPS | ARES_OPT_RESOLVCONF | ARES_OPT_NOROTATE;
  if (socket_state != nullptr) mask |= ARES_OPT_SOCK_STATE_CB;
  ares_channel channel = nullptr;
  return ares_init_options(&channel, &options, mask) == ARES_SUCCESS ? channel : nullptr;
}

bool SetCaresServer(void* channel, const ServerAddress& server) {
  ares_addr_port_node node{};
  node.family = server.ip.is_v6() ? AF_INET6 : AF_INET;
  std::ranges::copy(server.ip.bytes(), reinterpret_cast<std::uint8_t*>(&node.addr));
  node.udp_port = server.port;
  node.tcp_port = server.port;
  return ares_set_servers_ports(static_cast<ares_channel>(channel), &node) == ARES_SUCCESS;
}

}  // namespace probe
