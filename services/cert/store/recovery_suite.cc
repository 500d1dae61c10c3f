// What a restored backup is made into.

#include "cert/store/recovery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/status_matchers.h"
#include "cert/store/testing/postgres_fixture.h"
#include "cert/store/testing/samples.h"

namespace cert {
namespace {

using ::base::testing::IsOk;
using ::base::testing::StatusIs;
using ::cert::testing::kTenant;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class RecoverySuite : public testing::PostgresFixture {
 protected:
  void Write(absl::FunctionRef<absl::Status(Transaction&)> body) {
    ASSERT_THAT(store_->Write(kTenant, body), IsOk());
  }

  // A proved domain with its claim and an order at `state`.
  void InsertOrdering(OrderState state) {
    Write([&](Transaction& transaction) {
      Domain domain = testing::SampleDomain();
      domain.progress.state = DomainState::kActive;
      EXPECT_THAT(transaction.InsertDomain(domain), IsOk());
      EXPECT_THAT(transaction.InsertCertificate(testing::SampleCertificate()), IsOk());
      Order order = testing::SampleOrder();
      order.progress.state = state;
      order.new_order_sent = false;
      order.progress.due_time = transaction.now() + absl::Hours(5);
      EXPECT_THAT(transaction.InsertOrder(order), IsOk());
      EXPECT_THAT(transaction.InsertIssuance(testing::SampleIssuance()), IsOk());
      transaction.AppendEvent(testing::SampleEvent("before the backup"));
      return transaction
          .TakeClaim({.hostname = domain.hostname,
                      .tenant = kTenant,
                      .domain = domain.id,
                      .prove_time = transaction.now()})
          .status();
    });
  }

  Recovery::Result Recover(const std::vector<std::string>& key_ids = {"kek1"}) {
    auto result = Recovery(*pool_).RecoverTenant(kTenant, key_ids);
    EXPECT_THAT(result, IsOk());
    return *std::move(result);
  }
};

TEST_F(RecoverySuite, EveryCursorFromBeforeIsOutOfRange) {
  InsertOrdering(OrderState::kPropagating);
  const EventCursor before = *events_->Head(kTenant);
  Recover();
  EXPECT_THAT(events_->ReadEvents(kTenant, before, 10), StatusIs(absl::StatusCode::kOutOfRange));
  const EventCursor head = *events_->Head(kTenant);
  EXPECT_NE(head.epoch, before.epoch);
  EXPECT_EQ(events_->ReadEvents(kTenant, {.epoch = head.epoch, .number = 0}, 10)->size(), 1);
}

TEST_F(RecoverySuite, OpenOrdersAreDueAndLookForALostNewOrder) {
  InsertOrdering(OrderState::kIntended);
  const Recovery::Result result = Recover();
  EXPECT_EQ(result.orders, 1);
  EXPECT_EQ(Query("SELECT due_time <= padlock.padlock_now() FROM padlock.work "
                  "WHERE kind = 'order'"),
            "t");
  EXPECT_EQ(Query("SELECT new_order_sent FROM padlock.orders"), "t");
}

TEST_F(RecoverySuite, ProvedDomainsAreToBeProvedAgainAndNoClaimIsHeld) {
  InsertOrdering(OrderState::kPropagating);
  EXPECT_EQ(Recover().domains, 1);
  EXPECT_EQ(Query("SELECT count(*) FROM padlock.claims"), "0");
  EXPECT_EQ(Query("SELECT state || ' ' || tries || ' ' || (due_time <= padlock.padlock_now()) "
                  "FROM padlock.work WHERE kind = 'domain'"),
            "PENDING 0 true");
}

TEST_F(RecoverySuite, NobodyHoldsALeaseFromBefore) {
  InsertOrdering(OrderState::kPropagating);
  ASSERT_THAT(queue_->ClaimDue({.limit = 10, .lease = absl::Seconds(30)}), IsOk());
  Recover();
  EXPECT_EQ(Query("SELECT count(*) FROM padlock.work WHERE lease_token IS NOT NULL"), "0");
}

TEST_F(RecoverySuite, WhatIsSealedUnderAKeyThatIsNotThereIsListed) {
  InsertOrdering(OrderState::kPropagating);
  EXPECT_THAT(Recover({"kek1"}).keyless, IsEmpty());
  EXPECT_THAT(Recover({"other"}).keyless,
              ElementsAre("tenants/acme/certificates/crt_1/issuances/iss_1",
                          "tenants/acme/certificates/crt_1/orders/ord_1"));
}

TEST_F(RecoverySuite, OrdersThatNobodyKnowsAreTold) {
  InsertOrdering(OrderState::kPropagating);
  const auto unknown = Recovery(*pool_).UnknownOrderUrls(
      {testing::SampleOrder().order_url, "https://ca.test/order/later"});
  ASSERT_THAT(unknown, IsOk());
  EXPECT_THAT(*unknown, ElementsAre("https://ca.test/order/later"));
}

}  // namespace
}  // namespace cert
