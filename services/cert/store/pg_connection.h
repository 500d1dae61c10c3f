// One libpqxx connection. Private to this folder: only .cc files include it.

#pragma once

#include <cstdint>
#include <pqxx/pqxx>
#include <string>
#include <unordered_map>

namespace cert {

// Confined to whoever has borrowed it.
struct PgConnection {
  // Throws what libpqxx throws.
  explicit PgConnection(const std::string& connection_string);

  // The name under which the server knows the statement.
  const std::string& Prepared(const std::string& statement);

  pqxx::connection connection;
  // Names this connection in table `commits`, and counts its writing transactions there.
  const std::string client;
  std::int64_t sequence = 0;
  // The server's process is the one that the connection was opened to, so no pooler is in between:
  // what every transaction goes by is set for the session.
  bool direct = false;

 private:
  std::unordered_map<std::string, std::string> names_;  // by statement
};

}  // namespace cert
