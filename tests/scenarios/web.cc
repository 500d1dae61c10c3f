#include "scenarios/web.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "absl/strings/str_format.h"

namespace scenarios {
namespace {

using probe::Fetched;
using probe::IpAddress;
using probe::RrType;

constexpr absl::Duration kFetchTime = absl::Milliseconds(50);
constexpr std::array kOdd = {WebManner::kOther,    WebManner::kMissing, WebManner::kError,
                             WebManner::kNonsense, WebManner::kSilent,  WebManner::kClosed};

std::string KeyAuthorization() { return std::string(43, 't') + "." + std::string(43, 'k'); }

IpAddress DrawAddress(int index, Draw& draw) {
  return *IpAddress::Parse(draw.Chance(0.4) ? absl::StrFormat("2600:%x::80", 0xf00 + index)
                                            : absl::StrFormat("20.80.0.%d", index + 1));
}

WebManner DrawOdd(Draw& draw) { return kOdd[draw.Below(kOdd.size())]; }

// Of a host that moves some are old ones and some new, or all are new.
void AddAddresses(const std::vector<IpAddress>& addresses, bool moves, Draw& draw,
                  ZoneBlueprint& zone) {
  const bool is_new = moves && draw.Chance(0.2);
  for (const IpAddress& address : addresses) {
    const probe::Record record{Name(kWebHost), address.is_v6() ? RrType::kAaaa : RrType::kA,
                               absl::Minutes(1), address};
    const std::size_t versions = moves ? draw.Below(3) : 0;
    if (versions != 1 && !is_new) zone.before.push_back(record);
    if (versions != 2 || is_new) zone.after.push_back(record);
  }
}

Fetched Page(int status, std::string body) {
  return {.kind = Fetched::Kind::kAnswered,
          .status = status,
          .body = std::move(body),
          .round_trip_time = kFetchTime};
}

Fetched Answer(WebManner manner) {
  switch (manner) {
    case WebManner::kToken:
      return Page(200, KeyAuthorization() + "\n");
    case WebManner::kOther:
      return Page(200, "<html>It works!</html>");
    case WebManner::kMissing:
      return Page(404, "");
    case WebManner::kError:
      return Page(500, "");
    case WebManner::kNonsense:
      return {.kind = Fetched::Kind::kMalformed, .round_trip_time = kFetchTime};
    case WebManner::kClosed:
      return {.kind = Fetched::Kind::kUnreachable, .round_trip_time = kFetchTime};
    case WebManner::kSilent:
      break;
  }
  return {.kind = Fetched::Kind::kTimeout};
}

}  // namespace

void AddWebServers(const CheckedRecords& checked, absl::Time change_time, Draw& draw,
                   std::vector<ZoneBlueprint>& zones, Scenario& scenario) {
  const int count = draw.Chance(0.5) ? draw.Between(1, 2) : draw.Between(1, 5);
  const auto changing = static_cast<int>(draw.Below(static_cast<std::size_t>(count)));
  std::vector<IpAddress> addresses;
  for (int i = 0; i < count; ++i) {
    addresses.push_back(DrawAddress(i, draw));
    WebServer server{.address = addresses.back(), .change_time = change_time};
    const bool all = draw.Chance(0.5);
    if (!checked.right_before && (all || i == changing)) server.before = DrawOdd(draw);
    if (!checked.right_after && (all || i == changing)) server.after = DrawOdd(draw);
    scenario.web.emplace_back(scenario.perspectives(), server);
  }
  if (scenario.Has(Fault::kOddWebServer)) {
    std::vector<WebServer>& seen = scenario.web[draw.Below(scenario.web.size())];
    const WebManner manner = DrawOdd(draw);
    const std::size_t only = draw.Below(seen.size());
    const bool everywhere = draw.Chance(0.5);
    for (std::size_t p = 0; p < seen.size(); ++p) {
      if (everywhere || p == only) seen[p].before = seen[p].after = manner;
    }
  }
  const bool moves = scenario.Has(Fault::kMovedHost);
  if (scenario.Has(Fault::kPrivateAddress) && !moves && draw.Chance(0.3)) {
    addresses.push_back(*IpAddress::Parse("10.1.2.3"));
    scenario.web_has_refused_address = true;
  }
  AddAddresses(addresses, moves, draw, zones[kShop]);
}

Subject HttpSubject(observation::Scope scope, const Scenario& scenario) {
  Subject subject{.question = {.name = kWebHost,
                               .type = observation::RecordType::kHttp,
                               .scope = scope,
                               .expected_values = {KeyAuthorization()}}};
  for (const RrType type : {RrType::kAaaa, RrType::kA}) {
    const bool has = std::ranges::any_of(scenario.web, [&](const std::vector<WebServer>& seen) {
      return seen.front().address.is_v6() == (type == RrType::kAaaa);
    });
    if (!has) continue;
    Hop& hop = subject.hops.emplace_back();
    hop.question = {Name(kWebHost), type};
    hop.zone = kShop;
  }
  return subject;
}

void SimulatedFetcher::Fetch(probe::Fetching fetching, Done done) {
  fetched_.push_back(fetching.address);
  Fetched fetched;
  for (const std::vector<WebServer>& seen : scenario_.web) {
    const WebServer& server = seen[perspective_];
    if (server.address == fetching.address) fetched = Answer(server.At(timeline_.TimeNow()));
  }
  const absl::Duration delay =
      fetched.kind == Fetched::Kind::kTimeout ? fetching.timeout : kFetchTime;
  timeline_.After(delay, [fetched = std::move(fetched), done = std::move(done)]() mutable {
    done(std::move(fetched));
  });
}

}  // namespace scenarios
