// Cuts the octets that a client sends into requests: each is what its server answers as one.

#pragma once

#include <cstddef>
#include <string>

namespace lab {

enum class Framing {
  kOctets,    // whatever came at once
  kPostgres,  // PostgreSQL's frontend/backend protocol 3: up to a Query or Sync
  kDns,       // DNS over TCP (RFC 1035, 4.2.2)
};

struct Request {
  std::string octets;
  std::string name;  // for people: the SQL, "UPDATE" or "QUERY"; may be empty
};

// Confined to one thread.
class RequestReader {
 public:
  explicit RequestReader(Framing framing) : framing_(framing) {}

  void Append(const char* data, std::size_t size) { buffer_.append(data, size); }
  // Takes the next whole request; false when there is none yet.
  bool Next(Request& request);

 private:
  // The length of the first request in buffer_; 0 while it is not whole.
  std::size_t DnsLength() const;
  std::size_t PostgresLength();

  const Framing framing_;
  std::string buffer_;
  std::string name_;
  bool greeted_ = false;  // PostgreSQL's start-up message, which has no type, is through
};

}  // namespace lab
