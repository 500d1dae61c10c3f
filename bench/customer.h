// What a customer of the lab's service does, as the benchmarks have it.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/client.h"
#include "lab/lab.h"

namespace bench {

// Where the customers' hosts are.
inline constexpr char kCustomersZone[] = "shop.test";

// Of a customer with a zone of his own, by his number.
std::string ZoneOfOne(int customer);
// All zones for so many of those.
std::vector<std::string> CustomerZones(int customers);

// A connection of its own, as an operator of the tenant "bench".
absl::StatusOr<std::unique_ptr<cli::Client>> ConnectTo(lab::Lab& lab);

// The records that the domain's customer must create, as lines of a zone file.
std::vector<std::string> ZoneLines(const padlock::cert::v1::Domain& domain);

}  // namespace bench
