// Is somebody listening there?

#pragma once

#include <string>

namespace lab {

// Tries one TCP connection to an address of this machine, which answers at once either way.
bool AcceptsConnections(const std::string& address, int port);

}  // namespace lab
