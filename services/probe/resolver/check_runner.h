// One check, from its name to its report.
//
//   find the zone of the name (walk.h) ─► ask every address of every nameserver of it, in parallel
//        ▲                                     │
//        └──── they have a CNAME there ◄───────┤
//                                              ▼
//   they agree (ask_order.h), and the scope says so ─► ask every resolver ─► report
//
// A resolver that is asked too early caches the 'no' (RFC 2308), so none is asked before; except in
// Scope::kAllAtOnce, which is for diagnosis.

#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "probe/core/address_policy.h"
#include "probe/core/check.h"
#include "probe/core/hop.h"
#include "probe/core/reading.h"
#include "probe/core/walk.h"
#include "probe/core/zone_cache.h"
#include "probe/resolver/checker.h"
#include "probe/resolver/engine.h"
#include "probe/resolver/event_loop.h"

namespace probe {

struct ResolverServer {
  std::string name;  // shown in observations
  ServerAddress address;
};

// What all checks of one loop share; outlives them.
struct CheckEnvironment {
  EventLoop& loop;
  Engine& engine;
  ZoneCache& zones;
  const Zone& roots;
  const AddressPolicy& policy;
  const std::vector<ResolverServer>& resolvers;
  std::uint16_t authoritative_port;
  absl::Duration query_timeout;
  const base::Clock& clock;
  base::Metrics& metrics;
};

// Confined to its loop's thread; owned by a shared_ptr, because answers may come after its end.
class CheckRunner : public std::enable_shared_from_this<CheckRunner> {
 public:
  CheckRunner(CheckEnvironment& environment, Check check, Checker::Done done);

  // `done` is called once, by then or later, at the latest when the check's time is over.
  void Begin();
  // Reports now; what has not answered yet says so. `failure`: why, when it is our own fault.
  void Finish(std::string failure);

 private:
  // A question that is asked as part of the check, and its answer once it is there.
  struct Slot {
    observation::ServerRole role = observation::ServerRole::kAuthoritative;
    std::string server;
    ServerAddress address;
    bool has_address = true;
    Question question;
    DnsName zone = {};  // of authoritative servers
    std::optional<Reading> reading = std::nullopt;
  };

  void FindZone();
  void TakeSteps();
  void AskStep(const Walk::Step& step);
  void OnZone();

  void AskZone(std::shared_ptr<const Zone> zone);
  void AddSlots(const Nameserver& nameserver);
  void AskOpen(std::vector<Slot>& slots);
  void OnReply(std::vector<Slot>& slots, std::size_t index, const Reply& reply);
  void FinishHopIfAnswered();
  void AskResolvers();
  void FinishIfAnswered();

  observation::Observation Close(Slot& slot);
  observation::Observation CloseEarly(Slot& slot);
  void ForgetZonesOnDisagreement();

  CheckEnvironment& environment_;
  const Check check_;
  Checker::Done done_;
  Expectation expectation_;
  RrType type_ = RrType::kTxt;
  bool finished_ = false;
  std::optional<EventLoop::TimerId> deadline_;

  std::vector<DnsName> visited_;  // the asked name and the CNAME targets that were followed
  std::optional<Walk> walk_;
  std::shared_ptr<const Zone> zone_;
  std::vector<Slot> authoritative_;  // of the current hop
  std::vector<Slot> recursive_;
  bool authoritative_done_ = false;
  std::vector<observation::Observation> observations_;  // of hops that are through
};

}  // namespace probe
