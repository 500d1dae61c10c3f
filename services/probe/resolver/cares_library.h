// What every c-ares channel needs, whichever way it sends. For .cc files only.

#pragma once

#include "probe/core/ip_address.h"

namespace probe {

// A channel (ares_channel) without a useful server, that reads none of the machine's resolver
// configuration; null on failure. `flags` are added to those that are always right. The callback,
// if any, is an ares_sock_state_cb.
void* InitCaresChannel(int flags, void (*socket_state)(void*, int, int, int), void* argument);

// Only while nothing is outstanding.
[[nodiscard]] bool SetCaresServer(void* channel, const ServerAddress& server);

}  // namespace probe
