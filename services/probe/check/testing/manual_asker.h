// An asker whose replies the test gives, one by one, when it wants to.

#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <utility>
#include <vector>

#include "probe/core/asker.h"

namespace probe::testing {

// Confined to one thread.
class ManualAsker final : public Asker {
 public:
  void Ask(const Asking& asking, Done done) override {
    asked_.push_back(asking);
    open_.emplace_back(asking, std::move(done));
  }

  // All that were asked so far, and those that have no reply yet, both in order.
  const std::vector<Asking>& asked() const { return asked_; }
  std::size_t open_count() const { return open_.size(); }

  // Replies to the oldest open question.
  void Reply(probe::Reply reply) {
    auto [asking, done] = std::move(open_.front());
    open_.pop_front();
    done(std::move(reply));
  }
  // The oldest open question becomes the newest.
  void Postpone() {
    open_.push_back(std::move(open_.front()));
    open_.pop_front();
  }
  // Replies to every open question, those included that are asked meanwhile.
  void ReplyToAll(const std::function<probe::Reply(const Asking&)>& answer) {
    while (!open_.empty()) Reply(answer(open_.front().first));
  }

 private:
  std::vector<Asking> asked_;
  std::deque<std::pair<Asking, Done>> open_;
};

}  // namespace probe::testing
