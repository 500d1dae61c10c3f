// One libpqxx connection. Private to this folder: only .cc files include it.

#pragma once

#include <cstdint>
#include <pqxx/pqxx>
#include <string>

namespace cert {

// Confined to whoever has borrowed it.
struct PgConnection {
  // Throws what libpqxx throws.
  explicit PgConnection(const std::string& connection_string);

  pqxx::connection connection;
  // Names this connection in table `commits`, and counts its writing transactions there.
  const std::string client;
  std::int64_t sequence = 0;
};

}  // namespace cert
