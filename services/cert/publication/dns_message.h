// The DNS messages of publication: TSIG-signed updates (RFC 2136, 8945) that add or delete TXT
// records by value, and the queries that read them back. Octets in, octets out; no sockets.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cert/publication/publisher.h"

namespace cert {

struct TsigKey {
  std::string name;
  std::string algorithm = "hmac-sha256";  // or hmac-sha512
  std::string secret_base64 = {};
};

// INVALID_ARGUMENT for a part that no update can be signed with; the message goes on after the
// part's name: "must be hmac-sha256 or hmac-sha512".
absl::Status CheckTsigName(const std::string& name);
absl::Status CheckTsigAlgorithm(const std::string& algorithm);
absl::Status CheckTsigSecret(const std::string& secret_base64);

enum class UpdateKind { kAdd, kDelete };

struct Update {
  std::string zone;
  UpdateKind kind = UpdateKind::kAdd;
  std::uint32_t ttl_seconds = 0;
  std::uint16_t id = 0;
};

struct SignedMessage {
  std::string octets;
  std::string mac;  // the reply's signature covers it
};

// True for a name strictly below `zone`, compared without case.
bool IsBelow(const std::string& name, const std::string& zone);

// All records in one message; 100 of any size fit. Records that are there already, or are gone
// already, are no error (RFC 2136, 3.4.2). INVALID_ARGUMENT for a name that is not one or lies
// outside the zone, a value of more than 255 octets, and a key or zone that cannot be used.
absl::StatusOr<SignedMessage> BuildUpdate(const Update& update, std::span<const TxtRecord> records,
                                          const TsigKey& key);

// OK if the reply to `request` says NOERROR and is signed with `key`. INVALID_ARGUMENT (NOTZONE),
// PERMISSION_DENIED (REFUSED, NOTAUTH with BADSIG, BADKEY or BADTIME), UNAVAILABLE (anything else,
// a reply whose signature does not verify included).
absl::Status CheckUpdateReply(const std::string& reply, const SignedMessage& request,
                              const TsigKey& key);

// `name` has passed BuildUpdate. RD=0.
std::string BuildTxtQuery(const std::string& name, std::uint16_t id);

struct TxtAnswer {
  std::vector<std::string> values;  // of records at the name itself; character-strings joined
  bool has_cname = false;           // at the name
};

// UNAVAILABLE unless the reply answers `query` with authority and NOERROR or NXDOMAIN.
absl::StatusOr<TxtAnswer> ParseTxtReply(const std::string& reply, const std::string& query);

}  // namespace cert
