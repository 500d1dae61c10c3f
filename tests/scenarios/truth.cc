#include "scenarios/truth.h"

#include <algorithm>
#include <set>

namespace scenarios {
namespace {

using cert::Decision;
using probe::Message;
using probe::Record;
using probe::RrType;

// What a server says of one hop in the course of an interval.
struct Words {
  bool yes = false;
  bool no = false;
  bool nothing = false;
  bool elsewhere = false;  // one 'no' is a CNAME

  bool OnlyYes() const { return yes && !no && !nothing; }
  bool OnlyNo() const { return no && !yes && !nothing; }
};

bool HasValues(const Message& message, const Hop& hop) {
  return std::ranges::all_of(hop.values, [&](const std::string& value) {
    return std::ranges::any_of(message.answers, [&](const Record& record) {
      const auto* text = std::get_if<std::string>(&record.data);
      return record.owner == hop.question.name && text != nullptr && *text == value;
    });
  });
}

// For a resolver's answer, wherever its CNAMEs lead.
bool HoldsExpected(const Message& message, const cert::Question& question) {
  return std::ranges::all_of(question.expected_values, [&](const std::string& value) {
    return std::ranges::any_of(message.answers, [&](const Record& record) {
      const auto* text = std::get_if<std::string>(&record.data);
      const auto* target = std::get_if<probe::DnsName>(&record.data);
      return (text != nullptr && *text == value) ||
             (target != nullptr && target->ToString() == value);
    });
  });
}

bool SaysYes(const Message& message, const Hop& hop) {
  if (!hop.alias) return HasValues(message, hop);
  return std::ranges::any_of(message.answers, [&](const Record& record) {
    return record.owner == hop.question.name && record.type == RrType::kCname &&
           std::get<probe::DnsName>(record.data) == *hop.alias;
  });
}

bool HasAlias(const Message& message, const Hop& hop) {
  return hop.question.type != RrType::kCname &&
         std::ranges::any_of(message.answers, [&](const Record& record) {
           return record.owner == hop.question.name && record.type == RrType::kCname;
         });
}

void Hear(const std::optional<Message>& message, const Hop& hop, Words& words) {
  const bool readable = message && message->authoritative && !message->truncated;
  if (!readable) {
    words.nothing = true;
  } else {
    (SaysYes(*message, hop) ? words.yes : words.no) = true;
    words.elsewhere |= HasAlias(*message, hop);
  }
}

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

class Oracle {
 public:
  Oracle(const Scenario& scenario, const Subject& subject, Interval interval,
         const std::vector<std::vector<ResolverPlan>>& resolvers)
      : scenario_(scenario), subject_(subject), interval_(interval), resolvers_(resolvers) {}

  Truth Tell();

 private:
  bool asks_resolvers() const {
    return subject_.question.scope != observation::Scope::kAuthoritative;
  }
  Words WordsOf(const ZonePlan::Server& server, std::size_t perspective, const Hop& hop) const;
  void TellOfServers(Truth& truth) const;
  bool SomebodySaysYes(const Hop& hop, std::size_t perspective) const;
  bool IsBogus() const;
  bool QuorumValidates() const;
  bool ValidatorAnswers(bool from_cache) const;
  bool MayBeUnvalidated() const;
  bool MaySayNo(const ResolverPlan& plan) const;
  bool ResolversMayRefuse() const;
  std::optional<Decision> Must(const Truth& truth) const;
  bool EverythingIsReachable() const;
  bool ResolversAreWell() const;
  bool AllServersSayYes(const Hop& hop) const;
  bool AllServersSayNo(const Hop& hop) const;

  const Scenario& scenario_;
  const Subject& subject_;
  const Interval interval_;
  const std::vector<std::vector<ResolverPlan>>& resolvers_;
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
    Hear(AnswerOf(*site, hop.question, moment), hop, words);
  }
  return words;
}

void Oracle::TellOfServers(Truth& truth) const {
  for (const Hop& hop : subject_.hops) {
    for (const ZonePlan::Server& server : scenario_.zones[hop.zone].servers) {
      for (std::size_t p = 0; p < scenario_.perspectives(); ++p) {
        const Words words = WordsOf(server, p, hop);
        truth.may_disagree |= words.no;
        if (!words.OnlyNo()) continue;
        truth.refuters.push_back({server.address, p, hop.question, words.elsewhere});
      }
    }
    truth.may_agree &= SomebodySaysYes(hop, /*perspective=*/0);
  }
}

bool Oracle::SomebodySaysYes(const Hop& hop, std::size_t perspective) const {
  return std::ranges::any_of(
      scenario_.zones[hop.zone].servers,
      [&](const ZonePlan::Server& server) { return WordsOf(server, perspective, hop).yes; });
}

bool Oracle::IsBogus() const {
  return asks_resolvers() && std::ranges::any_of(subject_.hops, [&](const Hop& hop) {
           return scenario_.zones[hop.zone].bogus;
         });
}

// Without those that find the signatures broken the primary perspective has no quorum.
bool Oracle::QuorumValidates() const {
  const auto careless = std::ranges::count_if(resolvers_.front(), [](const ResolverPlan& plan) {
    return plan.habit == Habit::kSaysYes || (plan.habit == Habit::kHonest && !plan.validates);
  });
  return careless < scenario_.policy.recursive_quorum;
}

// Whether agreement may come of resolvers that did not look at the signatures.
bool Oracle::MayBeUnvalidated() const {
  const bool liar = std::ranges::any_of(resolvers_, [](const std::vector<ResolverPlan>& plans) {
    return std::ranges::count(plans, Habit::kSaysYes, &ResolverPlan::habit) > 0;
  });
  return !QuorumValidates() && (liar || !scenario_.policy.needs_validation);
}

// `from_cache`: also one that may do so without another look.
bool Oracle::ValidatorAnswers(bool from_cache) const {
  return std::ranges::any_of(resolvers_, [&](const std::vector<ResolverPlan>& plans) {
    return std::ranges::any_of(plans, [&](const ResolverPlan& plan) {
      const bool validates = plan.habit == Habit::kHonest && plan.validates;
      const bool fresh = !plan.cache.contains(subject_.hops.front().question);
      return validates && IsReachable(plan.path) && (fresh || from_cache);
    });
  });
}

bool Oracle::MaySayNo(const ResolverPlan& plan) const {
  if (plan.habit == Habit::kSaysNo) return true;
  // A liar that knows no value of an endless chain says that there is none.
  if (plan.habit == Habit::kSaysYes) return subject_.endless;
  if (plan.habit != Habit::kHonest) return false;
  const auto cached = plan.cache.find(subject_.hops.front().question);
  return cached != plan.cache.end() && cached->second.expire_time > interval_.begin &&
         !HoldsExpected(cached->second.message, subject_.question);
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

bool Oracle::AllServersSayYes(const Hop& hop) const {
  for (const ZonePlan::Server& server : scenario_.zones[hop.zone].servers) {
    for (std::size_t p = 0; p < scenario_.perspectives(); ++p) {
      if (!WordsOf(server, p, hop).OnlyYes()) return false;
    }
  }
  return true;
}

bool Oracle::AllServersSayNo(const Hop& hop) const {
  for (const ZonePlan::Server& server : scenario_.zones[hop.zone].servers) {
    for (std::size_t p = 0; p < scenario_.perspectives(); ++p) {
      if (!WordsOf(server, p, hop).OnlyNo()) return false;
    }
  }
  return true;
}

std::optional<Decision> Oracle::Must(const Truth& truth) const {
  if (!EverythingIsReachable()) return std::nullopt;
  for (const Hop& hop : subject_.hops) {
    if (AllServersSayNo(hop)) return Decision::kDisagreed;
    if (!AllServersSayYes(hop)) return std::nullopt;
  }
  if (subject_.endless) return Decision::kDisagreed;
  if (IsBogus()) {
    const bool told = ValidatorAnswers(/*from_cache=*/false);
    return told ? std::optional(Decision::kDisagreed) : std::nullopt;
  }
  if (truth.may_agree && ResolversAreWell() && ValidatorAnswers(/*from_cache=*/true))
    return Decision::kAgreed;
  return std::nullopt;
}

Truth Oracle::Tell() {
  Truth truth;
  TellOfServers(truth);
  truth.may_agree &= !subject_.endless && !(IsBogus() && !MayBeUnvalidated());
  truth.may_disagree |= subject_.endless || ResolversMayRefuse() ||
                        (IsBogus() && ValidatorAnswers(/*from_cache=*/true));
  truth.must = Must(truth);
  return truth;
}

}  // namespace

Truth TruthOf(const Scenario& scenario, const Subject& subject, Interval interval,
              const std::vector<std::vector<ResolverPlan>>& resolvers) {
  return Oracle(scenario, subject, interval, resolvers).Tell();
}

}  // namespace scenarios
