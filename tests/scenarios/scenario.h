// One scenario: a DNS world, what goes wrong in it, and the questions that are checked there. All
// of it follows from the seed.

#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "cert/core/agreement.h"
#include "cert/core/inquiry.h"
#include "probe/check/environment.h"
#include "probe/core/zone.h"
#include "scenarios/public_resolver.h"
#include "scenarios/world.h"

namespace scenarios {

enum class Fault {
  kStaleSecondary,     // one server has an old version
  kAnycastLag,         // one address has, at one perspective
  kSplitView,          // all addresses of the zone have, at one perspective
  kChangedMeanwhile,   // the record changes during the check
  kLyingResolver,      // says yes or no against the truth
  kFailingResolver,    // SERVFAIL, REFUSED, silence, nonsense
  kStaleResolver,      // still has an old answer in its cache
  kLoss,               // of each attempt, with a probability
  kSlowServer,         // later than our timeout
  kSilentServer,       // at one perspective or all
  kUnreachableServer,  // ICMP, at one perspective or all
  kLameServer,         // no authority, an upward referral, NOTAUTH
  kFailingServer,      // SERVFAIL, REFUSED, FORMERR, truncation without end
  kGarbageServer,
  kGlueless,        // nameservers whose names lie in another zone
  kParentDiffers,   // nameservers that only the parent, or only the zone, names
  kOldGlue,         // the parent names an address that the zone does not
  kPrivateAddress,  // a nameserver with an address inside our network
  kBogus,           // DNSSEC signatures do not hold
  kWildcard,        // a wildcard beside the record
  kChain,           // more CNAMEs, across zones
  kLoop,            // a CNAME chain that comes back, or is too long
  kSickParent,      // a server of the root or of the top-level domain fails
  kShortTime,       // the check's time is over early
  kOwnLimit,        // we may not ask everything we want
  kDname,           // a DNAME makes one of the challenge's CNAMEs
  kFailsForCaa,     // a server answers everything but questions for CAA
  kMovedZone,       // the customer's zone changes its nameservers between two checks
  kOddWebServer,    // one of the host's has another page, or none, or is dead
  kMovedHost,       // the host's addresses change with the other records
};
inline constexpr std::size_t kFaults = 30;
using FaultSet = std::bitset<kFaults>;

const char* FaultName(Fault fault);

// One question about a chain of names: what a nameserver says that says yes.
struct Hop {
  probe::Question question = {};
  std::size_t zone = 0;                                // in Scenario::zones
  std::optional<probe::DnsName> alias = std::nullopt;  // the CNAME that leads to the next hop
  std::vector<std::string> values = {};                // at the last hop
};

struct Subject {
  cert::Question question = {};
  // TXT, CNAME: up to the one that leads back, in a loop. CAA: the levels from the name upwards.
  // HTTP: AAAA and A of the host, as far as it has them.
  std::vector<Hop> hops = {};
  bool endless = false;

  bool climbs() const { return question.type == observation::RecordType::kCaa; }
  bool fetches() const { return question.type == observation::RecordType::kHttp; }
  // How many of the hops' questions resolvers are asked.
  std::size_t asked_hops() const { return climbs() || fetches() ? hops.size() : 1; }
  bool Asks(const probe::Question& asked) const;
};

// The servers are all addresses that parent and child publish for the zone's nameservers.
struct ZonePlan {
  struct Server {
    probe::IpAddress address = {};
    // Zones without which it cannot be found: those of the nameserver's name, if it has no glue.
    std::vector<std::size_t> found_through = {};
    bool before_move = true;
    bool after_move = true;
  };

  probe::DnsName apex = {};
  std::vector<Server> servers = {};
  bool has_refused_address = false;  // and those are not among them
  bool bogus = false;
};

struct Scenario {
  std::uint64_t seed = 0;
  FaultSet faults = {};
  World world = {};
  std::vector<ZonePlan> zones = {};
  std::vector<std::vector<WebServer>> web = {};  // by address, then perspective
  bool web_has_refused_address = false;          // besides those
  probe::Zone roots = {};
  std::vector<probe::ResolverServer> resolvers = {};
  std::vector<std::vector<ResolverPlan>> resolver_plans = {};  // by perspective, then resolver
  cert::AgreementPolicy policy = {};
  std::vector<Subject> subjects = {};             // one or two
  std::vector<absl::Time> rounds = {};            // when they are checked: once or twice
  absl::Time move_time = absl::InfiniteFuture();  // between the rounds
  absl::Duration check_timeout = absl::Seconds(20);
  double own_limit = 0;  // how probably a question may not be asked

  std::size_t perspectives() const { return policy.perspectives.size(); }
  bool IsPublished(const ZonePlan::Server& server, absl::Time now) const {
    return now < move_time ? server.before_move : server.after_move;
  }
  bool Has(Fault fault) const { return faults.test(static_cast<std::size_t>(fault)); }
};

Scenario DrawScenario(std::uint64_t seed);

// A question to resolvers that some subject asks.
const Subject* FindSubject(const Scenario& scenario, const probe::Question& question);

// The zone that holds the name.
std::size_t ZoneOf(const Scenario& scenario, const probe::DnsName& name);

// Who is at the other end; null when the perspective cannot find the server, or gets no answer in
// time from there.
const Site* Reach(const Scenario& scenario, const ZonePlan::Server& server,
                  std::size_t perspective);

}  // namespace scenarios
