// What walks have learned, for as long as the records' TTLs allow: which zone holds a name, and the
// nameservers of zones. Bounded; time is passed in.

#pragma once

#include <cstddef>
#include <iterator>
#include <list>
#include <memory>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "probe/core/zone.h"

namespace probe {

// At most `limit` entries, of which the oldest goes first, unless it was used since it came or was
// spared the last time: to use one moves nothing. Confined to one thread.
template <typename Value>
class TtlCache {
 public:
  explicit TtlCache(std::size_t limit) : limit_(limit) {}

  // Null when there is none, or it has expired. Valid until the next call.
  const Value* Find(const DnsName& key, absl::Time now) {
    const auto found = index_.find(key);
    if (found == index_.end()) return nullptr;
    if (found->second->expire_time <= now) {
      Erase(key);
      return nullptr;
    }
    found->second->used = true;
    return &found->second->value;
  }

  void Insert(const DnsName& key, Value value, absl::Time expire_time) {
    Erase(key);
    if (entries_.size() >= limit_) MakeRoom();
    entries_.push_front({key, std::move(value), expire_time});
    index_[key] = entries_.begin();
  }

  void Erase(const DnsName& key) {
    const auto found = index_.find(key);
    if (found == index_.end()) return;
    entries_.erase(found->second);
    index_.erase(found);
  }

 private:
  struct Entry {
    DnsName key;
    Value value;
    absl::Time expire_time;
    bool used = false;
  };

  void MakeRoom() {
    if (entries_.empty()) return;
    while (std::exchange(entries_.back().used, false)) {
      entries_.splice(entries_.begin(), entries_, std::prev(entries_.end()));
    }
    Erase(DnsName(entries_.back().key));
  }

  std::size_t limit_;
  std::list<Entry> entries_;  // the oldest last
  absl::flat_hash_map<DnsName, typename std::list<Entry>::iterator> index_;
};

// Confined to one thread.
class ZoneCache {
 public:
  struct Options {
    std::size_t limit = 10'000;                  // of each kind of entry
    absl::Duration max_age = absl::Minutes(10);  // however long the TTLs are
  };

  explicit ZoneCache(Options options);

  // The zone that holds `name`, with all addresses of all its nameservers; null when not known.
  // What was learned of the zone later, or forgotten, by another name counts for this one too.
  std::shared_ptr<const Zone> Holder(const DnsName& name, absl::Time now);
  void InsertHolder(const DnsName& name, std::shared_ptr<const Zone> zone, absl::Time now);

  // The zone of this name, as complete as a holder; null when not known.
  std::shared_ptr<const Zone> Complete(const DnsName& zone, absl::Time now);

  // The deepest zone above or at `name` to start a walk from; null when only the roots are known.
  // Its nameservers may lack addresses.
  std::shared_ptr<const Zone> Closest(const DnsName& name, absl::Time now);
  void InsertDelegation(std::shared_ptr<const Zone> zone, absl::Time now);

  // Something did not agree: forget who holds `name`, that zone's nameservers, and the delegations
  // on the way to it but for the top-level domain's. Walks that have set out from these are still
  // under way: what they bring in was learnt before, and is not taken.
  void Forget(const DnsName& name, absl::Time now);

 private:
  absl::Time ExpireTime(const Zone& zone, absl::Time now) const;
  bool WasForgotten(const Zone& zone, absl::Time now);

  Options options_;
  TtlCache<std::shared_ptr<const Zone>> holders_;      // by held name
  TtlCache<std::shared_ptr<const Zone>> complete_;     // by zone name
  TtlCache<std::shared_ptr<const Zone>> delegations_;  // by zone name
  TtlCache<absl::Time> forget_times_;                  // by the name of what may be a zone
};

}  // namespace probe
