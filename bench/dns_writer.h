// Adds records by RFC 2136, for the benchmarks' customers and for the load generator: in this
// process, because a program started for each record would be what is measured.

#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "cert/publication/dns_connection.h"
#include "lab/dns_update.h"

namespace bench {

// Immutable.
class DnsWriter {
 public:
  // `key` may update `zone` at the servers, which listen on lab::kDnsPort.
  DnsWriter(const std::vector<std::string>& servers, std::string zone, lab::TsigKey key);

  // Lines of a zone file, with absolute names, in one message to each server. They are served when
  // this returns.
  absl::Status Add(const std::vector<std::string>& records) const;

 private:
  std::vector<cert::DnsServer> servers_;
  const std::string zone_;
  const lab::TsigKey key_;
};

}  // namespace bench
