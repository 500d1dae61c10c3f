#include "lab/framing.h"

#include <utility>

namespace lab {
namespace {

constexpr std::size_t kDnsPrefix = 2;
constexpr std::size_t kDnsFlags = 4;  // their offset behind the prefix and the id
constexpr std::size_t kPostgresLength = 4;
constexpr unsigned kOpcodeUpdate = 5;  // RFC 2136, 2.2

unsigned Octet(const std::string& text, std::size_t at) {
  return static_cast<unsigned char>(text.at(at));
}

std::size_t Unsigned32(const std::string& text, std::size_t at) {
  return std::size_t{Octet(text, at)} << 24 | Octet(text, at + 1) << 16 | Octet(text, at + 2) << 8 |
         Octet(text, at + 3);
}

// The text up to the NUL at or behind `at`.
std::string TextAt(const std::string& octets, std::size_t at) {
  return octets.substr(at, octets.find('\0', at) - at);
}

// Commands that need no answer of their own travel with the COMMIT.
std::string QueryName(const std::string& sql) { return sql.ends_with("COMMIT") ? "COMMIT" : sql; }

// What a message of PostgreSQL's protocol says that is worth a name; "" for most.
std::string PostgresName(char type, const std::string& body) {
  if (type == 'Q') return QueryName(TextAt(body, 0));
  if (type == 'P') return TextAt(body, body.find('\0') + 1);  // Parse: statement's name, its SQL
  if (type == 'B') return TextAt(body, body.find('\0') + 1);  // Bind: portal, statement's name
  return "";
}

}  // namespace

bool RequestReader::Next(Request& request) {
  std::size_t length = buffer_.size();
  if (framing_ == Framing::kDns) length = DnsLength();
  if (framing_ == Framing::kPostgres) length = PostgresLength();
  if (length == 0) return false;
  request.octets = buffer_.substr(0, length);
  request.name = std::exchange(name_, "");
  if (framing_ == Framing::kDns) {
    const unsigned opcode = Octet(request.octets, kDnsFlags) >> 3 & 0xF;
    request.name = opcode == kOpcodeUpdate ? "UPDATE" : "QUERY";
  }
  buffer_.erase(0, length);
  return true;
}

std::size_t RequestReader::DnsLength() const {
  if (buffer_.size() <= kDnsFlags) return 0;
  const std::size_t length = kDnsPrefix + (Octet(buffer_, 0) << 8 | Octet(buffer_, 1));
  return buffer_.size() < length ? 0 : length;
}

// A client may send Parse, Bind, Describe and Execute; the server answers them at the Sync.
std::size_t RequestReader::PostgresLength() {
  name_.clear();
  std::size_t at = 0;
  while (true) {
    const std::size_t type_size = greeted_ ? 1 : 0;
    if (buffer_.size() < at + type_size + kPostgresLength) return 0;
    const char type = greeted_ ? buffer_[at] : '\0';
    const std::size_t end = at + type_size + Unsigned32(buffer_, at + type_size);
    if (buffer_.size() < end) return 0;
    const std::size_t body = at + type_size + kPostgresLength;
    const std::string name = PostgresName(type, buffer_.substr(body, end - body));
    if (!name.empty() && name_.empty()) name_ = name;
    at = end;
    if (type == '\0') {
      greeted_ = true;
      return at;
    }
    if (type == 'Q' || type == 'S' || type == 'X' || type == 'p') return at;
  }
}

}  // namespace lab
