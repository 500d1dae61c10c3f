// The zones of a scenario before anything goes wrong in them, and the World made from them.
//
//   .  ─►  test ─► shop.test       the customer's; _acme-challenge.www may be a zone of its own
//      └►  net  ─► dcv.net         ours, where the CNAME of a delegated challenge leads
//              └─► host.net        where nameservers have their names
//
// Every zone has two versions, which differ in the records that are checked.

#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "scenarios/draw.h"
#include "scenarios/scenario.h"

namespace scenarios {

struct NameserverPlan {
  probe::DnsName name = {};
  std::vector<probe::IpAddress> addresses = {};
  std::vector<probe::IpAddress> glue_only = {};  // addresses that the parent alone names
  bool in_parent = true;
  bool in_child = true;
  bool before_move = true;
  bool after_move = true;
};

struct ZoneBlueprint {
  probe::DnsName apex = {};
  std::vector<NameserverPlan> nameservers = {};
  std::vector<probe::Record> before = {};  // of the checked records
  std::vector<probe::Record> after = {};
};

// In this order in Scenario::zones.
enum ZoneIndex : std::size_t { kRoot, kTest, kNet, kShop, kDcv, kHost, kChallenge };

probe::DnsName Name(const std::string& text);

// The zones with their nameservers; kChallenge only if `own_challenge_zone`. Nothing in them yet.
std::vector<ZoneBlueprint> DrawZones(const FaultSet& faults, bool own_challenge_zone, Draw& draw);

// Makes hosts, sites, plans and roots. Everywhere the zones change at `change_time`; the
// nameservers of the customer's zone at the scenario's `move_time`.
void Build(const std::vector<ZoneBlueprint>& zones, absl::Time change_time, Draw& draw,
           Scenario& scenario);

}  // namespace scenarios
