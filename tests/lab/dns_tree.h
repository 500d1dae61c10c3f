// The whole DNS of the lab, so that nameservers are found by walking from the root:
//
//   .                   .2        delegates test.
//   test.               .2        delegates, with glue:
//   shop.test, ...      .3  .4    the customers: two primaries, no transfer between them
//   padlock-dcv.test    .5  .6    the delegation zone: a primary and its secondary
//
// Customers' zones have an SOA minimum of 5 s, the delegation zone of 1 s: that is how long a
// resolver remembers a 'no'.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lab/knot.h"
#include "lab/stack.h"
#include "lab/unbound.h"

namespace lab {

inline constexpr char kDelegationZone[] = "padlock-dcv.test";

// Not thread-safe.
class DnsTree {
 public:
  struct Options {
    std::vector<std::string> customer_zones = {
        "shop.test",    "bakery.test",  "garden.test",  "museum.test",
        "library.test", "cinema.test",  "harbor.test",  "florist.test",
        "tailor.test",  "brewery.test", "gallery.test", "orchard.test",
    };
    // Without it nothing waits for Knot's NOTIFY, which is sent at full seconds.
    bool delegation_secondary = true;
  };

  // `stack` must outlive it.
  static absl::StatusOr<std::unique_ptr<DnsTree>> Start(const Stack& stack, Options options);

  Knot& root() { return *root_; }
  Knot& customer_first() { return *customer_first_; }
  Knot& customer_second() { return *customer_second_; }
  Knot& delegation_primary() { return *delegation_primary_; }
  // With Options::delegation_secondary.
  Knot& delegation_secondary() { return *delegation_secondary_; }

  // May update customers' zones, and the root and test.
  const TsigKey& customer_key() const { return customer_key_; }
  // May update TXT in the delegation zone.
  const TsigKey& delegation_key() const { return delegation_key_; }

  // Serves `zone`, a name directly below test., on both customers' servers and delegates it.
  // Resolvers need AddStub() as well.
  absl::Status AddCustomerZone(const std::string& zone);

  // Addresses of the delegation zone's servers, the primary first.
  std::vector<std::string> delegation_servers() const;

  const std::vector<std::string>& customer_zones() const { return customer_zones_; }
  std::vector<Stub> Stubs() const;
  Stub CustomerStub(const std::string& zone) const;

 private:
  DnsTree(const Stack& stack, Options options);

  absl::Status StartRoot();
  absl::Status StartCustomers();
  absl::Status StartDelegation();
  Zone CustomerZone(const std::string& zone) const;
  absl::Status StartDelegationSecondary();

  const Stack& stack_;
  const bool has_delegation_secondary_;
  const TsigKey customer_key_ = NewTsigKey("customer");
  const TsigKey delegation_key_ = NewTsigKey("padlock");
  const TsigKey transfer_key_ = NewTsigKey("transfer");
  std::vector<std::string> customer_zones_;
  std::unique_ptr<Knot> root_;
  std::unique_ptr<Knot> customer_first_;
  std::unique_ptr<Knot> customer_second_;
  std::unique_ptr<Knot> delegation_primary_;
  std::unique_ptr<Knot> delegation_secondary_;
};

}  // namespace lab
