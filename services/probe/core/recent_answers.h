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

// An asking, known again by all that its answer depends on.
struct AskedQuestion {
  AskedQuestion() = default;
  explicit AskedQuestion(const Asking& asked)
      : asking(asked),
        server_hash(absl::HashOf(asking.server, asking.recursion_desired)),
        hash(absl::HashOf(server_hash, asking.question.name, asking.question.type,
                          asking.checking_disabled)) {}

  Asking asking = {};
  std::size_t server_hash = 0;  // and whether it is asked as a resolver
  std::size_t hash = 0;         // of that and the question

  bool operator==(const AskedQuestion& other) const {
    return hash == other.hash && asking.server == other.asking.server &&
           asking.question == other.asking.question &&
           asking.recursion_desired == other.asking.recursion_desired &&
           asking.checking_disabled == other.asking.checking_disabled;
  }

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
  // Of question and time together, in the question's place. Few bits, since the table lies in the
  // processor's cache then: one taken for another is only kept in vain.
  std::vector<std::uint16_t> seen_;
  absl::node_hash_map<AskedQuestion, Entry> entries_;
  Order order_;  // the oldest first; into `entries_`
  std::size_t bytes_ = 0;
};

}  // namespace probe
