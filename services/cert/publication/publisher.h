// Our TXT records in the delegation zone: the canaries and ACME tokens that customers' CNAMEs point
// to. dns_update_publisher.h does it by RFC 2136.

#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/deadline.h"

namespace cert {

struct TxtRecord {
  std::string name;   // below the delegation zone, without the trailing dot
  std::string value;  // one character-string, at most 255 octets

  bool operator==(const TxtRecord&) const = default;
  auto operator<=>(const TxtRecord&) const = default;
};

// Thread-safe. Both calls may be repeated freely: they add and remove by value, and never touch a
// value that they were not given.
//
// Errors:
//   INVALID_ARGUMENT     a name outside the zone, or a value that is too long.
//   PERMISSION_DENIED    the server refused the key or the update (NOTAUTH, REFUSED).
//   FAILED_PRECONDITION  a CNAME stands at a name; repeating helps only once it is removed.
//   UNAVAILABLE          no server took the change, or one that answers does not show it yet.
//   DEADLINE_EXCEEDED    the change may have been made; repeat.
class Publisher {
 public:
  virtual ~Publisher() = default;

  // OK once every server of the zone that answers, and at least one, shows every value.
  virtual absl::Status Publish(const std::vector<TxtRecord>& records, base::Deadline deadline) = 0;

  // OK once the values are gone from every server of the zone that answers, and at least one.
  virtual absl::Status Withdraw(const std::vector<TxtRecord>& records, base::Deadline deadline) = 0;
};

}  // namespace cert
