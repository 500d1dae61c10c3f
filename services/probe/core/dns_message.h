// DNS messages (RFC 1035, 4): the queries that we send and what a server sent back, as values.
//
//   +---------------------+
//   |        Header       |  id, flags, four counts
//   |       Question      |  exactly one here
//   |        Answer       |  records
//   |      Authority      |  records: NS of a referral, SOA of a negative answer
//   |      Additional     |  records: glue, OPT (EDNS, RFC 6891)
//   +---------------------+
//
// The wire is hostile: no length is trusted, a compression pointer must point backwards, and a
// message of more than 2,048 records is refused.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "probe/core/dns_name.h"
#include "probe/core/ip_address.h"

namespace probe {

inline constexpr std::size_t kDnsHeaderLength = 12;
// Header, question and OPT record of a query that EncodeQuery makes.
inline constexpr std::size_t kMaxQueryLength = kDnsHeaderLength + 255 + 4 + 11;

// Types that are understood; records of others are kept without data.
enum class RrType : std::uint16_t {
  kA = 1,
  kNs = 2,
  kCname = 5,
  kSoa = 6,
  kTxt = 16,
  kAaaa = 28,
  kDname = 39,
  kOpt = 41,
  kCaa = 257,
};

// Response codes that decisions depend on (RFC 1035, 4.1.1; RFC 2136; RFC 8914 has the rest).
enum Rcode : int {
  kRcodeNoError = 0,
  kRcodeFormatError = 1,
  kRcodeServerFailure = 2,
  kRcodeNameError = 3,
  kRcodeNotImplemented = 4,
  kRcodeRefused = 5,
  kRcodeYxDomain = 6,  // a DNAME makes too long a name (RFC 6672, 2.2)
  kRcodeNotAuthoritative = 9,
};

struct Question {
  DnsName name = {};
  RrType type = RrType::kTxt;

  auto operator<=>(const Question&) const = default;
};

// One random bit for each octet of a name: letters whose bit is set go out in upper case ("0x20"),
// and an answer that does not repeat them was not made by who received them.
using CaseBits = std::array<std::uint8_t, 32>;

struct QueryOptions {
  std::uint16_t id = 0;
  bool recursion_desired = false;
  bool checking_disabled = false;  // RFC 4035, 3.2.2
  bool edns = true;                // advertises 1,232 octets (DNS flag day 2020)
  CaseBits case_bits{};
};

// Nearly all names are so short that their queries lie in place.
using EncodedQuery = absl::InlinedVector<std::uint8_t, 96>;

void EncodeQuery(const Question& question, const QueryOptions& options, EncodedQuery& out);
std::string EncodeQuery(const Question& question, const QueryOptions& options);

// Gives an encoded query another id and letter case, for another attempt.
void Disguise(std::uint16_t id, const CaseBits& case_bits, EncodedQuery& query);
// Takes the OPT record out of an encoded query, for a server that does not know EDNS.
void RemoveEdns(EncodedQuery& query);

struct SoaData {
  std::uint32_t serial = 0;
  absl::Duration minimum = absl::ZeroDuration();

  bool operator==(const SoaData&) const = default;
};

struct CaaData {
  int flags = 0;
  std::string tag = {};  // lower case
  std::string value = {};

  bool operator==(const CaaData&) const = default;
};

struct Record {
  // A, AAAA: address. NS, CNAME, DNAME: name. TXT: its strings joined (RFC 7208, 3.3).
  using Data = std::variant<std::monostate, IpAddress, DnsName, std::string, SoaData, CaaData>;

  DnsName owner = {};
  RrType type = RrType::kTxt;
  absl::Duration ttl = absl::ZeroDuration();
  Data data = {};

  bool operator==(const Record&) const = default;
};

struct Message {
  bool authoritative = false;
  bool truncated = false;
  bool recursion_available = false;
  bool authenticated_data = false;
  int rcode = 0;  // with EDNS's upper bits
  bool has_edns = false;
  std::optional<int> extended_error = std::nullopt;  // the first one (RFC 8914)
  std::optional<Question> question = std::nullopt;
  std::vector<Record> answers = {};
  std::vector<Record> authority = {};
  std::vector<Record> additional = {};  // without OPT
};

// INVALID_ARGUMENT, saying where it breaks. Of a truncated message the header and the question are
// enough: its records are not looked at, since they prove nothing.
absl::StatusOr<Message> ParseMessage(std::span<const std::uint8_t> wire);
// The same into `message`, whose memory is used again; after an error it holds anything.
absl::Status ParseMessage(std::span<const std::uint8_t> wire, Message& message);

}  // namespace probe
