#include "probe/core/zone_cache.h"

#include <algorithm>

namespace probe {

ZoneCache::ZoneCache(Options options)
    : options_(options),
      holders_(options.limit),
      complete_(options.limit),
      delegations_(options.limit),
      forget_times_(options.limit) {}

// By what a walk brings in now, part of which it may have found here.
absl::Time ZoneCache::ExpireTime(const Zone& zone, absl::Time now) const {
  return std::min(zone.learn_time, now) + std::min(zone.ttl, options_.max_age);
}

bool ZoneCache::WasForgotten(const Zone& zone, absl::Time now) {
  const absl::Time* const forget_time = forget_times_.Find(zone.name, now);
  if (forget_time == nullptr || *forget_time > now) return false;  // the clock was set back
  return zone.learn_time < *forget_time;
}

std::shared_ptr<const Zone> ZoneCache::Holder(const DnsName& name, absl::Time now) {
  const auto* zone = holders_.Find(name, now);
  return zone == nullptr ? nullptr : Complete((*zone)->name, now);
}

void ZoneCache::InsertHolder(const DnsName& name, std::shared_ptr<const Zone> zone,
                             absl::Time now) {
  if (WasForgotten(*zone, now)) return;
  const absl::Time expire_time = ExpireTime(*zone, now);
  complete_.Insert(zone->name, zone, expire_time);
  holders_.Insert(name, std::move(zone), expire_time);
}

std::shared_ptr<const Zone> ZoneCache::Complete(const DnsName& zone, absl::Time now) {
  const auto* found = complete_.Find(zone, now);
  return found == nullptr ? nullptr : *found;
}

std::shared_ptr<const Zone> ZoneCache::Closest(const DnsName& name, absl::Time now) {
  for (DnsName ancestor = name; !ancestor.IsRoot(); ancestor = ancestor.Parent()) {
    const auto* zone = delegations_.Find(ancestor, now);
    if (zone != nullptr) return *zone;
  }
  return nullptr;
}

void ZoneCache::InsertDelegation(std::shared_ptr<const Zone> zone, absl::Time now) {
  if (WasForgotten(*zone, now)) return;
  const DnsName name = zone->name;
  const absl::Time expire_time = ExpireTime(*zone, now);
  delegations_.Insert(name, std::move(zone), expire_time);
}

void ZoneCache::Forget(const DnsName& name, absl::Time now) {
  if (const std::shared_ptr<const Zone> zone = Holder(name, now)) {
    complete_.Erase(zone->name);
    delegations_.Erase(zone->name);
  }
  holders_.Erase(name);
  // Any zone on the way may have moved, but for those that everybody needs.
  for (DnsName above = name; above.LabelCount() > 1; above = above.Parent()) {
    delegations_.Erase(above);
    forget_times_.Insert(above, now, now + options_.max_age);
  }
}

}  // namespace probe
