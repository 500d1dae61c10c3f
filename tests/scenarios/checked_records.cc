#include "scenarios/checked_records.h"

#include <array>
#include <utility>

#include "absl/strings/str_format.h"
#include "probe/core/reading.h"

namespace scenarios {
namespace {

using probe::DnsName;
using probe::Record;
using probe::RrType;

constexpr absl::Duration kTtl = absl::Minutes(1);

enum class Wrong { kAbsent, kNoData, kBelow, kOther, kAliasElsewhere };

Record Text(const DnsName& owner, const std::string& value) {
  return {owner, RrType::kTxt, kTtl, value};
}
Record Alias(const DnsName& owner, const DnsName& target) {
  return {owner, RrType::kCname, kTtl, target};
}

std::vector<Record> RightLink(const Chain& chain, std::size_t link) {
  if (link == chain.dname_link) {
    const DnsName target = chain.names[link + 1].Parent();
    return {{chain.names[link].Parent(), RrType::kDname, kTtl, target}};
  }
  if (link + 1 < chain.names.size()) return {Alias(chain.names[link], chain.names[link + 1])};
  std::vector<Record> records;
  for (const std::string& value : chain.values) {
    records.push_back(Text(chain.names[link], value));
  }
  return records;
}

std::vector<Record> WrongLink(const DnsName& owner, bool is_apex, Wrong wrong) {
  switch (wrong) {
    case Wrong::kAbsent:
      break;
    case Wrong::kNoData:
      return {{owner, RrType::kCaa, kTtl, probe::CaaData{.tag = "issue", .value = "ca.test"}}};
    case Wrong::kBelow:
      return {Text(*DnsName::FromWire(std::string("\5below").append(owner.wire())), "below")};
    case Wrong::kOther:
      return {Text(owner, "something-else")};
    case Wrong::kAliasElsewhere:
      if (!is_apex) return {Alias(owner, Name("nothing.here.host.net"))};
      break;
  }
  return {};
}

ZoneBlueprint& HolderOf(const DnsName& name, std::vector<ZoneBlueprint>& zones) {
  ZoneBlueprint* holder = &zones.front();
  for (ZoneBlueprint& zone : zones) {
    if (name.IsSubdomainOf(zone.apex) && zone.apex.IsSubdomainOf(holder->apex)) holder = &zone;
  }
  return *holder;
}

void AddVersion(const Chain& chain, bool right, Draw& draw, std::vector<ZoneBlueprint>& zones,
                std::vector<Record> ZoneBlueprint::*version) {
  // In a loop the last name repeats an earlier one, which has its record already.
  const std::size_t links = chain.names.size() - (chain.endless ? 1 : 0);
  const std::size_t wrong_link = right ? links : draw.Below(links);
  for (std::size_t link = 0; link < links; ++link) {
    const DnsName& owner = chain.names[link];
    ZoneBlueprint& zone = HolderOf(owner, zones);
    const auto wrong = static_cast<Wrong>(draw.Below(5));
    const std::vector<Record> records =
        link == wrong_link ? WrongLink(owner, owner == zone.apex, wrong) : RightLink(chain, link);
    (zone.*version).insert((zone.*version).end(), records.begin(), records.end());
  }
}

}  // namespace

Chain DrawClaim() {
  return {.names = {Name("_padlock.www.shop.test")}, .values = {"padlock-verify=abc"}};
}

Chain DrawChallenge(const FaultSet& faults, bool own_zone, Draw& draw) {
  Chain chain{.names = {Name("_acme-challenge.www.shop.test")}};
  if (draw.Chance(0.2)) chain.values.push_back("token0");
  chain.values.push_back("token1");
  if (own_zone) return chain;
  const auto has = [&](Fault fault) { return faults.test(static_cast<std::size_t>(fault)); };
  constexpr std::array kHomes = {"shop.test", "dcv.net", "host.net"};
  const bool too_long = has(Fault::kLoop) && draw.Chance(0.3);
  const int links = too_long ? probe::kMaxAliases : has(Fault::kChain) ? draw.Between(1, 5) : 0;
  for (int i = 0; i < links; ++i) {
    chain.names.push_back(Name(absl::StrFormat("link%d.%s", i, kHomes[draw.Below(kHomes.size())])));
  }
  if (has(Fault::kDname)) {
    chain.dname_link = chain.names.size();
    const auto home = [&] { return kHomes[draw.Below(kHomes.size())]; };
    chain.names.push_back(Name(absl::StrFormat("link.moved.%s", home())));
    chain.names.push_back(Name(absl::StrFormat("link.moved-here.%s", home())));
  }
  chain.names.push_back(Name("www.shop.test.id1.dcv.net"));
  if (!has(Fault::kLoop)) return chain;
  chain.endless = true;
  chain.values.clear();
  chain.names.push_back(too_long ? Name("beyond.dcv.net") : DnsName(draw.Pick(chain.names)));
  return chain;
}

void AddRecords(const Chain& chain, const CheckedRecords& checked, Draw& draw,
                std::vector<ZoneBlueprint>& zones) {
  AddVersion(chain, checked.right_before, draw, zones, &ZoneBlueprint::before);
  AddVersion(chain, checked.right_after, draw, zones, &ZoneBlueprint::after);
}

void AddWildcards(Draw& draw, std::vector<ZoneBlueprint>& zones) {
  std::vector<Record> records = {Text(Name("*.dcv.net"), "from-a-wildcard")};
  records.push_back(draw.Chance(0.5) ? Text(Name("*.www.shop.test"), "from-a-wildcard")
                                     : Alias(Name("*.www.shop.test"), Name("wild.host.net")));
  for (const Record& record : records) {
    ZoneBlueprint& zone = HolderOf(record.owner, zones);
    zone.before.push_back(record);
    zone.after.push_back(record);
  }
}

Subject SubjectOf(const Chain& chain, bool cname, observation::Scope scope,
                  const Scenario& scenario) {
  const auto type = cname ? observation::RecordType::kCname : observation::RecordType::kTxt;
  Subject subject{.question = {.name = chain.names.front().ToString(),
                               .type = type,
                               .scope = scope,
                               .expected_values = chain.values},
                  .endless = chain.endless && !cname};
  if (cname) subject.question.expected_values = {chain.names[1].ToString()};
  if (chain.endless && !cname) subject.question.expected_values = {"token1"};
  const std::size_t links = chain.endless ? chain.names.size() - 1 : chain.names.size();
  for (std::size_t link = 0; link < (cname ? 1 : links); ++link) {
    Hop hop{.question = {chain.names[link], cname ? RrType::kCname : RrType::kTxt},
            .zone = ZoneOf(scenario, chain.names[link])};
    if (link + 1 < chain.names.size()) {
      hop.alias = chain.names[link + 1];
    } else {
      hop.values = chain.values;
    }
    subject.hops.push_back(std::move(hop));
  }
  return subject;
}

}  // namespace scenarios
