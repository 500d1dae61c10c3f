#include "probe/core/alias.h"

#include <variant>

namespace probe {

std::optional<AliasRecord> FindAlias(const std::vector<Record>& answers, const DnsName& owner,
                                     const DnsName& zone) {
  std::optional<AliasRecord> alias;
  for (const Record& record : answers) {
    const auto* target = std::get_if<DnsName>(&record.data);
    if (target == nullptr || !record.owner.IsSubdomainOf(zone)) continue;
    if (record.type == RrType::kDname && record.owner != owner &&
        owner.IsSubdomainOf(record.owner)) {
      return AliasRecord{.target = owner.Moved(record.owner, *target), .ttl = record.ttl};
    }
    if (record.type == RrType::kCname && record.owner == owner && !alias) {
      alias = AliasRecord{.target = *target, .ttl = record.ttl};
    }
  }
  return alias;
}

}  // namespace probe
