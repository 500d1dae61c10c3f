#include "probe/core/referral.h"

#include <algorithm>

#include "probe/core/alias.h"

namespace probe {
namespace {

// The cut that a referral of a server of `zone` names: below the zone, on the way to the name.
std::optional<DnsName> FindCut(const Message& message, const Question& question,
                               const DnsName& zone) {
  for (const Record& record : message.authority) {
    if (record.type != RrType::kNs || record.owner == zone) continue;
    if (!record.owner.IsSubdomainOf(zone)) continue;
    if (question.name.IsSubdomainOf(record.owner)) return record.owner;
  }
  return std::nullopt;
}

void AddGlue(const Message& message, const DnsName& bailiwick, Zone& zone) {
  for (const Record& record : message.additional) {
    const auto* address = std::get_if<IpAddress>(&record.data);
    if (address == nullptr || !record.owner.IsSubdomainOf(bailiwick)) continue;
    for (Nameserver& nameserver : zone.nameservers) {
      if (nameserver.name != record.owner) continue;
      AddAddress(nameserver, *address);
      zone.ttl = std::min(zone.ttl, record.ttl);
    }
  }
}

Referral ReadReferral(const Message& message, const DnsName& cut, const DnsName& asked_zone) {
  Zone zone{.name = cut, .ttl = absl::InfiniteDuration()};
  for (const Record& record : message.authority) {
    if (record.type != RrType::kNs || record.owner != cut) continue;
    if (zone.nameservers.size() == kMaxNameservers) break;
    zone.nameservers.push_back({.name = std::get<DnsName>(record.data)});
    zone.ttl = std::min(zone.ttl, record.ttl);
  }
  AddGlue(message, asked_zone, zone);
  return {.zone = std::move(zone)};
}

bool HasType(const std::vector<Record>& records, RrType type) {
  return std::ranges::any_of(records, [type](const Record& r) { return r.type == type; });
}

Authority ReadAuthority(const Message& message, const Question& question, const DnsName& zone) {
  Authority authority;
  authority.is_alias = message.rcode == kRcodeYxDomain ||
                       FindAlias(message.answers, question.name, zone).has_value();
  for (const Record& record : message.answers) {
    if (record.owner == question.name && record.type == question.type) {
      authority.answers.push_back(record);
    }
  }
  // NS is asked for in order to find zones: an authoritative answer is the zone's own.
  if (question.type == RrType::kNs && !authority.answers.empty()) authority.apex = question.name;
  if (authority.is_alias) return authority;
  for (const Record& record : message.authority) {
    if (record.type == RrType::kSoa && question.name.IsSubdomainOf(record.owner)) {
      authority.apex = record.owner;
    }
  }
  return authority;
}

}  // namespace

StepAnswer ReadStep(const Message* message, const Question& question, const DnsName& zone) {
  if (message == nullptr || message->truncated) return Useless{};
  const bool answered = message->rcode == kRcodeNoError || message->rcode == kRcodeNameError ||
                        message->rcode == kRcodeYxDomain;
  if (!answered) return Useless{};
  if (message->answers.empty() && !HasType(message->authority, RrType::kSoa)) {
    const std::optional<DnsName> cut = FindCut(*message, question, zone);
    if (cut) return ReadReferral(*message, *cut, zone);
  }
  if (!message->authoritative) return Useless{};
  Authority authority = ReadAuthority(*message, question, zone);
  // A server may also speak for a zone below, but never for one above the zone it was found for.
  if (authority.apex && !authority.apex->IsSubdomainOf(zone)) return Useless{};
  return authority;
}

void AddAddress(Nameserver& nameserver, const IpAddress& address) {
  auto& addresses = nameserver.addresses;
  if (addresses.size() == kMaxAddressesPerNameserver) return;
  if (std::ranges::find(addresses, address) != addresses.end()) return;
  const auto place = std::ranges::find_if(
      addresses, [&](const IpAddress& other) { return other.is_v6() && !address.is_v6(); });
  addresses.insert(place, address);
}

}  // namespace probe
