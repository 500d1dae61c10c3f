// Names in our own zones are refused before anything is asked of the database.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "base/testing/status_matchers.h"
#include "cert/app/domains.h"
#include "cert/app/shared_certificates.h"

namespace cert {
namespace {

using ::base::testing::StatusIs;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// Has been asked, whatever for.
class ReachedStore final : public Store {
 public:
  absl::Status Read(const TenantId& /*tenant*/, Body /*body*/) override { return Reached(); }
  absl::Status Write(const TenantId& /*tenant*/, Body /*body*/) override { return Reached(); }
  absl::Status Checkpoint(const Lease& /*lease*/, Body /*body*/) override { return Reached(); }
  absl::Status Finish(const Lease& /*lease*/, Body /*body*/) override { return Reached(); }

 private:
  static absl::Status Reached() { return absl::UnimplementedError("the store was asked"); }
};

const Caller kOperator{.identity = {.name = "spiffe://padlock/tenant/acme/operator",
                                    .tenant = "acme",
                                    .perspective = "",
                                    .roles = {transport::Role::kOperator}},
                       .request_id = "req-1"};

class ReservedZonesTest : public ::testing::Test {
 protected:
  absl::Status AddDomain(const std::string& hostname) {
    return domains_.Create(kOperator, {.parent = "tenants/acme", .hostname = hostname}).status();
  }
  absl::Status Order(const std::vector<std::string>& names) {
    return certificates_.Create(kOperator, {.parent = "tenants/acme", .names = names}).status();
  }

  ReachedStore store_;
  Domains domains_{
      store_,
      base::SystemRandom(),
      {.delegation_zone = "dcv.padlock.example", .reserved_zones = {"edge.padlock.example"}}};
  SharedCertificates certificates_{
      store_,
      base::SystemRandom(),
      {.delegation_zone = "dcv.padlock.example", .reserved_zones = {"edge.padlock.example"}}};
};

TEST_F(ReservedZonesTest, NoDomainLiesInside) {
  for (const char* hostname : {"edge.padlock.example", "shop.edge.padlock.example",
                               "Shop.EDGE.padlock.example.", "a.dcv.padlock.example"}) {
    const absl::Status status = AddDomain(hostname);
    EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument));
    EXPECT_THAT(std::string(status.message()), StartsWith("domain.hostname: ")) << hostname;
  }
  EXPECT_THAT(std::string(AddDomain("shop.edge.padlock.example").message()),
              HasSubstr("edge.padlock.example"));
}

TEST_F(ReservedZonesTest, NoNameOfACertificateLiesInside) {
  for (const char* name : {"shop.edge.padlock.example", "*.edge.padlock.example"}) {
    const absl::Status status = Order({"shop.example.com", name});
    EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument));
    EXPECT_THAT(std::string(status.message()), StartsWith("names[1]: ")) << name;
  }
}

TEST_F(ReservedZonesTest, OtherNamesMayBeAdded) {
  for (const char* hostname : {"padlock.example", "myedge.padlock.example", "edge.example.com"}) {
    EXPECT_THAT(AddDomain(hostname), StatusIs(absl::StatusCode::kUnimplemented)) << hostname;
  }
  EXPECT_THAT(Order({"shop.example.com", "*.padlock.example"}),
              StatusIs(absl::StatusCode::kUnimplemented));
}

}  // namespace
}  // namespace cert
