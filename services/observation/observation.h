// What one DNS server answered: the vocabulary that the probe fills, the cert service judges and
// stores. Mirrors padlock/probe/v1/observation.proto, whose comments define each value.
// Plain values; nothing here knows Protobuf (observation_proto.h converts).

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace observation {

enum class Outcome {
  kMatch = 1,
  kMismatch,
  kNoData,
  kNoSuchName,
  kCnameInTheWay,
  kWildcardSynthesis,
  kLame,
  kRefused,
  kServfail,
  kBogus,
  kTimeout,
  kUnreachable,
  kMalformed,
  kTruncated,
  kStale,
  kCnameLoop,
  kNotAsked,
};

// What an answer shows besides its outcome, of which a finding can be made.
enum class Clue {
  kValueQuoted = 1,
  kValueCut,
  kValueSpaced,
  kValueCase,
  kOtherValues,
  kZoneAppended,
  kSplitView,
  kParentDiffers,
  kAtParentName,
};

enum class Vote { kAgree = 1, kDisagree, kCouldNotTell };

enum class ServerRole { kAuthoritative = 1, kRecursive };

enum class RecordType { kTxt = 1, kCname, kCaa, kHttp };

// Which servers a check asks, and in which order.
enum class Scope { kAuthoritative = 1, kAuthoritativeThenRecursive, kAllAtOnce };

struct Observation {
  ServerRole role = ServerRole::kAuthoritative;
  std::string server;   // nameserver's host name, or resolver's configured name
  std::string address;  // text form; empty when the server has none
  std::string zone;     // the zone it was found for; empty for resolvers
  Outcome outcome = Outcome::kNotAsked;
  Vote vote = Vote::kCouldNotTell;
  int rcode = 0;  // meaningless without an answer
  std::optional<int> extended_error = std::nullopt;
  std::string owner;                     // where the answer lies, after CNAMEs
  std::vector<std::string> cname_chain;  // targets followed from the asked name, in order
  std::vector<std::string> values;       // at most 16 of at most 512 octets, escaped as \DDD
  absl::Duration ttl = absl::ZeroDuration();
  absl::Duration negative_ttl = absl::ZeroDuration();  // min(SOA TTL, SOA minimum), RFC 2308 §5
  std::optional<std::uint32_t> soa_serial = std::nullopt;
  bool authenticated_data = false;
  bool over_tcp = false;
  absl::Duration round_trip_time = absl::ZeroDuration();
  absl::Time observe_time = absl::UnixEpoch();
  std::string note;
  std::vector<Clue> clues = {};  // each at most once
  // Until when a cache may show this answer (RFC 2308 5, RFC 9520); unset when nothing keeps it.
  std::optional<absl::Time> cache_expire_time = std::nullopt;
  // Of a resolver: whether it was seen to validate DNSSEC. Unset by workers that do not say.
  std::optional<bool> validating = std::nullopt;
  // Of a nameserver to which CNAMEs led and that does not agree: the zone of the asked name.
  std::string asked_zone = {};

  bool operator==(const Observation&) const = default;
};

// Moves `from` to the end of `to`.
void Append(std::vector<Observation> from, std::vector<Observation>& to);

// "match", "no_such_name", …: for logs, metrics and stored evidence; stable.
const char* OutcomeName(Outcome outcome);
const char* VoteName(Vote vote);
const char* ClueName(Clue clue);
std::optional<Clue> ParseClue(const std::string& name);
std::optional<Outcome> ParseOutcome(const std::string& name);
std::optional<Vote> ParseVote(const std::string& name);

}  // namespace observation
