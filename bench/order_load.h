// Orders as they would be placed by customers, one after the other in each of several threads: with
// our service, and with ACME clients that do nothing but RFC 8555.

#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lab/lab.h"

namespace bench {

struct OrderLoad {
  int in_flight = 16;  // with more, Pebble deadlocks
  int orders = 0;      // in all
  std::string label;   // in the hosts' names: no host is ordered twice
  bool wildcard = false;
  // Ours: an earlier run with this label has onboarded the domains, and an order is one for another
  // certificate. The bare client's are always like that.
  bool onboarded = false;
};

struct OrderRun {
  double orders = 0;
  double seconds = 0;
  double cpu_seconds = 0;  // of the client: its processes, not PostgreSQL's, nor the servers'
  std::vector<absl::Duration> times = {};  // of each order

  double per_second() const { return orders / seconds; }
  double cpu_milliseconds() const { return cpu_seconds / orders * 1e3; }
};

// A bare load generator in this process: newOrder, one token, the challenge, finalize, download. It
// publishes straight into the delegation zone, believes its server, and looks every 10 ms.
absl::StatusOr<OrderRun> RunGenerator(lab::Lab& lab, const OrderLoad& load);

// The same by bench/peer, a program that shares no code with us. Without `times`.
absl::StatusOr<OrderRun> RunPeer(lab::Lab& lab, const OrderLoad& load);

// Domains of a tenant of the lab's service: each is created, gets its records, and is rechecked. An
// order's time begins when the records are there, or with the request for another certificate, and
// ends with the event of the issuance.
absl::StatusOr<OrderRun> RunPadlock(lab::Lab& lab, const OrderLoad& load);

}  // namespace bench
