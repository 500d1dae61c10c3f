// The check's question to every configured public resolver, and what each of them says.

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
  ResolverRound(CheckEnvironment& environment, Question question,
                std::shared_ptr<const Expectation> expectation);

  // `on_finished` is called once, when every resolver has its answer; never from within Begin, and
  // not at all when there are no resolvers or Close came before.
  void Begin(absl::AnyInvocable<void()> on_finished);
  bool finished() const { return unfinished_ == 0; }

  // `before` and then one observation for each resolver. Those that have not answered yet say so.
  std::vector<observation::Observation> Close(std::vector<observation::Observation> before = {});

 private:
  void OnFinished();

  const std::shared_ptr<const Expectation> expectation_;
  std::vector<ResolverInquiry> inquiries_;
  std::size_t unfinished_;
  absl::AnyInvocable<void()> on_finished_;
};

}  // namespace probe
