// What all nameservers say about one name, along its CNAMEs:
//
//   find the zone of the name (zone_search.h) ─► ask every address of it (nameserver_round.h)
//        ▲              ▲                              │
//        │              └── not all agree, and the zone was known from before: learn it again, once
//        │                                             ▼
//        └─ they have a CNAME there (hop.h) ◄── not all agree: find out why (second_look.h)
//
// A nameserver is asked about names of its own zone only; at most kMaxAliases CNAMEs are followed.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "observation/observation.h"
#include "probe/check/environment.h"
#include "probe/check/nameserver_round.h"
#include "probe/check/second_look.h"
#include "probe/check/zone_search.h"
#include "probe/core/hop.h"
#include "probe/core/reading.h"

namespace probe {

// Confined to its loop's thread; owned by a shared_ptr, because answers may come after its end.
class AuthoritativeLookup : public std::enable_shared_from_this<AuthoritativeLookup> {
 public:
  struct Result {
    std::vector<observation::Observation> observations = {};
    std::string failure = {};    // why a zone was not found; empty otherwise
    bool has_records = false;    // some server has records of the type at the end of the chain
    bool lacks_records = false;  // some server says that there are none
    bool learned_again = false;
    absl::Time learn_time = absl::InfiniteFuture();  // the earliest of the zones on the way
    std::vector<DnsName> visited = {};  // the name and the CNAME targets that were followed
  };

  // `may_learn_again`: see above.
  AuthoritativeLookup(CheckEnvironment& environment, Question question,
                      std::shared_ptr<const Expectation> expectation, bool may_learn_again);

  // `on_finished` is called once, possibly from within Begin; never after this was dropped.
  void Begin(absl::AnyInvocable<void()> on_finished);

  // What is known; before the end each server that has not answered says so. Ends the lookup.
  Result Close();

 private:
  void FindZone();
  void OnZone(FoundZone found);
  void AskZone(FoundZone found);
  void OnRound();
  void LearnAgain();
  void OnLearnedAgain(FoundZone found);
  void LookTwice();
  void FinishHop(std::vector<observation::Observation> observations);
  void CountRecords();
  void EndChain(std::vector<observation::Observation> observations);
  void Follow(DnsName target);
  void Finish();

  void Add(std::vector<observation::Observation> observations);
  void ForgetZonesOnDisagreement();

  CheckEnvironment& environment_;
  const RrType type_;
  const std::shared_ptr<const Expectation> expectation_;
  bool may_learn_again_;
  bool learning_again_ = false;
  absl::AnyInvocable<void()> on_finished_;

  std::vector<DnsName> visited_;  // the asked name and the CNAME targets that were followed
  absl::Duration chain_ttl_ = absl::InfiniteDuration();
  std::vector<Slot> aliases_;  // of each followed CNAME a server that has it
  Result result_;              // of hops that are through

  // Of the current hop.
  std::shared_ptr<ZoneSearch> search_;
  FoundZone found_;
  std::shared_ptr<NameserverRound> round_;
  HopVerdict verdict_;
  std::shared_ptr<SecondLook> second_look_;
};

}  // namespace probe
