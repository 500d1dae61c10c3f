// Backups as rows: marked, not listed, and handing over what was issued for them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/status_matchers.h"
#include "cert/store/testing/postgres_fixture.h"
#include "cert/store/testing/samples.h"

namespace cert {
namespace {

using ::base::testing::IsOk;
using ::base::testing::IsOkAndHolds;
using ::base::testing::StatusIs;
using ::testing::ElementsAre;
using namespace ::cert::testing;  // NOLINT: samples

class BackupsSuite : public PostgresFixture {
 protected:
  absl::Status Write(Store::Body body) { return store_->Write(kTenant, body); }

  static Certificate First() {
    Certificate first = SampleCertificate("1");
    first.settings.backup = true;
    return first;
  }
  static Certificate Backup() {
    Certificate backup = SampleCertificate("2");
    backup.domain = DomainId();
    backup.domains = {DomainId("dom_1")};
    backup.backup_of = First().id;
    backup.avoided_ca = "first";
    return backup;
  }

  void InsertBoth() {
    ASSERT_THAT(Write([](Transaction& transaction) {
                  EXPECT_THAT(transaction.InsertDomain(SampleDomain()), IsOk());
                  EXPECT_THAT(transaction.InsertCertificate(First()), IsOk());
                  EXPECT_THAT(transaction.InsertCertificate(Backup()), IsOk());
                  Order order = SampleOrder("2");
                  order.certificate = Backup().id;
                  EXPECT_THAT(transaction.InsertOrder(order), IsOk());
                  return transaction.InsertIssuance(SampleIssuance("2"));
                }),
                IsOk());
  }
};

TEST_F(BackupsSuite, ComeBackAsTheyWereStoredButNotInLists) {
  InsertBoth();
  Certificate first = First();
  first.backup = Backup().id;
  first.backup_use_time = kThen;
  first.avoids_http = true;
  Certificate backup = Backup();
  backup.avoided_ca = "second";
  ASSERT_THAT(Write([&](Transaction& transaction) {
                EXPECT_THAT(transaction.UpdateCertificate(backup), IsOk());
                return transaction.UpdateCertificate(first);
              }),
              IsOk());
  EXPECT_THAT(store_->Read(kTenant,
                           [&](Transaction& transaction) {
                             EXPECT_THAT(transaction.GetCertificate(first.id), IsOkAndHolds(first));
                             EXPECT_THAT(transaction.GetCertificate(backup.id),
                                         IsOkAndHolds(backup));
                             EXPECT_THAT(transaction.ListCertificates(std::nullopt, "", 10),
                                         IsOkAndHolds(ElementsAre(first)));
                             EXPECT_THAT(transaction.ListCertificatesSharing(DomainId("dom_1")),
                                         IsOkAndHolds(ElementsAre(backup.id)));
                             return absl::OkStatus();
                           }),
              IsOk());
}

TEST_F(BackupsSuite, HandOverTheirIssuance) {
  InsertBoth();
  const IssuanceId id = SampleIssuance("2").id;
  ASSERT_THAT(Write([&](Transaction& transaction) { return transaction.HandOver(id, First().id); }),
              IsOk());
  EXPECT_THAT(store_->Read(kTenant,
                           [&](Transaction& transaction) {
                             Issuance expected = SampleIssuance("2");
                             expected.certificate = First().id;
                             EXPECT_THAT(transaction.GetIssuance(id), IsOkAndHolds(expected));
                             return absl::OkStatus();
                           }),
              IsOk());
  EXPECT_THAT(
      store_->Write(kOtherTenant,
                    [&](Transaction& transaction) { return transaction.HandOver(id, First().id); }),
      StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(BackupsSuite, AnOrderHasATwinFromNewOrderToFinalize) {
  InsertBoth();
  Order other = SampleOrder("2");
  other.id = OrderId("other");
  std::vector<std::string> names{"another.example.com"};
  const auto is_open = [&](const std::string& ca) {
    bool open = false;
    other.ca = ca;
    EXPECT_THAT(store_->Read(kTenant,
                             [&](Transaction& transaction) {
                               const auto found = transaction.HasTwinOrder(other);
                               open = found.ok() && *found;
                               return found.status();
                             }),
                IsOk());
    return open;
  };
  const auto change = [&](OrderState state, bool sent, bool finalized) {
    ASSERT_THAT(Write([&](Transaction& transaction) {
                  Order order = *transaction.GetOrder(SampleOrder("2").id);
                  order.progress.state = state;
                  order.new_order_sent = sent;
                  order.finalize_sent = finalized;
                  return transaction.UpdateOrder(order);
                }),
                IsOk());
  };
  change(OrderState::kPropagating, true, false);
  EXPECT_TRUE(is_open("pebble"));
  EXPECT_FALSE(is_open("other"));
  std::swap(other.names, names);
  EXPECT_FALSE(is_open("pebble"));
  std::swap(other.names, names);
  change(OrderState::kFinalizing, true, true);
  EXPECT_TRUE(is_open("pebble"));  // it may not have come to the CA yet
  change(OrderState::kClosing, true, false);
  EXPECT_TRUE(is_open("pebble"));
  change(OrderState::kWithdrawing, true, false);
  EXPECT_FALSE(is_open("pebble"));
  change(OrderState::kIntended, false, false);
  EXPECT_FALSE(is_open("pebble"));
}

// An order at the CA that an order of ours has, which is over.
TEST_F(BackupsSuite, AUrlIsReleasedByAnOrderThatIsOver) {
  InsertBoth();
  const std::string url = SampleOrder("2").order_url;
  const auto release = [&](const TenantId& tenant) {
    bool released = false;
    EXPECT_THAT(store_->Write(tenant,
                              [&](Transaction& transaction) {
                                const auto done = transaction.ReleaseOrderUrl(url);
                                released = done.ok() && *done;
                                return done.status();
                              }),
                IsOk());
    return released;
  };
  EXPECT_FALSE(release(kTenant));
  ASSERT_THAT(Write([&](Transaction& transaction) {
                Order order = *transaction.GetOrder(SampleOrder("2").id);
                order.progress.state = OrderState::kFailed;
                order.progress.due_time = absl::InfiniteFuture();
                return transaction.UpdateOrder(order);
              }),
              IsOk());
  EXPECT_FALSE(release(kOtherTenant));
  EXPECT_TRUE(release(kTenant));
  EXPECT_FALSE(release(kTenant));
}

}  // namespace
}  // namespace cert
