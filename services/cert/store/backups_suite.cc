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

TEST_F(BackupsSuite, AnOrderIsOpenFromNewOrderToFinalize) {
  InsertBoth();
  const auto is_open = [&](const std::string& ca) {
    bool open = false;
    EXPECT_THAT(store_->Read(kTenant,
                             [&](Transaction& transaction) {
                               const auto found = transaction.HasOpenOrder(Backup().id, ca);
                               open = found.ok() && *found;
                               return found.status();
                             }),
                IsOk());
    return open;
  };
  const auto change = [&](OrderState state, bool sent) {
    ASSERT_THAT(Write([&](Transaction& transaction) {
                  Order order = *transaction.GetOrder(SampleOrder("2").id);
                  order.progress.state = state;
                  order.new_order_sent = sent;
                  return transaction.UpdateOrder(order);
                }),
                IsOk());
  };
  EXPECT_TRUE(is_open("pebble"));
  EXPECT_FALSE(is_open("other"));
  change(OrderState::kClosing, true);
  EXPECT_TRUE(is_open("pebble"));
  change(OrderState::kWithdrawing, true);
  EXPECT_FALSE(is_open("pebble"));
  change(OrderState::kIntended, false);
  EXPECT_FALSE(is_open("pebble"));
}

}  // namespace
}  // namespace cert
