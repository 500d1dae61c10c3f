#include "probe/check/resolver_watch.h"

#include <utility>

#include "base/log.h"
#include "probe/check/environment.h"

namespace probe {

const ResolverHealth& ResolverWatch::health(std::size_t index) { return At(index).health; }

bool ResolverWatch::IsProbing(std::size_t index) { return At(index).probing; }

ResolverWatch::Watched& ResolverWatch::At(std::size_t index) {
  while (watched_.size() <= index) watched_.push_back({ResolverHealth(options_.health)});
  return watched_[index];
}

void ResolverWatch::Probe(CheckEnvironment& environment, std::size_t index, Done done) {
  Watched& watched = At(index);
  watched.waiting.push_back(std::move(done));
  if (std::exchange(watched.probing, true)) return;
  environment.asker.Ask(
      {.server = environment.resolvers[index].address,
       .question = options_.question,
       .recursion_desired = true,
       .timeout = environment.query_timeout},
      [this, &environment, index](const Reply& reply) { OnProbed(environment, index, reply); });
}

void ResolverWatch::TakeReply(CheckEnvironment& environment, std::size_t index, const DnsName& name,
                              const Reply& reply) {
  Watched& watched = At(index);
  watched.health.TakeReply(name, reply);
  if (watched.health.WantsProbe(environment.clock.TimeNow())) Probe(environment, index, [] {});
}

void ResolverWatch::OnProbed(CheckEnvironment& environment, std::size_t index, const Reply& reply) {
  Watched& watched = At(index);
  const bool was_healthy = watched.health.healthy();
  watched.health.TakeProbe(reply, environment.clock.TimeNow(), environment.random.Fraction());
  watched.probing = false;
  const bool healthy = watched.health.healthy();
  const std::string& name = environment.resolvers[index].name;
  environment.metrics.Set("padlock_probe_resolver_healthy", {{"resolver", name}}, healthy ? 1 : 0);
  environment.metrics.Set("padlock_probe_resolver_validating", {{"resolver", name}},
                          watched.health.validates().value_or(false) ? 1 : 0);
  if (healthy != was_healthy) {
    base::Log(healthy ? base::LogLevel::kInfo : base::LogLevel::kWarning,
              healthy ? "resolver answers again" : "resolver fails every question",
              {{"resolver", name}});
  }
  for (Done& done : std::exchange(watched.waiting, {})) done();
}

}  // namespace probe
