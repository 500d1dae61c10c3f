// What is read without locks, and that steps and callers lock in the same order: two that do not
// would wait for each other for a second, each time.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <map>
#include <string>
#include <vector>

#include "base/testing/status_matchers.h"
#include "cert/store/testing/postgres_fixture.h"
#include "cert/store/testing/samples.h"

namespace cert {
namespace {

using ::base::testing::IsOk;
using ::base::testing::IsOkAndHolds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using namespace ::cert::testing;  // NOLINT: samples

class LocksSuite : public PostgresFixture {
 protected:
  void SetUp() override {
    PostgresFixture::SetUp();
    ASSERT_THAT(store_->Write(kTenant,
                              [](Transaction& transaction) -> absl::Status {
                                const absl::Status domain =
                                    transaction.InsertDomain(SampleDomain());
                                if (!domain.ok()) return domain;
                                const absl::Status certificate =
                                    transaction.InsertCertificate(SampleCertificate());
                                if (!certificate.ok()) return certificate;
                                return transaction.InsertOrder(SampleOrder());
                              }),
                IsOk());
  }

  Lease LeaseOf(WorkKind kind) {
    const absl::StatusOr<std::vector<Lease>> leases =
        queue_->ClaimDue({.limit = 10, .lease = absl::Seconds(30)});
    EXPECT_THAT(leases, IsOk());
    for (const Lease& lease : leases.value_or(std::vector<Lease>())) {
      if (lease.kind == kind) return lease;
    }
    ADD_FAILURE() << "no such row is due";
    return {};
  }
};

TEST_F(LocksSuite, FindsWhatGetFinds) {
  const Claim claim{.hostname = "www.shop.test",
                    .tenant = kTenant,
                    .domain = DomainId("dom_1"),
                    .prove_time = kThen};
  ASSERT_THAT(store_->Write(kTenant, [&](Transaction& it) { return it.TakeClaim(claim).status(); }),
              IsOk());
  EXPECT_THAT(store_->Read(
                  kTenant,
                  [&](Transaction& it) {
                    EXPECT_THAT(it.FindDomains({DomainId("x"), DomainId("dom_1")}),
                                IsOkAndHolds(ElementsAre(Pair(DomainId("dom_1"), SampleDomain()))));
                    EXPECT_THAT(it.FindOrders({OrderId("ord_1"), OrderId("x")}),
                                IsOkAndHolds(ElementsAre(Pair(OrderId("ord_1"), SampleOrder()))));
                    EXPECT_THAT(it.FindClaims({"www.shop.test", "x"}),
                                IsOkAndHolds(ElementsAre(Pair("www.shop.test", claim))));
                    EXPECT_THAT(it.FindDomains({}), IsOkAndHolds(IsEmpty()));
                    return absl::OkStatus();
                  }),
              IsOk());
}

// The certificate's step looks at its domain and order while their steps wait for the certificate.
TEST_F(LocksSuite, FindWaitsForNobody) {
  EXPECT_THAT(store_->Write(kTenant,
                            [&](Transaction& holder) {
                              EXPECT_THAT(holder.GetDomain(DomainId("dom_1")), IsOk());
                              EXPECT_THAT(holder.GetOrder(OrderId("ord_1")), IsOk());
                              return store_->Write(kTenant, [](Transaction& other) {
                                EXPECT_THAT(other.FindDomains({DomainId("dom_1")}), IsOk());
                                return other.FindOrders({OrderId("ord_1")}).status();
                              });
                            }),
              IsOk());
}

// A caller locks the certificate, then its order, while the order's step has begun and wants the
// certificate: it must not hold its own row yet.
TEST_F(LocksSuite, AStepLocksItsRowInItsTurn) {
  const Lease lease = LeaseOf(WorkKind::kOrder);
  std::promise<void> certificate_locked;
  std::promise<void> step_began;
  int caller_runs = 0;
  int step_runs = 0;
  std::future<absl::Status> caller = std::async(std::launch::async, [&] {
    return store_->Write(kTenant, [&](Transaction& it) {
      if (++caller_runs > 1) return absl::InternalError("was the victim of a deadlock");
      const absl::Status locked = it.GetCertificate(CertificateId("crt_1")).status();
      certificate_locked.set_value();
      step_began.get_future().wait();
      return locked.ok() ? it.GetOrder(OrderId("ord_1")).status() : locked;
    });
  });
  certificate_locked.get_future().wait();
  EXPECT_THAT(store_->Finish(lease,
                             [&](Transaction& it) {
                               if (++step_runs == 1) step_began.set_value();
                               const absl::Status locked =
                                   it.GetCertificate(CertificateId("crt_1")).status();
                               return locked.ok() ? it.UpdateOrder(SampleOrder()) : locked;
                             }),
              IsOk());
  EXPECT_THAT(caller.get(), IsOk());
  EXPECT_EQ(step_runs, 1);
}

}  // namespace
}  // namespace cert
