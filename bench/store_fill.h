// Fills a migrated database with certificates in force, as SQL by a superuser.

#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace bench {

// Tenants are "t0" to "t99"; certificate i is of tenant i % 100.
inline constexpr int kTenants = 100;

// Makes so many certificates, each with its domain, claim, completed order, issuance and renewal.
// Ids are as random as ours, so neighbours in time are none in an index. Nothing is due within a
// day.
absl::Status FillStore(const std::string& superuser_connection_string, int certificates);

// The first `count` certificates are due, at times of the last hour.
absl::Status MakeDue(const std::string& superuser_connection_string, int count);

// A certificate, as the API names it.
struct FilledCertificate {
  std::string tenant;
  std::string name;
};

// `count` certificates drawn at random from all, or all where there are fewer.
absl::StatusOr<std::vector<FilledCertificate>> SampleCertificates(
    const std::string& superuser_connection_string, int count);

}  // namespace bench
