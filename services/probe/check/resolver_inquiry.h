// A check's question to one public resolver, and what to make of a failure:
//
//   ask ──SERVFAIL──► ask with CD: without validation (RFC 4035, 3.2.2)
//                        │ answered ──► ask once more as at first
//                        │                │ SERVFAIL again, of a resolver that was just seen to
//                        │                └─validate ──► bogus: a 'no'
//                        └─SERVFAIL too ──► could not tell
//
// The extended errors 22 and 23 say that the resolver reached no nameserver: nothing about DNSSEC,
// whatever a second question brings. 6 to 12 (RFC 8914) say 'bogus' by themselves, if the resolver
// validates; of one that does not, a failure says nothing about DNSSEC. One that fails everybody is
// not asked (resolver_watch.h): it could not tell.

#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include "absl/functional/any_invocable.h"
#include "observation/observation.h"
#include "probe/check/environment.h"
#include "probe/check/slot.h"
#include "probe/core/reading.h"

namespace probe {

// Confined to its loop's thread. Part of something that is owned by a shared_ptr, because answers
// may come after its end; stays where it is once begun.
class ResolverInquiry {
 public:
  // Of the environment's resolver `index`.
  ResolverInquiry(CheckEnvironment& environment, std::size_t index,
                  std::shared_ptr<const Subject> subject);

  // `owner` is what it is part of. `on_finished` is called once, never from within Begin, and not
  // at all after Close. A resolver that fails everybody and was `being_probed` when its owner began
  // is not waited for: the probe question may take all the time that there is.
  void Begin(std::weak_ptr<const void> owner, bool being_probed,
             absl::AnyInvocable<void()> on_finished);
  bool finished() const { return finished_; }
  const Question& question() const { return slot_.subject->question; }

  // What it says so far; once.
  void Close(observation::Observation& out);

 private:
  using Next = void (ResolverInquiry::*)(const Reply&);

  // The handler of a reply.
  struct ToInquiry {
    ResolverInquiry* inquiry;
    std::weak_ptr<const void> owner;
    Next next;

    void operator()(const Reply& reply) const;
    void Prefetch(int step) const;
  };

  const ResolverHealth& health() const { return environment_.watch.health(index_); }
  // As seen within `age`; unset when it was not.
  std::optional<bool> Validates(absl::Duration age) const;
  void Probe(void (ResolverInquiry::*next)());
  void AskIfHealthy();
  void Ask(bool checking_disabled, Next next);
  void OnAnswer(const Reply& reply);
  void OnUncheckedAnswer(const Reply& reply);
  void OnSecondAnswer(const Reply& reply);
  void Prove();
  void JudgeBogus();
  void Settle();
  void Finish();

  CheckEnvironment& environment_;
  const std::size_t index_;
  const absl::Time begin_time_;
  Slot slot_;
  bool says_bogus_ = false;             // by its extended error
  std::unique_ptr<Reading> unchecked_;  // what it answers without validation; seldom asked
  std::weak_ptr<const void> owner_;
  absl::AnyInvocable<void()> on_finished_;
  bool finished_ = false;
  bool closed_ = false;
};

}  // namespace probe
