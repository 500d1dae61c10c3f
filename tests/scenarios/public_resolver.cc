#include "scenarios/public_resolver.h"

#include <algorithm>
#include <utility>

#include "scenarios/caa_sets.h"
#include "scenarios/scenario.h"

namespace scenarios {
namespace {

using probe::Message;
using probe::Question;
using probe::Record;
using probe::RrType;

constexpr int kLinks = 12;  // that are followed
constexpr int kBogusError = 6;

absl::Duration LifeOf(const Message& message) {
  absl::Duration life = absl::InfiniteDuration();
  for (const Record& record : message.answers) life = std::min(life, record.ttl);
  for (const Record& record : message.authority) {
    const auto* soa = std::get_if<probe::SoaData>(&record.data);
    if (soa != nullptr) life = std::min({life, record.ttl, soa->minimum});
  }
  return life == absl::InfiniteDuration() ? absl::ZeroDuration() : life;
}

Message Aged(const CachedAnswer& cached, absl::Time now) {
  Message message = cached.message;
  const absl::Duration age = now - cached.stored_time;
  for (auto* section : {&message.answers, &message.authority}) {
    for (Record& record : *section) record.ttl = std::max(absl::ZeroDuration(), record.ttl - age);
  }
  return message;
}

Message Recursive(int rcode) {
  Message message = EmptyResponse(rcode);
  message.recursion_available = true;
  return message;
}

}  // namespace

PublicResolver::PublicResolver(const Scenario& scenario, std::size_t perspective, ResolverPlan plan,
                               Draw& draw)
    : scenario_(scenario), perspective_(perspective), plan_(std::move(plan)), draw_(draw) {}

std::optional<Message> PublicResolver::Answer(const probe::Asking& asking, absl::Time now) {
  switch (plan_.habit) {
    case Habit::kSilent:
    case Habit::kNonsense:
      return std::nullopt;
    case Habit::kFails:
      return Fail(/*bogus=*/false);
    case Habit::kRefuses:
      return Recursive(probe::kRcodeRefused);
    case Habit::kSaysYes:
    case Habit::kSaysNo:
      if (IsChecked(asking.question)) return Lie(asking.question);
      break;
    case Habit::kHonest:
      break;
  }
  const auto cached = plan_.cache.find(asking.question);
  if (cached != plan_.cache.end() && cached->second.expire_time > now) {
    return Aged(cached->second, now);
  }
  Message message = Resolve(asking.question, asking.checking_disabled, now);
  const bool keep = !asking.checking_disabled && message.rcode != probe::kRcodeServerFailure;
  if (keep) plan_.cache[asking.question] = {message, now, now + LifeOf(message)};
  return message;
}

bool PublicResolver::IsChecked(const Question& question) const {
  return FindSubject(scenario_, question) != nullptr;
}

Message PublicResolver::Resolve(const Question& question, bool checking_disabled, absl::Time now) {
  Message resolved = Recursive(probe::kRcodeNoError);
  Question next = question;
  for (int link = 0; link < kLinks; ++link) {
    const std::size_t zone = ZoneOf(scenario_, next.name);
    const std::optional<Message> answer = AskZone(zone, next, now);
    if (!answer) return Fail(/*bogus=*/false);
    const bool validate = plan_.validates && !checking_disabled;
    if (scenario_.zones[zone].bogus && validate) return Fail(/*bogus=*/true);
    std::optional<probe::DnsName> alias;
    bool found = false;
    for (const Record& record : answer->answers) {
      if (record.owner != next.name) continue;  // asked of its own zone
      resolved.answers.push_back(record);
      found |= record.type == question.type;
      if (record.type == RrType::kCname) alias = std::get<probe::DnsName>(record.data);
    }
    // Of the signed zones only the root holds what is asked for.
    resolved.authenticated_data = validate && scenario_.zones[zone].apex.IsRoot();
    if (found) return resolved;
    if (!alias) {
      resolved.rcode = answer->rcode;
      resolved.authority = answer->authority;
      return resolved;
    }
    next.name = *alias;
  }
  return Fail(/*bogus=*/false);
}

// Of one of its servers, whichever answers: that is how two resolvers come to differ.
std::optional<Message> PublicResolver::AskZone(std::size_t zone, const Question& question,
                                               absl::Time now) {
  const std::vector<ZonePlan::Server>& servers = scenario_.zones[zone].servers;
  const std::size_t first = draw_.Below(servers.size());
  for (std::size_t i = 0; i < servers.size(); ++i) {
    const ZonePlan::Server& server = servers[(first + i) % servers.size()];
    const Site* site = Reach(scenario_, server, perspective_);
    if (site == nullptr || !scenario_.IsPublished(server, now)) continue;
    std::optional<Message> answer = AnswerOf(*site, question, now);
    if (answer && answer->authoritative && !answer->truncated) return answer;
  }
  return std::nullopt;
}

Message PublicResolver::Fail(bool bogus) const {
  Message message = Recursive(probe::kRcodeServerFailure);
  if (bogus && plan_.explains) message.extended_error = kBogusError;
  return message;
}

Message PublicResolver::Lie(const Question& question) const {
  Message message = Recursive(probe::kRcodeNoError);
  if (question.type == RrType::kCaa) {
    message.answers.push_back(LyingCaa(question.name, plan_.habit == Habit::kSaysYes));
    return message;
  }
  if (plan_.habit == Habit::kSaysNo) {
    message.rcode = probe::kRcodeNameError;
    message.authority.push_back(SoaOf({.apex = question.name.Parent()}));
    return message;
  }
  const Subject& subject = *FindSubject(scenario_, question);
  if (subject.fetches()) {
    const bool v6 = question.type == RrType::kAaaa;
    const auto address = probe::IpAddress::Parse(v6 ? "2600:dead::80" : "20.80.0.99");
    message.answers.push_back({question.name, question.type, absl::Seconds(60), *address});
    return message;
  }
  for (const std::string& value : subject.question.expected_values) {
    Record::Data data = value;
    if (question.type == RrType::kCname) data = *probe::DnsName::Parse(value);
    message.answers.push_back({question.name, question.type, absl::Seconds(60), data});
  }
  return message;
}

}  // namespace scenarios
