// Stands in front of the engine and spares the servers that are asked:
//
//   question ──► still in flight, or answered just now? ──yes──► shares that reply
//                    │no
//                    ▼
//                within the server's budget? ──yes──► the engine
//                    │no, but soon enough ──► waits its turn ──► the engine
//                    └─too late ──► Reply::kNotAsked: it was our own limit
//
// Every server has a budget of its own, so that questions for one never wait behind those for
// another. A question that recurses is for a resolver, any other for a nameserver; the two have
// budgets of their own even at one address, or a zone could use up a resolver's for everybody by
// naming it as its nameserver. What is written down for one server that waits is bounded by its
// pace times the longest wait, half of a question's timeout.

#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "probe/core/asker.h"
#include "probe/core/recent_answers.h"
#include "probe/core/timers.h"
#include "probe/core/token_bucket.h"

namespace probe {

// Confined to its loop's thread.
class QuestionDesk final : public Asker {
 public:
  struct Options {
    RateLimit resolver_limit = {.per_second = 100, .burst = 20};     // for each address
    RateLimit nameserver_limit = {.per_second = 100, .burst = 100};  // for each address
    RecentAnswers::Options recent = {};
    std::size_t max_servers = 50'000;  // whose budgets are remembered
  };

  // All must outlive the desk, in which `clock` must never go backwards. When it is destroyed, open
  // questions end without a call; `asker` must not call back afterwards.
  QuestionDesk(Options options, Asker& asker, Timers& timers, const base::Clock& clock,
               base::Metrics& metrics);
  ~QuestionDesk() override;
  QuestionDesk(const QuestionDesk&) = delete;
  QuestionDesk& operator=(const QuestionDesk&) = delete;

  void Ask(const Asking& asking, Done done) override;

 private:
  // A question and those who want its reply. Stays where it is, and is used again.
  struct Matter {
    AskedQuestion asked = {};
    bool is_shared = false;  // it is among what is open, where others find it
    bool has_waited = false;
    absl::Time deadline = {};
    absl::InlinedVector<Done, 1> askers = {};
  };
  // The handler of the asker's reply.
  struct ToMatter {
    QuestionDesk* desk;
    Matter* matter;

    void operator()(const Reply& reply) const { desk->OnReply(*matter, reply); }
    void Prefetch(int step) const;
  };
  // By AskedQuestion::server_hash: should two servers have the same, they share a budget.
  using Buckets = absl::flat_hash_map<std::size_t, TokenBucket>;

  Matter& TakeSpare();
  absl::InlinedVector<Done, 1> Close(Matter& matter);
  void Start(Matter& matter, absl::Time now, absl::Duration timeout);
  TokenBucket& BucketFor(std::size_t server_hash, absl::Time now);
  void Send(Matter& matter, absl::Time now);
  void OnReply(Matter& matter, const Reply& reply);
  void PassOn(Matter& matter, const Reply& reply);

  void ReleaseWaiting();
  void ArmRelease(absl::Time now);
  void HandOver(Done done, Reply reply);

  const Options options_;
  const Pace resolver_pace_;
  const Pace nameserver_pace_;
  Asker& asker_;
  Timers& timers_;
  const base::Clock& clock_;
  base::Metrics& metrics_;

  std::deque<Matter> matters_;
  std::vector<Matter*> spare_;  // of them, to be used again
  // By AskedQuestion::hash, those that others may share. Should two have the same hash, only the
  // first one can be shared.
  absl::flat_hash_map<std::size_t, Matter*> open_;
  RecentAnswers answers_;

  // In two generations: those not used for one whole generation are full again, and forgotten.
  Buckets buckets_;
  Buckets older_buckets_;
  absl::Time generation_end_ = absl::InfinitePast();

  std::multimap<absl::Time, Matter*> waiting_;  // by when they may be sent
  std::optional<std::pair<absl::Time, Timers::TimerId>> release_;
  std::vector<std::pair<Done, Reply>> ready_;  // for askers who have just asked
  std::optional<Timers::TimerId> handover_;
};

}  // namespace probe
