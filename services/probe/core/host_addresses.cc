#include "probe/core/host_addresses.h"

#include <algorithm>
#include <array>
#include <utility>
#include <variant>

#include "absl/strings/str_format.h"
#include "probe/core/ask_order.h"

namespace probe {
namespace {

using observation::Observation;
using observation::Outcome;
using observation::Vote;

bool Told(const Reading& reading) { return reading.observation.vote != Vote::kCouldNotTell; }

std::array<const Reading*, 2> BothOf(const AddressReadings& server) {
  return {&server.v6, &server.v4};
}

bool HasAlias(const AddressReadings& server) {
  return server.v6.alias.has_value() || server.v4.alias.has_value();
}

template <typename T>
void AddOnce(const T& value, std::vector<T>& values) {
  if (std::ranges::find(values, value) == values.end()) values.push_back(value);
}

std::vector<DnsName> AliasesOf(const std::vector<AddressReadings>& servers) {
  std::vector<DnsName> aliases;
  for (const AddressReadings& server : servers) {
    for (const Reading* reading : BothOf(server)) {
      if (reading->alias) AddOnce(*reading->alias, aliases);
    }
  }
  return aliases;
}

std::vector<IpAddress> AddressesOf(const std::vector<AddressReadings>& servers) {
  std::vector<IpAddress> addresses;
  for (const auto type : {&AddressReadings::v6, &AddressReadings::v4}) {
    for (const AddressReadings& server : servers) {
      for (const Record::Data& data : (server.*type).records) {
        if (const auto* address = std::get_if<IpAddress>(&data)) AddOnce(*address, addresses);
      }
    }
  }
  return addresses;
}

// Of what did not tell the worst: one that answered could have told.
const Observation& Weaker(const Reading& a, const Reading& b) {
  if (Told(a) != Told(b)) return Told(a) ? b.observation : a.observation;
  return IsUnreached(a.observation) ? b.observation : a.observation;
}

// What a server without a CNAME says that others do not; `others_have`: an address, or a CNAME.
std::optional<Observation> DissentOf(const AddressReadings& server, bool others_have) {
  if (!Told(server.v6) || !Told(server.v4)) return Weaker(server.v6, server.v4);
  const bool has = server.v6.has_records || server.v4.has_records;
  if (has || !others_have) return std::nullopt;
  Observation dissent = server.v4.observation;
  if (dissent.note.empty()) {
    dissent.note = "this server has neither an address nor a CNAME here, and others of the zone do";
  }
  return dissent;
}

Observation ContraryAlias(const AddressReadings& server) {
  Observation dissent = (server.v6.alias ? server.v6 : server.v4).observation;
  dissent.note = "this server has a CNAME here, and others of the zone do not agree";
  return dissent;
}

// Nobody told of this type, so that addresses may be missing.
std::optional<AddressGap> UntoldGap(const std::vector<AddressReadings>& servers,
                                    Reading AddressReadings::*type) {
  const Observation* seen = nullptr;
  for (const AddressReadings& server : servers) {
    const Reading& reading = server.*type;
    if (Told(reading)) return std::nullopt;
    if (seen == nullptr || IsUnreached(*seen)) seen = &reading.observation;
  }
  return AddressGap{seen == nullptr ? Outcome::kNotAsked : seen->outcome,
                    absl::StrFormat("no nameserver told its %s records",
                                    type == &AddressReadings::v6 ? "AAAA" : "A")};
}

// Everybody who told says that there are none.
AddressGap NegativeGap(const std::vector<AddressReadings>& servers) {
  AddressGap gap{Outcome::kNoData, "the name has neither A nor AAAA records"};
  for (const AddressReadings& server : servers) {
    for (const Reading* reading : BothOf(server)) {
      gap.negative_ttl = std::max(gap.negative_ttl, reading->observation.negative_ttl);
      if (reading->observation.outcome != Outcome::kNoSuchName) continue;
      gap.outcome = Outcome::kNoSuchName;  // of the name, whatever was asked for
      gap.note = "the name does not exist";
    }
  }
  return gap;
}

std::optional<AddressGap> LoopAt(const DnsName& target, const std::vector<DnsName>& visited) {
  if (std::ranges::find(visited, target) != visited.end()) {
    return AddressGap{Outcome::kCnameLoop, "its CNAMEs are a loop"};
  }
  if (visited.size() <= kMaxAliases) return std::nullopt;
  return AddressGap{Outcome::kCnameLoop,
                    absl::StrFormat("it has more than %d CNAMEs in a row", kMaxAliases)};
}

void FindGap(const std::vector<AddressReadings>& servers, HostVerdict& verdict) {
  verdict.gap = UntoldGap(servers, &AddressReadings::v6);
  if (!verdict.gap) verdict.gap = UntoldGap(servers, &AddressReadings::v4);
  if (!verdict.gap && verdict.addresses.empty()) verdict.gap = NegativeGap(servers);
  if (verdict.addresses.size() <= kMaxHostAddresses) return;
  verdict.gap =
      AddressGap{Outcome::kNotAsked, absl::StrFormat("of %d addresses only the first %d are asked",
                                                     verdict.addresses.size(), kMaxHostAddresses)};
  verdict.addresses.resize(kMaxHostAddresses);
}

}  // namespace

HostVerdict JudgeHost(const std::vector<AddressReadings>& servers,
                      const std::vector<DnsName>& visited) {
  HostVerdict verdict{.addresses = AddressesOf(servers)};
  const std::vector<DnsName> aliases = AliasesOf(servers);
  const bool contrary = aliases.size() + (verdict.addresses.empty() ? 0 : 1) > 1;
  const bool some_have = !aliases.empty() || !verdict.addresses.empty();
  for (const AddressReadings& server : servers) {
    if (HasAlias(server)) {
      if (contrary) verdict.dissent.push_back(ContraryAlias(server));
    } else if (std::optional<Observation> dissent = DissentOf(server, some_have)) {
      verdict.dissent.push_back(*std::move(dissent));
    }
  }
  if (aliases.empty()) {
    FindGap(servers, verdict);
  } else if (contrary) {
    verdict.addresses.clear();
    verdict.gap = AddressGap{Outcome::kCnameInTheWay, "its nameservers do not agree about a CNAME"};
  } else if ((verdict.gap = LoopAt(aliases.front(), visited)); !verdict.gap) {
    verdict.follow = aliases.front();
  }
  return verdict;
}

}  // namespace probe
