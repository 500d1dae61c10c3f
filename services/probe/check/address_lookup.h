// The addresses of a host as its zone's nameservers know them, all of them:
//
//   find the zone (zone_search.h) ─► A and AAAA, of every address of it (nameserver_round.h)
//        ▲             ▲                                │
//        │             └── not all tell the same, and the zone was known from before: once
//        │                                              ▼
//        └── they have a CNAME there ◄── what they say together (host_addresses.h) ─► addresses

#pragma once

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "probe/check/environment.h"
#include "probe/check/nameserver_round.h"
#include "probe/check/zone_search.h"
#include "probe/core/host_addresses.h"

namespace probe {

struct HostAddresses {
  std::vector<IpAddress> addresses = {};         // IPv6 first; whether they may be asked is open
  std::optional<AddressGap> gap = std::nullopt;  // set when addresses are missing, or may be
  DnsName zone = {};                             // in which they were found
  std::vector<DnsName> cname_chain = {};
  std::vector<observation::Observation> dissent = {};  // of nameservers, all along the CNAMEs
  absl::Time learn_time = absl::InfiniteFuture();      // the earliest of the zones on the way
};

// Confined to its loop's thread; owned by a shared_ptr, because answers may come after its end.
class AddressLookup : public std::enable_shared_from_this<AddressLookup> {
 public:
  using Done = absl::AnyInvocable<void(HostAddresses)>;

  AddressLookup(CheckEnvironment& environment, DnsName host, Done done);

  // `done` is called once, by then or later; not at all when the look-up goes before. Bounded in
  // CNAMEs, and by whatever bounds the environment's questions; not in time.
  void Begin();

 private:
  void FindZone();
  void OnZone(FoundZone found);
  void AskZone();
  void OnRound();
  std::vector<AddressReadings> TakeReadings();
  bool MayLearnAgain(const HostVerdict& verdict) const;
  void OnLearnedAgain(FoundZone found);
  void Conclude(HostVerdict verdict);
  void AddDissent(std::vector<observation::Observation> dissent);
  void ForgetZones();
  void Finish();

  CheckEnvironment& environment_;
  Done done_;
  bool may_learn_again_ = true;
  std::vector<DnsName> visited_;  // the host and the CNAME targets that were followed
  HostAddresses result_;

  // Of the current name.
  std::shared_ptr<ZoneSearch> search_;
  FoundZone found_;
  std::array<std::shared_ptr<NameserverRound>, 2> rounds_;  // AAAA, A
  std::size_t unfinished_ = 0;
  HostVerdict verdict_;  // while the zone is learned again
};

}  // namespace probe
