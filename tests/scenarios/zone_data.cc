#include "scenarios/zone_data.h"

#include <algorithm>
#include <optional>

namespace scenarios {
namespace {

using probe::DnsName;
using probe::Message;
using probe::Question;
using probe::Record;
using probe::RrType;

constexpr int kChased = 8;  // CNAMEs in one answer

// The zone below in which the name lies, if this one has given it away.
std::optional<DnsName> FindCut(const ZoneData& zone, const DnsName& name) {
  std::optional<DnsName> cut;
  for (const Record& record : zone.records) {
    if (record.type != RrType::kNs || record.owner == zone.apex) continue;
    if (!name.IsSubdomainOf(record.owner)) continue;
    if (!cut || cut->IsSubdomainOf(record.owner)) cut = record.owner;
  }
  return cut;
}

void AddGlue(const ZoneData& zone, Message& message) {
  for (const Record& server : message.authority) {
    for (const Record& record : zone.records) {
      const bool address = record.type == RrType::kA || record.type == RrType::kAaaa;
      if (address && record.owner == std::get<DnsName>(server.data)) {
        message.additional.push_back(record);
      }
    }
  }
}

Message Refer(const ZoneData& zone, const DnsName& cut) {
  Message message = EmptyResponse(probe::kRcodeNoError);
  for (const Record& record : zone.records) {
    if (record.type == RrType::kNs && record.owner == cut) message.authority.push_back(record);
  }
  AddGlue(zone, message);
  return message;
}

bool Exists(const ZoneData& zone, const DnsName& name) {
  return std::ranges::any_of(zone.records,
                             [&](const Record& r) { return r.owner.IsSubdomainOf(name); });
}

// "*.<closest encloser>", where the records are that stand for a name that does not exist.
std::optional<DnsName> WildcardFor(const ZoneData& zone, const DnsName& name) {
  DnsName encloser = name.Parent();
  while (encloser != zone.apex && !Exists(zone, encloser)) encloser = encloser.Parent();
  const std::optional<DnsName> wildcard =
      DnsName::FromWire(std::string("\1*").append(encloser.wire()));
  if (!wildcard || !Exists(zone, *wildcard)) return std::nullopt;
  return wildcard;
}

// What moves the name away with all others below its owner (RFC 6672).
const Record* FindDname(const ZoneData& zone, const DnsName& name) {
  const auto found = std::ranges::find_if(zone.records, [&](const Record& record) {
    return record.type == RrType::kDname && record.owner != name &&
           name.IsSubdomainOf(record.owner);
  });
  return found == zone.records.end() ? nullptr : &*found;
}

void AddRecords(const ZoneData& zone, const DnsName& source, const DnsName& owner, RrType type,
                Message& message) {
  if (type == RrType::kSoa && source == zone.apex) message.answers.push_back(SoaOf(zone));
  for (const Record& record : zone.records) {
    if (record.owner != source || record.type != type) continue;
    message.answers.push_back(record);
    message.answers.back().owner = owner;
  }
}

}  // namespace

Record SoaOf(const ZoneData& zone) {
  return {zone.apex, RrType::kSoa, zone.soa_ttl,
          probe::SoaData{.serial = zone.serial, .minimum = zone.minimum}};
}

Message EmptyResponse(int rcode) { return {.rcode = rcode}; }

Message Respond(const ZoneData& zone, const Question& question) {
  Message message = EmptyResponse(probe::kRcodeNoError);
  message.authoritative = true;
  DnsName name = question.name;
  for (int i = 0; i <= kChased; ++i) {
    if (const std::optional<DnsName> cut = FindCut(zone, name)) {
      return i == 0 ? Refer(zone, *cut) : message;
    }
    if (const Record* const dname = FindDname(zone, name)) {
      const auto target = name.Moved(dname->owner, std::get<DnsName>(dname->data));
      message.answers.push_back(*dname);
      if (!target) {
        message.rcode = probe::kRcodeYxDomain;
        return message;
      }
      message.answers.push_back({name, RrType::kCname, dname->ttl, *target});
      name = *target;
      if (question.type == RrType::kCname || !name.IsSubdomainOf(zone.apex)) break;
      continue;
    }
    const std::optional<DnsName> source =
        Exists(zone, name) || name == zone.apex ? name : WildcardFor(zone, name);
    if (!source) message.rcode = probe::kRcodeNameError;
    const std::size_t before = message.answers.size();
    if (source) AddRecords(zone, *source, name, question.type, message);
    if (message.answers.size() > before) return message;
    if (source) AddRecords(zone, *source, name, RrType::kCname, message);
    if (message.answers.size() == before) {
      message.authority.push_back(SoaOf(zone));
      return message;
    }
    name = std::get<DnsName>(message.answers.back().data);
    if (!name.IsSubdomainOf(zone.apex)) break;
  }
  return message;
}

}  // namespace scenarios
