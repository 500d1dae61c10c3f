#include "cert/dispatch/fair_queue.h"

namespace cert {

void FairQueue::Push(const std::string& tenant, Key key, bool front) {
  const auto [lane, is_new] = lanes_.try_emplace(tenant);
  if (is_new) lane->second.turn = turns_.insert(turns_.end(), tenant);
  std::list<Key>& keys = lane->second.keys;
  places_[key] = {.lane = lane, .key = keys.insert(front ? keys.begin() : keys.end(), key)};
}

std::optional<FairQueue::Key> FairQueue::Front() const {
  if (turns_.empty()) return std::nullopt;
  return lanes_.at(turns_.front()).keys.front();
}

void FairQueue::Pop() {
  const auto tenant = turns_.begin();
  turns_.splice(turns_.end(), turns_, tenant);
  Erase(lanes_.at(*tenant).keys.front());
}

void FairQueue::Erase(Key key) {
  const auto place = places_.find(key);
  if (place == places_.end()) return;
  const auto lane = place->second.lane;
  lane->second.keys.erase(place->second.key);
  places_.erase(place);
  if (!lane->second.keys.empty()) return;
  turns_.erase(lane->second.turn);
  lanes_.erase(lane);
}

std::vector<FairQueue::Key> FairQueue::Keys() const {
  std::vector<Key> keys;
  keys.reserve(places_.size());
  for (const auto& [tenant, lane] : lanes_) {
    keys.insert(keys.end(), lane.keys.begin(), lane.keys.end());
  }
  return keys;
}

}  // namespace cert
