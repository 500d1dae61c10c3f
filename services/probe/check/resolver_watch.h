// The health of one loop's resolvers, and the probe questions that find it out. It asks nothing by
// itself: checks that want a resolver make it ask.

#pragma once

#include <cstddef>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "probe/core/dns_message.h"
#include "probe/core/resolver_health.h"

namespace probe {

struct CheckEnvironment;

// Confined to its loop's thread. Part of the environment, in which resolvers have an index; the
// environment's asker must not call back after its end.
class ResolverWatch {
 public:
  using Done = absl::AnyInvocable<void()>;

  struct Options {
    // Every resolver can answer it, with AD if it validates.
    Question question = {.name = DnsName(), .type = RrType::kSoa};
    ResolverHealth::Options health = {};
  };

  ResolverWatch() : ResolverWatch(Options{}) {}
  explicit ResolverWatch(Options options) : options_(std::move(options)) {}

  const ResolverHealth& health(std::size_t index);
  bool IsProbing(std::size_t index);

  // Asks the probe question, unless it is being asked already. `done` is called when the answer is
  // in, never from within Probe.
  void Probe(CheckEnvironment& environment, std::size_t index, Done done);
  // What became of a check's question (ResolverHealth::TakeReply); asks the probe question if that
  // casts a doubt.
  void TakeReply(CheckEnvironment& environment, std::size_t index, const DnsName& name,
                 const Reply& reply);

 private:
  struct Watched {
    ResolverHealth health;
    bool probing = false;
    std::vector<Done> waiting = {};
  };

  Watched& At(std::size_t index);
  void OnProbed(CheckEnvironment& environment, std::size_t index, const Reply& reply);

  Options options_;
  std::vector<Watched> watched_;  // as long as any was asked for
};

}  // namespace probe
