#include "scenarios/truth.h"

#include <algorithm>
#include <set>

#include "scenarios/caa_sets.h"
#include "scenarios/words.h"

namespace scenarios {
namespace {

using cert::Decision;
using probe::IpAddress;
using probe::Message;
using probe::Record;
using probe::RrType;

// The moments of the interval at which a server's answer may change, and its beginning.
std::set<absl::Time> MomentsOf(const Site& site, Interval interval) {
  std::set<absl::Time> moments = {interval.begin};
  for (const History& history : site.zones) {
    for (const Version& version : history) {
      if (version.from > interval.begin && version.from <= interval.end) {
        moments.insert(version.from);
      }
    }
  }
  return moments;
}

std::ptrdiff_t Offset(std::size_t index) { return static_cast<std::ptrdiff_t>(index); }

class Oracle {
 public:
  Oracle(const Scenario& scenario, const Subject& subject, Interval interval,
         const std::vector<std::vector<ResolverPlan>>& resolvers)
      : scenario_(scenario), subject_(subject), interval_(interval), resolvers_(resolvers) {
    const std::size_t hops = subject.fetches() ? 1 : subject.hops.size();
    for (std::size_t i = 0; i < hops; ++i) Listen(subject.hops[i]);
    if (subject.fetches()) Fetch();
  }

  Truth Tell();

 private:
  bool asks_resolvers() const {
    return subject_.question.scope != observation::Scope::kAuthoritative;
  }
  Words WordsOf(const ZonePlan::Server& server, std::size_t perspective, const Hop& hop) const;
  // What is said of one hop.
  struct Heard {
    std::vector<std::pair<Refuter, Words>> each = {};  // by server and perspective
    Words all = {};
    Words primary = {};
  };

  // By some server at some moment, by one all the time, and at the asked perspective.
  struct Telling {
    bool ever = false;
    bool always = false;
    bool here = false;
  };

  Telling TellingOf(const IpAddress& address, std::size_t perspective) const;
  bool RemembersOldServers() const;
  void Listen(const Hop& hop);
  void Fetch();
  // Whether all that can be said of the hops before `end` may lead, or leads, further.
  bool MayReach(std::size_t end) const;
  bool SurelyReaches(std::size_t end) const;
  bool MayAgreeAtPrimary() const;
  void TellOfServers(Truth& truth) const;
  bool IsBogus(bool surely) const;
  bool MaySayYesFromCache(const ResolverPlan& plan) const;
  bool QuorumValidates() const;
  bool ValidatorAnswers(bool from_cache) const;
  bool MayBeUnvalidated() const;
  bool Denies(const Message& message, const Hop& hop) const;
  bool MaySayNo(const ResolverPlan& plan) const;
  bool ResolversMayRefuse() const;
  std::optional<Decision> Must(const Truth& truth) const;
  bool EverythingIsReachable() const;
  bool ResolversAreWell() const;

  const Scenario& scenario_;
  const Subject& subject_;
  const Interval interval_;
  const std::vector<std::vector<ResolverPlan>>& resolvers_;
  std::vector<Heard> heard_;  // by hop
  bool left_servers_agree_ = false;
};

Words Oracle::WordsOf(const ZonePlan::Server& server, std::size_t perspective,
                      const Hop& hop) const {
  Words words;
  const Site* site = Reach(scenario_, server, perspective);
  if (site == nullptr) {
    words.nothing = true;
    return words;
  }
  for (const absl::Time moment : MomentsOf(*site, interval_)) {
    if (subject_.fetches()) {
      HearOfHost(AnswerOf(*site, {hop.question.name, RrType::kAaaa}, moment),
                 AnswerOf(*site, {hop.question.name, RrType::kA}, moment), words);
    } else {
      Hear(AnswerOf(*site, hop.question, moment), subject_, hop, words);
    }
  }
  return words;
}

// Whether nameservers tell this address, to a perspective or to any.
Oracle::Telling Oracle::TellingOf(const IpAddress& address, std::size_t perspective) const {
  const probe::Question question{subject_.hops.front().question.name,
                                 address.is_v6() ? RrType::kAaaa : RrType::kA};
  Telling telling;
  for (const ZonePlan::Server& server : scenario_.zones[subject_.hops.front().zone].servers) {
    if (!scenario_.IsPublished(server, interval_.begin)) continue;
    for (std::size_t p = 0; p < scenario_.perspectives(); ++p) {
      const Site* site = Reach(scenario_, server, p);
      if (site == nullptr) continue;
      const std::set<absl::Time> moments = MomentsOf(*site, interval_);
      const auto tells = [&](absl::Time moment) {
        return HoldsAddress(AnswerOf(*site, question, moment), address);
      };
      telling.ever |= std::ranges::any_of(moments, tells);
      telling.always |= std::ranges::all_of(moments, tells);
      telling.here |= p == perspective && std::ranges::any_of(moments, tells);
    }
  }
  return telling;
}

bool Oracle::RemembersOldServers() const {
  const absl::Duration longest = probe::ZoneCache::Options{}.max_age + scenario_.check_timeout;
  return interval_.begin < scenario_.rounds.front() + longest;
}

void Oracle::Listen(const Hop& hop) {
  Heard& heard = heard_.emplace_back();
  for (const ZonePlan::Server& server : scenario_.zones[hop.zone].servers) {
    const bool published = scenario_.IsPublished(server, interval_.begin);
    if (!published && !server.before_move) continue;  // a new one
    for (std::size_t p = 0; p < scenario_.perspectives(); ++p) {
      const Words words = WordsOf(server, p, hop);
      if (!published) {
        left_servers_agree_ |= RemembersOldServers() && (words.yes || words.empty);
        continue;
      }
      heard.all.Add(words);
      if (p == 0) heard.primary.Add(words);
      heard.each.emplace_back(Refuter{server.address, p, hop.question, words.elsewhere,
                                      subject_.fetches() || !server.found_through.empty()},
                              words);
    }
  }
}

// The web servers are one hop more, of which everybody hears everything who knows of them.
void Oracle::Fetch() {
  Heard& heard = heard_.emplace_back();
  for (const std::vector<WebServer>& seen : scenario_.web) {
    for (std::size_t p = 0; p < seen.size(); ++p) {
      const Telling telling = TellingOf(seen[p].address, p);
      if (!telling.ever) continue;
      Words words{.elsewhere = true};  // than at a nameserver
      Hear(seen[p].At(interval_.begin), words);
      Hear(seen[p].At(interval_.end), words);
      heard.all.Add(words);
      if (p == 0 && telling.here) heard.primary.Add(words);
      if (!telling.always) continue;
      heard.each.emplace_back(
          Refuter{seen[p].address, p, subject_.hops.front().question, true, true, telling.here},
          words);
    }
  }
  heard.all.nothing |= scenario_.web_has_refused_address;
}

bool Oracle::MayReach(std::size_t end) const {
  return !subject_.climbs() || std::all_of(heard_.begin(), heard_.begin() + Offset(end),
                                           [](const Heard& heard) { return heard.all.empty; });
}

// Else it depends on luck who is heard: one that has records ends the climb, if those that have
// none are lost.
bool Oracle::SurelyReaches(std::size_t end) const {
  return !subject_.climbs() ||
         std::all_of(heard_.begin(), heard_.begin() + Offset(end),
                     [](const Heard& heard) { return !heard.all.yes && !heard.all.no; });
}

// Every hop needs somebody who says yes; a climb, levels without records and one that allows, or
// none at all.
bool Oracle::MayAgreeAtPrimary() const {
  for (const Heard& heard : heard_) {
    if (!heard.primary.yes && !heard.primary.empty) return false;
    if (heard.primary.yes && subject_.climbs()) return true;
  }
  return true;
}

void Oracle::TellOfServers(Truth& truth) const {
  for (std::size_t i = 0; i < heard_.size() && MayReach(i); ++i) {
    truth.may_disagree |= heard_[i].all.no;
    if (!SurelyReaches(i)) continue;
    for (const auto& [refuter, words] : heard_[i].each) {
      if (words.OnlyNo()) truth.refuters.push_back(refuter);
    }
  }
  truth.may_agree &=
      MayAgreeAtPrimary() && !(subject_.fetches() && scenario_.web_has_refused_address);
}

// `surely`: at a hop that every check comes to.
bool Oracle::IsBogus(bool surely) const {
  if (!asks_resolvers()) return false;
  for (std::size_t i = 0; i < subject_.hops.size(); ++i) {
    const bool bogus = scenario_.zones[subject_.hops[i].zone].bogus;
    if (bogus && (surely ? SurelyReaches(i) : MayReach(i))) return true;
  }
  return false;
}

// Whether it has answers from before, none of which says no.
bool Oracle::MaySayYesFromCache(const ResolverPlan& plan) const {
  return std::ranges::any_of(plan.cache, [&](const auto& entry) {
    return subject_.Asks(entry.first) && entry.second.expire_time > interval_.begin &&
           plan.habit == Habit::kHonest && !MaySayNo(plan);
  });
}

// Without those that find the signatures broken the primary perspective has no quorum.
bool Oracle::QuorumValidates() const {
  const auto careless = std::ranges::count_if(resolvers_.front(), [&](const ResolverPlan& plan) {
    return plan.habit == Habit::kSaysYes || (plan.habit == Habit::kHonest && !plan.validates) ||
           MaySayYesFromCache(plan);
  });
  return careless < scenario_.policy.recursive_quorum;
}

// Whether agreement may come of resolvers that did not look at the signatures.
bool Oracle::MayBeUnvalidated() const {
  const auto is_liar = [&](const ResolverPlan& plan) {
    return plan.habit == Habit::kSaysYes || MaySayYesFromCache(plan);
  };
  const bool liar = std::ranges::any_of(resolvers_, [&](const std::vector<ResolverPlan>& plans) {
    return std::ranges::any_of(plans, is_liar);
  });
  return !QuorumValidates() && (liar || !scenario_.policy.needs_validation);
}

// `from_cache`: also one that may do so without another look.
bool Oracle::ValidatorAnswers(bool from_cache) const {
  return std::ranges::any_of(resolvers_, [&](const std::vector<ResolverPlan>& plans) {
    return std::ranges::any_of(plans, [&](const ResolverPlan& plan) {
      const bool validates = plan.habit == Habit::kHonest && plan.validates;
      const bool fresh = std::ranges::none_of(
          plan.cache, [&](const auto& entry) { return subject_.Asks(entry.first); });
      return validates && IsReachable(plan.path) && (fresh || from_cache);
    });
  });
}

bool Oracle::Denies(const Message& message, const Hop& hop) const {
  if (subject_.fetches()) return !HasAddress(message);
  if (!subject_.climbs()) return !HoldsExpected(message, subject_.question);
  return ReadCaa(message, hop, subject_.question.caa->wildcard) == CaaWord::kForbids;
}

bool Oracle::MaySayNo(const ResolverPlan& plan) const {
  if (plan.habit == Habit::kSaysNo) return true;
  // A liar that knows no value of an endless chain says that there is none.
  if (plan.habit == Habit::kSaysYes) return subject_.endless;
  if (plan.habit != Habit::kHonest) return false;
  return std::ranges::any_of(subject_.hops, [&](const Hop& hop) {
    const auto cached = plan.cache.find(hop.question);
    return subject_.Asks(hop.question) && cached != plan.cache.end() &&
           cached->second.expire_time > interval_.begin && Denies(cached->second.message, hop);
  });
}

// Whether the policy could fail with every resolver that may say no doing so.
bool Oracle::ResolversMayRefuse() const {
  if (!asks_resolvers()) return false;
  std::vector<bool> agrees;
  for (const std::vector<ResolverPlan>& plans : resolvers_) {
    const auto bad =
        std::ranges::count_if(plans, [&](const ResolverPlan& plan) { return MaySayNo(plan); });
    const auto total = static_cast<std::ptrdiff_t>(plans.size());
    agrees.push_back(total - bad >=
                     std::min<std::ptrdiff_t>(scenario_.policy.recursive_quorum, total));
  }
  const auto agreeing = std::ranges::count(agrees, true);
  const auto remotes = static_cast<std::ptrdiff_t>(agrees.size()) - 1;
  const std::ptrdiff_t may_dissent = remotes < 2 ? 0 : remotes < 6 ? 1 : 2;
  std::set<std::string> regions;
  std::set<std::string> agreeing_regions;
  for (std::size_t p = 1; p < agrees.size(); ++p) {
    const std::string& region = scenario_.policy.perspectives[p].region;
    if (region.empty()) continue;
    regions.insert(region);
    if (agrees[p]) agreeing_regions.insert(region);
  }
  return !agrees.front() || remotes + 1 - agreeing > may_dissent ||
         agreeing < scenario_.policy.min_perspectives ||
         (regions.size() >= 2 && agreeing_regions.size() < 2);
}

bool Oracle::EverythingIsReachable() const {
  const bool hindered = scenario_.Has(Fault::kLoss) || scenario_.Has(Fault::kShortTime) ||
                        scenario_.Has(Fault::kOwnLimit) || scenario_.Has(Fault::kSickParent);
  if (hindered) return false;
  // Where nameservers have their names, something must be said of their addresses.
  const auto is_well = [&](const ZonePlan::Server& server) {
    const auto& paths = scenario_.world.hosts.at(server.address);
    return std::ranges::all_of(paths, [&](const Path& path) {
      return IsReachable(path) && scenario_.world.sites[path.site].manner == Manner::kHonest;
    });
  };
  return std::ranges::all_of(scenario_.zones, [&](const ZonePlan& zone) {
    return !zone.has_refused_address && std::ranges::all_of(zone.servers, is_well);
  });
}

bool Oracle::ResolversAreWell() const {
  if (!asks_resolvers()) return true;
  return std::ranges::all_of(resolvers_, [&](const std::vector<ResolverPlan>& plans) {
    const auto good = std::ranges::count_if(plans, [&](const ResolverPlan& plan) {
      return plan.habit == Habit::kHonest && !MaySayNo(plan) && IsReachable(plan.path);
    });
    return good >= std::min<std::ptrdiff_t>(scenario_.policy.recursive_quorum,
                                            static_cast<std::ptrdiff_t>(plans.size()));
  });
}

std::optional<Decision> Oracle::Must(const Truth& truth) const {
  if (!EverythingIsReachable() || left_servers_agree_) return std::nullopt;
  for (const Heard& heard : heard_) {
    if (heard.all.OnlyNo()) return Decision::kDisagreed;
    if (!heard.all.OnlyYes() && !heard.all.OnlyEmpty()) return std::nullopt;
    if (heard.all.OnlyYes() && subject_.climbs()) break;
  }
  if (subject_.endless) return Decision::kDisagreed;
  if (IsBogus(/*surely=*/true)) {
    const bool told = ValidatorAnswers(/*from_cache=*/false);
    return told ? std::optional(Decision::kDisagreed) : std::nullopt;
  }
  if (truth.may_agree && ResolversAreWell() && ValidatorAnswers(/*from_cache=*/true))
    return Decision::kAgreed;
  return std::nullopt;
}

Truth Oracle::Tell() {
  Truth truth{.left_servers_agree = left_servers_agree_};
  TellOfServers(truth);
  truth.may_agree &= !subject_.endless && !(IsBogus(/*surely=*/true) && !MayBeUnvalidated());
  truth.may_disagree |= subject_.endless || ResolversMayRefuse() ||
                        (IsBogus(/*surely=*/false) && ValidatorAnswers(/*from_cache=*/true));
  truth.must = Must(truth);
  return truth;
}

}  // namespace

Truth TruthOf(const Scenario& scenario, const Subject& subject, Interval interval,
              const std::vector<std::vector<ResolverPlan>>& resolvers) {
  return Oracle(scenario, subject, interval, resolvers).Tell();
}

}  // namespace scenarios
