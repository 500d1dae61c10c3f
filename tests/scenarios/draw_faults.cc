#include "scenarios/draw_faults.h"

#include <array>

#include "scenarios/blueprint.h"
#include "scenarios/caa_sets.h"

namespace scenarios {
namespace {

using probe::IpAddress;

constexpr std::size_t kEverywhere = static_cast<std::size_t>(-1);  // as a perspective

// The faults, one after the other, on one world.
class Vandal {
 public:
  Vandal(Draw& draw, Scenario& scenario) : draw_(draw), scenario_(scenario) {}

  void Apply(Fault fault);

 private:
  std::size_t PickPerspective() { return draw_.Below(scenario_.perspectives()); }
  // One perspective, or all of them.
  std::size_t PickReach() { return draw_.Chance(0.5) ? kEverywhere : PickPerspective(); }
  // A zone that a check depends on, mostly the asked name's own.
  std::size_t PickZone() {
    const Subject& subject = draw_.Pick(scenario_.subjects);
    return draw_.Chance(0.6) ? subject.hops.front().zone : draw_.Pick(subject.hops).zone;
  }
  const IpAddress& PickAddress() { return draw_.Pick(scenario_.zones[PickZone()].servers).address; }

  // Calls `change` for the address's paths within reach.
  template <typename Change>
  void ChangePaths(const IpAddress& address, std::size_t reach, Change change) {
    std::vector<Path>& paths = scenario_.world.hosts.at(address);
    for (std::size_t i = 0; i < paths.size(); ++i) {
      if (reach == kEverywhere || reach == i) change(paths[i]);
    }
  }
  // A site of its own for what is at the end of the path.
  Site& Split(Path& path) {
    scenario_.world.sites.push_back(Site(scenario_.world.sites[path.site]));
    path.site = scenario_.world.sites.size() - 1;
    return scenario_.world.sites.back();
  }

  absl::Time LateTime();
  void Delay(Site& site, absl::Time until);
  void SplitView();
  void Spoil(const IpAddress& address, Manner manner, Manner Site::*which = &Site::manner);
  void SpoilPaths(const IpAddress& address, Path::State state);
  void Slow(const IpAddress& address);
  void LosePackets();
  void SickenParent();
  void SpoilResolvers(Fault fault);
  void SpoilResolver(Fault fault, ResolverPlan& plan);
  void FillCache(ResolverPlan& plan);
  void BreakSignatures();

  Draw& draw_;
  Scenario& scenario_;
};

// When a server that is behind catches up, if ever.
absl::Time Vandal::LateTime() {
  if (draw_.Chance(0.5)) return absl::InfiniteFuture();
  return scenario_.rounds.front() + draw_.Between(absl::ZeroDuration(), absl::Minutes(10));
}

void Vandal::Delay(Site& site, absl::Time until) {
  for (History& history : site.zones) {
    if (history.size() < 2) continue;  // of a server that is new
    const bool moves = history.size() > 2;
    history[1].from = moves ? std::min(until, history[2].from) : until;
  }
}

void Vandal::SplitView() {
  const std::size_t perspective = PickPerspective();
  for (const ZonePlan::Server& server : scenario_.zones[PickZone()].servers) {
    ChangePaths(server.address, perspective,
                [&](Path& path) { Delay(Split(path), absl::InfiniteFuture()); });
  }
}

void Vandal::Spoil(const IpAddress& address, Manner manner, Manner Site::*which) {
  ChangePaths(address, PickReach(), [&](Path& path) { Split(path).*which = manner; });
}

void Vandal::SpoilPaths(const IpAddress& address, Path::State state) {
  ChangePaths(address, PickReach(), [&](Path& path) { path.state = state; });
}

void Vandal::Slow(const IpAddress& address) {
  const absl::Duration time = draw_.Between(kQueryTimeout, 3 * kQueryTimeout);
  ChangePaths(address, PickReach(), [&](Path& path) { path.round_trip_time = time; });
}

void Vandal::LosePackets() {
  constexpr std::array kLosses = {0.02, 0.1, 0.3};
  const double loss = kLosses[draw_.Below(kLosses.size())];
  const std::size_t reach = PickReach();
  const auto lose = [&](Path& path) { path.loss = loss; };
  if (draw_.Chance(0.3)) return ChangePaths(PickAddress(), reach, lose);
  for (const auto& [address, paths] : scenario_.world.hosts) ChangePaths(address, reach, lose);
  for (std::size_t i = 0; i < scenario_.resolver_plans.size(); ++i) {
    if (reach != kEverywhere && reach != i) continue;
    for (ResolverPlan& plan : scenario_.resolver_plans[i]) plan.path.loss = loss;
  }
}

void Vandal::SickenParent() {
  const IpAddress& address = draw_.Pick(scenario_.zones[draw_.Below(3)].servers).address;
  switch (draw_.Below(5)) {
    case 0:
      return SpoilPaths(address, Path::State::kSilent);
    case 1:
      return SpoilPaths(address, Path::State::kUnreachable);
    case 2:
      return Spoil(address, Manner::kFails);
    case 3:
      return Spoil(address, Manner::kLame);
    default:
      return Slow(address);
  }
}

// One of them, or some, or all.
void Vandal::SpoilResolvers(Fault fault) {
  constexpr std::array kShares = {0.0, 0.0, 0.4, 1.0};
  const double share = kShares[draw_.Below(kShares.size())];
  const std::size_t reach = PickReach();
  const std::size_t chosen = draw_.Below(scenario_.resolvers.size());
  for (std::size_t i = 0; i < scenario_.resolver_plans.size(); ++i) {
    if (reach != kEverywhere && reach != i) continue;
    for (std::size_t k = 0; k < scenario_.resolvers.size(); ++k) {
      const bool hit = k == chosen || draw_.Chance(share);
      if (hit) SpoilResolver(fault, scenario_.resolver_plans[i][k]);
    }
  }
}

void Vandal::SpoilResolver(Fault fault, ResolverPlan& plan) {
  constexpr std::array kFailures = {Habit::kFails, Habit::kRefuses, Habit::kNonsense,
                                    Habit::kSilent};
  if (fault == Fault::kLyingResolver) {
    plan.habit = draw_.Chance(0.5) ? Habit::kSaysYes : Habit::kSaysNo;
  } else if (fault == Fault::kFailingResolver) {
    plan.habit = kFailures[draw_.Below(kFailures.size())];
  } else {
    FillCache(plan);
  }
}

// Somebody else asked it too early, or before the value changed.
void Vandal::FillCache(ResolverPlan& plan) {
  const Subject& subject = draw_.Pick(scenario_.subjects);
  const probe::Question& question = subject.hops.front().question;
  probe::Message message = EmptyResponse(probe::kRcodeNoError);
  message.recursion_available = true;
  const absl::Duration life = draw_.Between(absl::Seconds(10), absl::Minutes(20));
  if (draw_.Chance(0.5)) {
    message.rcode = draw_.Chance(0.5) ? probe::kRcodeNameError : probe::kRcodeNoError;
    const ZoneData zone{.apex = scenario_.zones[subject.hops.front().zone].apex, .minimum = life};
    message.authority.push_back(SoaOf(zone));
  } else {
    probe::Record::Data data = std::string("the-old-value");
    if (question.type == probe::RrType::kCname) data = Name("old.host.net");
    if (subject.fetches()) data = scenario_.web.front().front().address;
    if (question.type == probe::RrType::kCaa) data = LyingCaa(question.name, false).data;
    message.answers.push_back({question.name, question.type, life, data});
  }
  const absl::Time stored = scenario_.rounds.front() - draw_.Between(absl::ZeroDuration(), life);
  plan.cache[question] = {message, stored, stored + life};
}

// The resolvers that do not validate stay fewer than the quorum, so that a yes needs one that does.
void Vandal::BreakSignatures() {
  scenario_.zones[PickZone()].bogus = true;
  const auto careless =
      static_cast<std::size_t>(scenario_.policy.recursive_quorum - draw_.Between(1, 2));
  for (std::vector<ResolverPlan>& plans : scenario_.resolver_plans) {
    for (std::size_t k = 0; k < plans.size(); ++k) {
      plans[k].validates = k >= careless;
      plans[k].explains = draw_.Chance(0.5);
    }
  }
}

void Vandal::Apply(Fault fault) {
  constexpr std::array kLame = {Manner::kLame, Manner::kUpward, Manner::kNotAuth};
  constexpr std::array kFailing = {Manner::kFails, Manner::kRefuses, Manner::kFormError,
                                   Manner::kTruncates};
  switch (fault) {
    case Fault::kStaleSecondary:
      return Delay(scenario_.world.sites[scenario_.world.hosts.at(PickAddress()).front().site],
                   LateTime());
    case Fault::kAnycastLag:
      return ChangePaths(PickAddress(), PickPerspective(),
                         [&](Path& path) { Delay(Split(path), LateTime()); });
    case Fault::kSplitView:
      return SplitView();
    case Fault::kLyingResolver:
    case Fault::kFailingResolver:
    case Fault::kStaleResolver:
      return SpoilResolvers(fault);
    case Fault::kLoss:
      return LosePackets();
    case Fault::kSlowServer:
      return Slow(PickAddress());
    case Fault::kSilentServer:
      return SpoilPaths(PickAddress(), Path::State::kSilent);
    case Fault::kUnreachableServer:
      return SpoilPaths(PickAddress(), Path::State::kUnreachable);
    case Fault::kLameServer:
      return Spoil(PickAddress(), kLame[draw_.Below(kLame.size())]);
    case Fault::kFailingServer:
      return Spoil(PickAddress(), kFailing[draw_.Below(kFailing.size())]);
    case Fault::kFailsForCaa:
      return Spoil(PickAddress(), kFailing[draw_.Below(kFailing.size())], &Site::caa_manner);
    case Fault::kGarbageServer:
      return Spoil(PickAddress(), Manner::kGarbage);
    case Fault::kSickParent:
      return SickenParent();
    case Fault::kBogus:
      return BreakSignatures();
    case Fault::kShortTime:
      scenario_.check_timeout = draw_.Between(absl::Milliseconds(50), absl::Seconds(4));
      return;
    case Fault::kOwnLimit:
      scenario_.own_limit = draw_.Chance(0.5) ? 0.02 : 0.2;
      return;
    default:
      return;  // part of the world from the start
  }
}

}  // namespace

FaultSet DrawFaults(Draw& draw) {
  FaultSet faults;
  if (draw.Chance(0.1)) return faults;
  for (int count = draw.Between(1, 4); count > 0; --count) faults.set(draw.Below(kFaults));
  return faults;
}

void ApplyFaults(Draw& draw, Scenario& scenario) {
  Vandal vandal(draw, scenario);
  for (std::size_t fault = 0; fault < kFaults; ++fault) {
    if (scenario.faults.test(fault)) vandal.Apply(static_cast<Fault>(fault));
  }
}

}  // namespace scenarios
