// The answers of the last moment, for those who ask the same again. Bounded in time and memory.
// Pure; time is passed in and must not go backwards.

#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <utility>
#include <vector>

#include "absl/container/node_hash_map.h"
#include "absl/hash/hash.h"
#include "absl/time/time.h"
#include "probe/core/asker.h"
#include "probe/core/reply.h"

namespace probe {

// All of an asking that its answer depends on.
struct AskedQuestion {
  explicit AskedQuestion(Asking asking)
      : server(asking.server),
        question(std::move(asking.question)),
        recursion_desired(asking.recursion_desired),
        checking_disabled(asking.checking_disabled),
        hash(absl::HashOf(server, question.name, question.type, recursion_desired,
                          checking_disabled)) {}

  ServerAddress server;
  Question question;
  bool recursion_desired;
  bool checking_disabled;
  std::size_t hash;  // of all above

  bool operator==(const AskedQuestion&) const = default;

  template <typename H>
  friend H AbslHashValue(H state, const AskedQuestion& asked) {
    return H::combine(std::move(state), asked.hash);
  }
};

// Confined to one thread.
class RecentAnswers {
 public:
  struct Options {
    absl::Duration keep_time = absl::Milliseconds(500);
    std::size_t max_bytes = 16U << 20U;  // beyond, the oldest go first
  };

  explicit RecentAnswers(Options options) : options_(options), seen_(kSeen) {}

  // In place of an older one to the same. Keeps only what a cache might: answers, and none whose
  // TTL is shorter than the time it would be kept. Of questions that were not answered just before
  // it only remembers that they were now, as far as its table reaches.
  void Insert(const AskedQuestion& asked, const Reply& reply, absl::Time now);

  // One that came at `since` or later; null when there is none. Valid until the next call.
  const Reply* Find(const AskedQuestion& asked, absl::Time since) const;

  // Forgets those whose time is over.
  void Expire(absl::Time now);

 private:
  struct Entry;
  using Order = std::list<std::pair<const AskedQuestion, Entry>*>;
  struct Entry {
    Reply reply;
    absl::Time answer_time;
    std::size_t bytes;
    Order::iterator place;
  };

  static constexpr std::size_t kSeen = 1U << 14U;

  bool WasJustSeen(const AskedQuestion& asked, absl::Time now);
  void Erase(const AskedQuestion& asked);

  const Options options_;
  std::vector<std::uint32_t> seen_;  // of question and time together, in the question's place
  absl::node_hash_map<AskedQuestion, Entry> entries_;
  Order order_;  // the oldest first; into `entries_`
  std::size_t bytes_ = 0;
};

}  // namespace probe
