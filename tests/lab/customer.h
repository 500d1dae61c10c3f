// A customer at work on the zone: adds and removes records as somebody with an account at a DNS
// host would, on both nameservers or, when something went wrong there, on one only.

#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lab/dns_update.h"

namespace lab {

struct Record {
  std::string name;   // absolute, with or without the final dot
  std::string type;   // "TXT", "CNAME", ...
  std::string value;  // as in a zone file; of a TXT its text without quotes
  int ttl_seconds = 5;
};

enum class Nameservers { kBoth, kFirst, kSecond };

// Not thread-safe.
class Customer {
 public:
  // At the two nameservers with these addresses; the key may update the zone.
  Customer(std::vector<std::string> servers, TsigKey key, std::string zone);

  // What another program needs to work on zones as this customer does, kept in a file.
  absl::Status Save(const std::string& path) const;
  static absl::StatusOr<Customer> Load(const std::string& path, std::string zone);

  // The record is served when this returns. FAILED_PRECONDITION when the server takes the update
  // but not the record, as for a TXT beside a CNAME (RFC 2136, 3.4.2.2).
  absl::Status Add(const Record& record, Nameservers where = Nameservers::kBoth);
  absl::Status Remove(const Record& record, Nameservers where = Nameservers::kBoth);
  // Whatever is at that name, of every type.
  absl::Status Clear(const std::string& name, Nameservers where = Nameservers::kBoth);

  const std::string& zone() const { return zone_; }

 private:
  absl::Status Update(const std::string& line, Nameservers where);
  std::vector<std::string> Servers(Nameservers where) const;

  const std::vector<std::string> servers_;
  const TsigKey key_;
  const std::string zone_;
};

}  // namespace lab
