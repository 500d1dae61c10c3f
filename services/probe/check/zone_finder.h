// Finds the zone that holds a name: from what earlier walks learned, or by a walk (core/walk.h)
// whose questions it asks.

#pragma once

#include <memory>
#include <optional>

#include "absl/functional/any_invocable.h"
#include "probe/check/environment.h"
#include "probe/core/walk.h"
#include "probe/core/zone.h"

namespace probe {

// Confined to its loop's thread; owned by a shared_ptr, because answers may come after its end.
class ZoneFinder : public std::enable_shared_from_this<ZoneFinder> {
 public:
  // Null when no root server led anywhere.
  using Done = absl::AnyInvocable<void(std::shared_ptr<const Zone>)>;

  ZoneFinder(CheckEnvironment& environment, DnsName name, Done done);

  // `done` is called once, by then or later; not at all when the finder goes before.
  void Begin();

 private:
  void TakeSteps();
  void Ask(const Walk::Step& step);

  CheckEnvironment& environment_;
  const DnsName name_;
  Done done_;
  Walk walk_;
};

}  // namespace probe
