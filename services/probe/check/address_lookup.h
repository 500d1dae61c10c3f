// The addresses of a host as its zone's nameservers know them: A and AAAA, each asked of one server
// after the other until one answers with authority; CNAMEs followed from zone to zone.
//
//   find the zone (zone_search.h) ─► A and AAAA, at once ─► addresses, or none
//        ▲                                 │
//        └──── a CNAME (bounded, no loop) ─┘

#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "probe/check/environment.h"
#include "probe/check/zone_search.h"
#include "probe/core/dns_name.h"
#include "probe/core/host_addresses.h"

namespace probe {

struct HostAddresses {
  std::vector<IpAddress> addresses = {};         // IPv6 first; whether they may be asked is open
  std::optional<AddressGap> gap = std::nullopt;  // set when addresses are missing, or may be
  DnsName zone = {};                             // in which they were found
  std::vector<DnsName> cname_chain = {};
};

// Confined to its loop's thread; owned by a shared_ptr, because answers may come after its end.
class AddressLookup : public std::enable_shared_from_this<AddressLookup> {
 public:
  using Done = absl::AnyInvocable<void(HostAddresses)>;

  AddressLookup(CheckEnvironment& environment, DnsName host, Done done);

  // `done` is called once, by then or later; not at all when the look-up goes before. Bounded in
  // questions, not in time.
  void Begin();

 private:
  // The search for one type of record.
  struct Search {
    RrType type = RrType::kA;
    std::size_t next_server = 0;
    bool finished = false;
    AddressAnswer answer = {};
  };

  void FindZone();
  void OnZone(const Zone* zone);
  void AskNext(std::size_t index);
  void OnReply(std::size_t index, const Reply& reply);
  void FinishIfAnswered();
  void Follow(DnsName target);
  void Finish(std::vector<IpAddress> addresses, std::optional<AddressGap> gap);

  CheckEnvironment& environment_;
  Done done_;
  std::vector<DnsName> visited_;  // the host and the CNAME targets that were followed
  std::shared_ptr<ZoneSearch> search_;
  DnsName zone_;
  std::vector<ServerAddress> servers_;
  std::array<Search, 2> searches_;
};

}  // namespace probe
