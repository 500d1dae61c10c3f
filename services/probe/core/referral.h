// What an answer means for a walk that looks for the zone holding a name: a referral further down,
// the end of the walk, or nothing usable (RFC 1034, 5.3.3).

#pragma once

#include <cstddef>
#include <optional>
#include <variant>
#include <vector>

#include "probe/core/dns_message.h"
#include "probe/core/zone.h"

namespace probe {

inline constexpr std::size_t kMaxNameservers = 16;  // of one zone
inline constexpr std::size_t kMaxAddressesPerNameserver = 4;

// The server knows a zone below, on the way to the name. Addresses are those that came along and
// that the answering zone may speak of (glue); there may be none.
struct Referral {
  Zone zone;
};

// The server speaks for the zone that holds the asked name.
struct Authority {
  std::optional<DnsName> apex;  // when the answer shows it: by its SOA, or because it was asked
  bool is_alias = false;        // a CNAME stands at the asked name, or a DNAME above it
  std::vector<Record> answers;  // records of the asked name and type
};

// Lame, upward, refused or failed: ask the next server.
struct Useless {};

using StepAnswer = std::variant<Referral, Authority, Useless>;

// `zone`: the one for which the answering server was found. `message` may be null: no answer.
StepAnswer ReadStep(const Message* message, const Question& question, const DnsName& zone);

// Adds an address unless it is there already or there are enough; IPv4 stays first.
void AddAddress(Nameserver& nameserver, const IpAddress& address);

}  // namespace probe
