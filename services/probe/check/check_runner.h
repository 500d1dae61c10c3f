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

#include "probe/check/checker.h"
#include "probe/check/environment.h"
#include "probe/check/resolver_round.h"
#include "probe/check/slot.h"
#include "probe/core/check.h"
#include "probe/core/hop.h"
#include "probe/core/reading.h"
#include "probe/core/walk.h"

namespace probe {

// Confined to its loop's thread; owned by a shared_ptr, because answers may come after its end.
class CheckRunner : public std::enable_shared_from_this<CheckRunner> {
 public:
  CheckRunner(CheckEnvironment& environment, Check check, Checker::Done done);

  // `done` is called once, by then or later, at the latest when the check's time is over.
  void Begin();
  // Reports now; what has not answered yet says so. `failure`: why, when it is our own fault.
  void Finish(std::string failure);

 private:
  void FindZone();
  void TakeSteps();
  void AskStep(const Walk::Step& step);
  void OnZone();

  void AskZone(std::shared_ptr<const Zone> zone);
  void AddSlots(const Nameserver& nameserver);
  void AskOpen();
  void OnReply(std::size_t index, const Reply& reply);
  void FinishHopIfAnswered();
  void AskResolvers();
  void FinishIfAnswered();

  observation::Observation CloseEarly(Slot& slot);
  void ForgetZonesOnDisagreement();

  CheckEnvironment& environment_;
  const Check check_;
  Checker::Done done_;
  Expectation expectation_;
  RrType type_ = RrType::kTxt;
  bool finished_ = false;
  std::optional<Timers::TimerId> deadline_;

  std::vector<DnsName> visited_;  // the asked name and the CNAME targets that were followed
  std::optional<Walk> walk_;
  std::shared_ptr<const Zone> zone_;
  std::vector<Slot> authoritative_;  // of the current hop
  std::shared_ptr<ResolverRound> resolvers_;
  bool authoritative_done_ = false;
  std::vector<observation::Observation> observations_;  // of hops that are through
};

}  // namespace probe
