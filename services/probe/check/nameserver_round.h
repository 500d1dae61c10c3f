// One question to every address of every nameserver of a zone, in parallel.

#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "observation/observation.h"
#include "probe/check/environment.h"
#include "probe/check/slot.h"
#include "probe/core/reading.h"
#include "probe/core/zone.h"

namespace probe {

// Confined to its loop's thread; owned by a shared_ptr, because answers may come after its end.
class NameserverRound : public std::enable_shared_from_this<NameserverRound> {
 public:
  NameserverRound(CheckEnvironment& environment, std::shared_ptr<const Zone> zone,
                  Question question, std::shared_ptr<const Expectation> expectation);

  // `on_finished` is called once, when all have answered or will not; from within Begin when there
  // is nobody to ask. Never after the round was dropped.
  void Begin(absl::AnyInvocable<void()> on_finished);

  // Once finished, for each address, and each nameserver without one: who was asked, and what the
  // answer says.
  const std::vector<Slot>& slots() const { return slots_; }
  // Once finished: whether every server has what is expected itself, without a CNAME.
  bool AllAgree() const;
  // Once finished: lets every slot have a complete reading.
  void Explain();

  // What is known by now, each server that has not answered saying so; the round is of no use
  // afterwards. There is room for the resolvers'.
  std::vector<observation::Observation> TakeObservations();

 private:
  // The handler of a slot's reply.
  struct ToSlot {
    std::weak_ptr<NameserverRound> round;
    Slot* slot;

    void operator()(const Reply& reply) const;
    void Prefetch(int step) const;
  };

  void AddSlots(const Nameserver& nameserver, const std::shared_ptr<const Subject>& subject);
  void OnReply(Slot& slot, const Reply& reply);
  void FinishIfAnswered();

  CheckEnvironment& environment_;
  std::vector<Slot> slots_;  // stay where they are once begun
  std::size_t unanswered_ = 0;
  absl::AnyInvocable<void()> on_finished_;
};

}  // namespace probe
