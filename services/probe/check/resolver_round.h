// What every configured public resolver says to the check's question; and whether it says the same
// of all that a CA's resolver would look up besides: for CAA every name that is climbed through,
// for HTTP the addresses of every host. One of those whose signatures are broken stops the CA as
// well, and no nameserver would tell.

#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "observation/observation.h"
#include "probe/check/environment.h"
#include "probe/check/resolver_inquiry.h"
#include "probe/core/reading.h"

namespace probe {

// Confined to its loop's thread; owned by a shared_ptr, because answers may come after its end.
class ResolverRound : public std::enable_shared_from_this<ResolverRound> {
 public:
  // `questions`: at least one, the check's own first.
  ResolverRound(CheckEnvironment& environment, std::vector<Question> questions,
                const std::shared_ptr<const Expectation>& expectation);

  // `on_finished` is called once, when every resolver has its answer; never from within Begin, and
  // not at all when there are no resolvers or Close came before.
  void Begin(absl::AnyInvocable<void()> on_finished);
  bool finished() const { return unfinished_ == 0; }

  // `before` and then one observation for each resolver: what it says to the first question, unless
  // it says something worse to a later one. That a host has no address of one type is nothing worse
  // where it has one of the other. Those that have not answered yet say so.
  std::vector<observation::Observation> Close(std::vector<observation::Observation> before = {});

 private:
  void OnFinished();
  observation::Observation CloseResolver(std::size_t index);

  CheckEnvironment& environment_;
  const std::size_t resolvers_;
  std::vector<ResolverInquiry> inquiries_;  // of all resolvers by question
  std::size_t unfinished_;
  absl::AnyInvocable<void()> on_finished_;
};

// `observations` end with what resolvers said in one round, `later` is what they said in another:
// of each resolver the worse, or else the later, is kept in their place.
void TakeWorse(std::vector<observation::Observation> later,
               std::vector<observation::Observation>& observations);

}  // namespace probe
