// Keys that wait, fair between tenants: whoever has waited longest is served first within a tenant,
// and tenants take turns, so that one with a thousand checks delays another's single one by one.
// Not thread-safe; every operation costs O(log tenants).

#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace cert {

class FairQueue {
 public:
  using Key = std::uint64_t;

  // The key must not be in the queue.
  void PushBack(const std::string& tenant, Key key) { Push(tenant, key, /*front=*/false); }
  // First among its tenant's; the tenants' turns stay as they are.
  void PushFront(const std::string& tenant, Key key) { Push(tenant, key, /*front=*/true); }

  // The next key, which stays until it is popped.
  std::optional<Key> Front() const;
  // Removes Front() and passes the turn on. The queue must not be empty.
  void Pop();
  // Does nothing when the key is not there.
  void Erase(Key key);

  bool Contains(Key key) const { return places_.contains(key); }
  std::size_t Size() const { return places_.size(); }
  // Tenant by tenant.
  std::vector<Key> Keys() const;

 private:
  struct Lane {
    std::list<Key> keys;  // never empty
    std::list<std::string>::iterator turn;
  };
  struct Place {
    std::map<std::string, Lane>::iterator lane;
    std::list<Key>::iterator key;
  };

  void Push(const std::string& tenant, Key key, bool front);

  std::map<std::string, Lane> lanes_;  // of tenants with keys
  std::list<std::string> turns_;       // the same tenants, the next one first
  std::unordered_map<Key, Place> places_;
};

}  // namespace cert
