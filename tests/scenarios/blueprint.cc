#include "scenarios/blueprint.h"

#include <array>
#include <utility>

#include "absl/strings/str_format.h"

namespace scenarios {
namespace {

using probe::DnsName;
using probe::IpAddress;
using probe::Record;
using probe::RrType;

constexpr std::array kRefusedAddresses = {"10.1.2.3",        "127.0.0.1",        "192.168.1.1",
                                          "169.254.169.254", "fd00::1",          "::1",
                                          "::ffff:10.0.0.1", "64:ff9b::a00:0001"};

bool Has(const FaultSet& faults, Fault fault) {
  return faults.test(static_cast<std::size_t>(fault));
}

// Draws addresses of which no two are the same.
class Planner {
 public:
  explicit Planner(Draw& draw) : draw_(draw) {}

  IpAddress NewAddress(bool v6) {
    ++count_;
    return *IpAddress::Parse(v6 ? absl::StrFormat("2600:%x::53", count_)
                                : absl::StrFormat("20.0.%d.%d", count_ / 256, count_ % 256));
  }
  NameserverPlan NewServer(DnsName name, int most_addresses) {
    NameserverPlan server{.name = std::move(name)};
    const int count = draw_.Chance(0.8) ? 1 : draw_.Between(1, most_addresses);
    for (int i = 0; i < count; ++i) server.addresses.push_back(NewAddress(draw_.Chance(0.3)));
    return server;
  }
  ZoneBlueprint NewZone(const std::string& apex, int servers, const std::string& home,
                        int most_addresses = 3) {
    ZoneBlueprint zone{.apex = Name(apex)};
    for (int i = 1; i <= servers; ++i) {
      const DnsName name = Name(absl::StrFormat("ns%d.%s", i, home));
      zone.nameservers.push_back(NewServer(name, most_addresses));
    }
    return zone;
  }

 private:
  Draw& draw_;
  int count_ = 0;
};

// The customer's zone is where most things go wrong.
void AddOddServers(const FaultSet& faults, Planner& planner, Draw& draw, ZoneBlueprint& zone) {
  if (Has(faults, Fault::kGlueless)) {
    const std::size_t first = draw.Below(zone.nameservers.size());
    for (std::size_t i = first; i < zone.nameservers.size(); ++i) {
      zone.nameservers[i].name = Name(absl::StrFormat("shop%d.host.net", i));
    }
  }
  if (Has(faults, Fault::kParentDiffers)) {
    NameserverPlan odd = planner.NewServer(Name("old.shop.test"), 2);
    (draw.Chance(0.5) ? odd.in_parent : odd.in_child) = false;
    zone.nameservers.push_back(std::move(odd));
  }
  if (Has(faults, Fault::kOldGlue) && zone.nameservers[0].name.IsSubdomainOf(zone.apex)) {
    zone.nameservers[0].glue_only.push_back(planner.NewAddress(false));
  }
  if (Has(faults, Fault::kPrivateAddress)) {
    const std::size_t which = draw.Below(kRefusedAddresses.size());
    zone.nameservers.back().addresses.push_back(*IpAddress::Parse(kRefusedAddresses[which]));
  }
}

// To new nameservers, of which some may be old ones.
void Move(Planner& planner, Draw& draw, ZoneBlueprint& zone) {
  for (NameserverPlan& server : zone.nameservers) server.after_move = false;
  zone.nameservers.front().after_move = draw.Chance(0.3);
  for (int i = draw.Between(1, 2); i > 0; --i) {
    zone.nameservers.push_back(planner.NewServer(Name(absl::StrFormat("new%d.shop.test", i)), 2));
    zone.nameservers.back().before_move = false;
  }
}

Record AddressRecord(const DnsName& owner, const IpAddress& address) {
  return {owner, address.is_v6() ? RrType::kAaaa : RrType::kA, absl::Hours(1), address};
}

// What the zone says of itself and of the zones below it.
std::vector<Record> StructureOf(const std::vector<ZoneBlueprint>& zones, std::size_t index,
                                bool moved) {
  const DnsName& apex = zones[index].apex;
  std::vector<Record> records;
  for (const ZoneBlueprint& other : zones) {
    const bool self = other.apex == apex;
    const bool child = !self && !other.apex.IsRoot() && other.apex.IsSubdomainOf(apex);
    for (const NameserverPlan& server : other.nameservers) {
      if (!(moved ? server.after_move : server.before_move)) continue;
      const bool named = (self && server.in_child) || (child && server.in_parent);
      if (named) records.push_back({other.apex, RrType::kNs, absl::Hours(1), server.name});
      // A name below the child's apex is the child's to tell; here it is glue.
      const bool own = server.name.IsSubdomainOf(apex) && (self ? server.in_child : true);
      const bool glue = child && server.in_parent && server.name.IsSubdomainOf(other.apex);
      if (!own && !glue) continue;
      for (const IpAddress& address : server.addresses) {
        records.push_back(AddressRecord(server.name, address));
      }
      for (const IpAddress& address : server.glue_only) {
        if (glue) records.push_back(AddressRecord(server.name, address));
      }
    }
  }
  return records;
}

std::shared_ptr<const ZoneData> MakeVersion(const DnsName& apex, std::uint32_t serial,
                                            std::vector<Record> structure,
                                            const std::vector<Record>& checked, int minimum) {
  structure.insert(structure.end(), checked.begin(), checked.end());
  return std::make_shared<const ZoneData>(ZoneData{.apex = apex,
                                                   .serial = serial,
                                                   .minimum = absl::Seconds(minimum),
                                                   .records = std::move(structure)});
}

void AddHost(const IpAddress& address, std::size_t site, Draw& draw, Scenario& scenario) {
  std::vector<Path>& paths = scenario.world.hosts[address];
  if (!paths.empty()) return;  // serves another zone too
  for (std::size_t i = 0; i < scenario.perspectives(); ++i) {
    paths.push_back(
        {.round_trip_time = draw.Between(absl::Milliseconds(1), absl::Milliseconds(300)),
         .site = site});
  }
  scenario.world.sites.resize(std::max(scenario.world.sites.size(), site + 1));
}

std::vector<std::size_t> ZonesOfName(const ZoneBlueprint& zone, const NameserverPlan& server) {
  if (server.name.IsSubdomainOf(zone.apex)) return {};
  return {kNet, server.name.IsSubdomainOf(Name("dcv.net")) ? kDcv : kHost};
}

// A server that the zone leaves keeps what it had.
History HistoryAt(const NameserverPlan& server, const History& history) {
  if (!server.before_move) return {{absl::InfinitePast(), history.back().zone}};
  return server.after_move ? history : History(history.begin(), history.begin() + 2);
}

// The addresses of a zone's nameservers become its hosts; those of one nameserver are one site.
void AddServers(const ZoneBlueprint& zone, const History& history, std::size_t& next_site,
                Draw& draw, Scenario& scenario) {
  constexpr std::array kLeaving = {Manner::kHonest, Manner::kRefuses, Manner::kFails, Manner::kLame,
                                   Manner::kGarbage};
  ZonePlan& plan = scenario.zones.emplace_back(ZonePlan{.apex = zone.apex});
  for (const NameserverPlan& server : zone.nameservers) {
    std::vector<IpAddress> addresses = server.addresses;
    if (server.in_parent) {
      addresses.insert(addresses.end(), server.glue_only.begin(), server.glue_only.end());
    }
    for (const IpAddress& address : addresses) {
      if (!probe::AddressPolicy().MayAsk(address)) {
        plan.has_refused_address = true;
        continue;
      }
      AddHost(address, next_site, draw, scenario);
      plan.servers.push_back(
          {address, ZonesOfName(zone, server), server.before_move, server.after_move});
      Site& site = scenario.world.sites[scenario.world.hosts[address].front().site];
      auto& zones = site.zones;
      const bool served = !zones.empty() && zones.back().front().zone->apex == zone.apex;
      if (served) continue;
      zones.push_back(HistoryAt(server, history));
      if (server.after_move) continue;
      site.leave_time = scenario.move_time;
      site.leave_manner = kLeaving[draw.Below(kLeaving.size())];
    }
    ++next_site;
  }
}

}  // namespace

DnsName Name(const std::string& text) { return *DnsName::Parse(text); }

std::vector<ZoneBlueprint> DrawZones(const FaultSet& faults, bool own_challenge_zone, Draw& draw) {
  Planner planner(draw);
  std::vector<ZoneBlueprint> zones;
  zones.push_back(planner.NewZone(".", 1, "root.net", 2));
  zones.push_back(planner.NewZone("test", draw.Between(1, 2), "nic.test"));
  zones.push_back(planner.NewZone("net", draw.Between(1, 2), "nic.net"));
  const int servers = draw.Chance(0.7) ? 2 : draw.Between(1, 6);
  zones.push_back(planner.NewZone("shop.test", servers, "shop.test"));
  AddOddServers(faults, planner, draw, zones.back());
  if (Has(faults, Fault::kMovedZone)) Move(planner, draw, zones.back());
  zones.push_back(planner.NewZone("dcv.net", draw.Between(1, 3), "dcv.net", 2));
  zones.push_back(planner.NewZone("host.net", draw.Between(1, 2), "host.net"));
  if (own_challenge_zone) {
    ZoneBlueprint challenge{.apex = Name("_acme-challenge.www.shop.test"),
                            .nameservers = zones[kDcv].nameservers};
    zones.push_back(std::move(challenge));
  }
  return zones;
}

void Build(const std::vector<ZoneBlueprint>& zones, absl::Time change_time, Draw& draw,
           Scenario& scenario) {
  const int minimum = draw.Between(1, 600);
  std::size_t next_site = 0;
  for (std::size_t i = 0; i < zones.size(); ++i) {
    const ZoneBlueprint& zone = zones[i];
    const std::vector<Record> structure = StructureOf(zones, i, /*moved=*/false);
    const auto before = MakeVersion(zone.apex, 1, structure, zone.before, minimum);
    const auto after = MakeVersion(zone.apex, 2, structure, zone.after, minimum);
    History history = {{absl::InfinitePast(), before}, {change_time, after}};
    if (scenario.Has(Fault::kMovedZone) && (i == kTest || i == kShop)) {
      const bool copied = i == kTest || draw.Chance(0.6);  // what is checked
      history.push_back(
          {scenario.move_time, MakeVersion(zone.apex, 3, StructureOf(zones, i, /*moved=*/true),
                                           copied ? zone.after : zone.before, minimum)});
    }
    AddServers(zone, history, next_site, draw, scenario);
  }
  for (const NameserverPlan& server : zones[kRoot].nameservers) {
    scenario.roots.nameservers.push_back({.name = server.name, .addresses = server.addresses});
  }
}

}  // namespace scenarios
