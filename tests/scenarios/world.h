// A DNS world in plain values: who serves which version of which zone, and how each of our
// perspectives gets there. Nothing here has a state that changes; time is passed in.
//
//   address ──(by perspective)──► Path ──► Site ──► zones, each in versions by time
//
// Several paths that end at one site are one server; an address whose paths end at several sites
// is anycast.

#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "probe/core/dns_message.h"
#include "probe/core/ip_address.h"
#include "scenarios/zone_data.h"

namespace scenarios {

inline constexpr absl::Duration kQueryTimeout = absl::Seconds(2);

// What a server does with questions.
enum class Manner {
  kHonest,
  kSilent,
  kLame,       // answers without authority
  kUpward,     // refers to the root
  kNotAuth,    // NOTAUTH
  kRefuses,    // REFUSED
  kFails,      // SERVFAIL
  kFormError,  // FORMERR
  kGarbage,    // what comes is no DNS message, or no answer to the question
  kTruncates,  // TC, over TCP too
};

struct Version {
  absl::Time from = absl::InfinitePast();
  std::shared_ptr<const ZoneData> zone = nullptr;
};
using History = std::vector<Version>;  // at least one, in the order of time

struct Site {
  Manner manner = Manner::kHonest;
  Manner caa_manner = Manner::kHonest;  // with questions for CAA, if `manner` is honest
  std::vector<History> zones = {};
  // From then on it does so instead: its zone has moved to other servers.
  absl::Time leave_time = absl::InfiniteFuture();
  Manner leave_manner = Manner::kRefuses;
};

struct Path {
  enum class State { kOpen, kSilent, kUnreachable };

  State state = State::kOpen;
  absl::Duration round_trip_time = absl::Milliseconds(20);
  double loss = 0;  // of each attempt
  std::size_t site = 0;
};

// What a web server does with whoever fetches the token.
enum class WebManner {
  kToken,
  kOther,     // another page
  kMissing,   // 404
  kError,     // 500
  kNonsense,  // no HTTP
  kSilent,
  kClosed,  // nobody listens
};

// As one perspective meets it.
struct WebServer {
  probe::IpAddress address = {};
  WebManner before = WebManner::kToken;
  WebManner after = WebManner::kToken;
  absl::Time change_time = absl::InfinitePast();

  WebManner At(absl::Time now) const { return now < change_time ? before : after; }
};

struct World {
  std::vector<Site> sites = {};
  // One path for each perspective.
  absl::flat_hash_map<probe::IpAddress, std::vector<Path>> hosts = {};
};

// True when an attempt that is not lost brings an answer in time.
bool IsReachable(const Path& path);

// Null when nobody is at this address.
const Path* FindPath(const World& world, const probe::IpAddress& address, std::size_t perspective);

// What the server says at `now`; unset when it says nothing that could be read.
std::optional<probe::Message> AnswerOf(const Site& site, const probe::Question& question,
                                       absl::Time now);

}  // namespace scenarios
