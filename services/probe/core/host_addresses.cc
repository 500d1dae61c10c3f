#include "probe/core/host_addresses.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"

namespace probe {
namespace {

using observation::Outcome;

bool IsNegative(const AddressGap& gap) {
  return gap.outcome == Outcome::kNoData || gap.outcome == Outcome::kNoSuchName;
}

absl::Duration NegativeTtl(const Message& message) {
  absl::Duration negative_ttl = absl::ZeroDuration();
  for (const Record& record : message.authority) {
    const auto* soa = std::get_if<SoaData>(&record.data);
    if (soa != nullptr) negative_ttl = std::min(record.ttl, soa->minimum);
  }
  return negative_ttl;
}

// The two types' gaps: one that hides addresses comes before 'there are none'.
std::optional<AddressGap> JoinGaps(const AddressAnswer& v6, const AddressAnswer& v4) {
  for (const AddressAnswer* answer : {&v6, &v4}) {
    if (answer->gap && !IsNegative(*answer->gap)) return answer->gap;
  }
  if (!v6.addresses.empty() || !v4.addresses.empty()) return std::nullopt;
  // NXDOMAIN is of the name, whatever was asked for.
  for (const AddressAnswer* answer : {&v6, &v4}) {
    if (answer->gap && answer->gap->outcome == Outcome::kNoSuchName) return answer->gap;
  }
  const auto ttl = [](const AddressAnswer& answer) {
    return answer.gap ? answer.gap->negative_ttl : absl::ZeroDuration();
  };
  return AddressGap{Outcome::kNoData, "the name has neither A nor AAAA records",
                    std::max(ttl(v6), ttl(v4))};
}

}  // namespace

std::optional<AddressAnswer> ReadAddresses(const Reply& reply, const Question& question) {
  if (reply.kind != Reply::Kind::kAnswered) return std::nullopt;
  const Message& message = reply.message;
  const bool usable = message.authoritative && !message.truncated &&
                      (message.rcode == kRcodeNoError || message.rcode == kRcodeNameError);
  if (!usable) return std::nullopt;
  AddressAnswer answer;
  for (const Record& record : message.answers) {
    if (record.owner != question.name) continue;
    if (record.type == question.type) {
      if (const auto* address = std::get_if<IpAddress>(&record.data)) {
        answer.addresses.push_back(*address);
      }
    } else if (record.type == RrType::kCname) {
      if (const auto* target = std::get_if<DnsName>(&record.data)) answer.alias = *target;
    }
  }
  if (!answer.addresses.empty()) answer.alias = std::nullopt;
  if (!answer.addresses.empty() || answer.alias) return answer;
  if (message.rcode == kRcodeNameError) {
    answer.gap = AddressGap{Outcome::kNoSuchName, "the name does not exist", NegativeTtl(message)};
  } else {
    answer.gap = AddressGap{Outcome::kNoData, "the name has no such records", NegativeTtl(message)};
  }
  return answer;
}

Outcome FailureOf(const Reply& reply) {
  switch (reply.kind) {
    case Reply::Kind::kTimeout:
      return Outcome::kTimeout;
    case Reply::Kind::kUnreachable:
      return Outcome::kUnreachable;
    case Reply::Kind::kMalformed:
      return Outcome::kMalformed;
    case Reply::Kind::kNotAsked:
      return Outcome::kNotAsked;
    case Reply::Kind::kAnswered:
      break;
  }
  const Message& message = reply.message;
  if (message.rcode == kRcodeRefused) return Outcome::kRefused;
  if (message.rcode != kRcodeNoError && message.rcode != kRcodeNameError) return Outcome::kServfail;
  return message.truncated ? Outcome::kTruncated : Outcome::kLame;
}

AddressAnswer JoinAddresses(AddressAnswer v6, AddressAnswer v4) {
  if (v6.alias || v4.alias) {
    // A type of which nothing is known contradicts nothing.
    const bool contradiction = (v6.alias && v4.alias && *v6.alias != *v4.alias) ||
                               (v6.alias.has_value() != v4.alias.has_value() &&
                                (!v6.addresses.empty() || !v4.addresses.empty()));
    if (!contradiction) return {.alias = v6.alias ? v6.alias : v4.alias};
    return {.gap =
                AddressGap{Outcome::kCnameInTheWay, "its nameservers do not agree about a CNAME"}};
  }
  AddressAnswer joined{.gap = JoinGaps(v6, v4)};
  joined.addresses = std::move(v6.addresses);
  joined.addresses.insert(joined.addresses.end(), v4.addresses.begin(), v4.addresses.end());
  if (joined.addresses.size() > kMaxHostAddresses) {
    joined.gap = AddressGap{Outcome::kNotAsked,
                            absl::StrFormat("of %d addresses only the first %d are asked",
                                            joined.addresses.size(), kMaxHostAddresses)};
    joined.addresses.resize(kMaxHostAddresses);
  }
  return joined;
}

}  // namespace probe
