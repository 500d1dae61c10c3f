// The walk for one name's zone, driven over the network.

#pragma once

#include <memory>
#include <optional>

#include "absl/functional/any_invocable.h"
#include "probe/check/environment.h"
#include "probe/core/walk.h"

namespace probe {

struct FoundZone {
  std::shared_ptr<const Zone> zone;  // null when no root server led to it
  bool from_cache = false;           // see Walk::from_cache
};

// Confined to its loop's thread; owned by a shared_ptr, because answers may come after its end.
class ZoneSearch : public std::enable_shared_from_this<ZoneSearch> {
 public:
  using Done = absl::AnyInvocable<void(FoundZone)>;

  ZoneSearch(CheckEnvironment& environment, DnsName name);

  // `done` is called once, possibly from within Begin, unless the search is dropped before.
  void Begin(Done done);

 private:
  void TakeSteps();
  void AskStep(const Walk::Step& step);
  void TakeReply(std::size_t branch, const Reply& reply);
  void Finish(FoundZone found);

  CheckEnvironment& environment_;
  const DnsName name_;
  Done done_;
  std::optional<Walk> walk_;
};

}  // namespace probe
