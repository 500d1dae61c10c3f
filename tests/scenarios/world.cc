#include "scenarios/world.h"

#include <algorithm>

namespace scenarios {
namespace {

using probe::Message;
using probe::Question;

const ZoneData* VersionAt(const History& history, absl::Time now) {
  const ZoneData* current = history.front().zone.get();
  for (const Version& version : history) {
    if (version.from <= now) current = version.zone.get();
  }
  return current;
}

// That of its zones which is the closest to the name.
const ZoneData* FindZone(const Site& site, const probe::DnsName& name, absl::Time now) {
  const ZoneData* closest = nullptr;
  for (const History& history : site.zones) {
    const ZoneData* zone = VersionAt(history, now);
    if (!name.IsSubdomainOf(zone->apex)) continue;
    if (closest == nullptr || zone->apex.IsSubdomainOf(closest->apex)) closest = zone;
  }
  return closest;
}

Message ReferUpward() {
  Message message = EmptyResponse(probe::kRcodeNoError);
  message.authority.push_back({probe::DnsName(), probe::RrType::kNs, absl::Hours(24),
                               *probe::DnsName::FromWire(std::string("\4root\3net"))});
  return message;
}

}  // namespace

bool IsReachable(const Path& path) {
  // The engine gives up an attempt after half of the time.
  return path.state == Path::State::kOpen && path.round_trip_time < kQueryTimeout / 2;
}

const Path* FindPath(const World& world, const probe::IpAddress& address, std::size_t perspective) {
  const auto found = world.hosts.find(address);
  return found == world.hosts.end() ? nullptr : &found->second[perspective];
}

std::optional<Message> AnswerOf(const Site& site, const Question& question, absl::Time now) {
  const ZoneData* zone = FindZone(site, question.name, now);
  const bool asks_caa = question.type == probe::RrType::kCaa && site.manner == Manner::kHonest;
  const Manner manner = asks_caa ? site.caa_manner : site.manner;
  switch (now >= site.leave_time ? site.leave_manner : manner) {
    case Manner::kSilent:
    case Manner::kGarbage:
      return std::nullopt;
    case Manner::kLame:
      return EmptyResponse(probe::kRcodeNoError);
    case Manner::kUpward:
      return ReferUpward();
    case Manner::kNotAuth:
      return EmptyResponse(probe::kRcodeNotAuthoritative);
    case Manner::kRefuses:
      return EmptyResponse(probe::kRcodeRefused);
    case Manner::kFails:
      return EmptyResponse(probe::kRcodeServerFailure);
    case Manner::kFormError:
      return EmptyResponse(probe::kRcodeFormatError);
    case Manner::kTruncates: {
      Message message = EmptyResponse(probe::kRcodeNoError);
      message.authoritative = true;
      message.truncated = true;
      return message;
    }
    case Manner::kHonest:
      break;
  }
  return zone == nullptr ? EmptyResponse(probe::kRcodeRefused) : Respond(*zone, question);
}

}  // namespace scenarios
