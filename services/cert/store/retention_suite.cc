// What is dropped when its time is over, and what never is.

#include "cert/store/retention.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "base/status_macros.h"
#include "base/testing/status_matchers.h"
#include "cert/store/testing/postgres_fixture.h"
#include "cert/store/testing/samples.h"

namespace cert {
namespace {

using ::base::testing::IsOk;
using ::base::testing::StatusIs;
using ::cert::testing::kTenant;
using ::testing::HasSubstr;

constexpr absl::Duration kDay = absl::Hours(24);

class RetentionSuite : public testing::PostgresFixture {
 protected:
  void Append(int count) {
    for (int i = 0; i < count; ++i) {
      ASSERT_THAT(store_->Write(kTenant,
                                [](Transaction& transaction) {
                                  transaction.AppendEvent(testing::SampleEvent("event"));
                                  return absl::OkStatus();
                                }),
                  IsOk());
    }
  }

  std::int64_t DropAll(RetentionPolicy policy = {}) {
    Retention retention(*pool_, policy);
    std::int64_t total = 0;
    std::int64_t dropped = 1;
    while (dropped > 0) {
      const absl::StatusOr<std::int64_t> some = retention.DropSome(kTenant);
      EXPECT_THAT(some, IsOk());
      dropped = some.value_or(0);
      total += dropped;
    }
    return total;
  }

  // A domain with its certificate, a completed order and its issuance, which expires in 2023.
  void InsertIssued(CertificateState state, bool in_use) {
    ASSERT_THAT(store_->Write(kTenant,
                              [&](Transaction& transaction) {
                                return InsertIssuedIn(transaction, state, in_use);
                              }),
                IsOk());
  }

  static absl::Status InsertIssuedIn(Transaction& transaction, CertificateState state,
                                     bool in_use) {
    const bool deleted = state == CertificateState::kDeleted;
    Domain domain = testing::SampleDomain();
    if (deleted)
      domain.progress = {.state = DomainState::kDeleted, .start_time = transaction.now()};
    RETURN_IF_ERROR(transaction.InsertDomain(domain));
    Certificate certificate = testing::SampleCertificate();
    certificate.id = domain.certificate;
    certificate.order.reset();
    certificate.second_issuance.reset();
    if (!in_use) certificate.issuance = IssuanceId("iss_next");
    certificate.progress = {.state = state, .start_time = transaction.now()};
    if (!deleted) certificate.progress.due_time = transaction.now() + kDay;
    RETURN_IF_ERROR(transaction.InsertCertificate(certificate));
    Order order = testing::SampleOrder();
    order.certificate = certificate.id;
    order.progress = {.state = OrderState::kCompleted, .start_time = transaction.now()};
    RETURN_IF_ERROR(transaction.InsertOrder(order));
    RETURN_IF_ERROR(
        transaction.PutEvidence(order.id.text(), {.decision = "agreed", .answers = {}}).status());
    Issuance issuance = testing::SampleIssuance();
    issuance.certificate = certificate.id;
    return transaction.InsertIssuance(issuance);
  }

  std::string Rows() {
    return Query(R"(
SELECT concat_ws(' ', (SELECT count(*) FROM padlock.domains),
  (SELECT count(*) FROM padlock.certificates), (SELECT count(*) FROM padlock.orders),
  (SELECT count(*) FROM padlock.authorizations), (SELECT count(*) FROM padlock.order_urls),
  (SELECT count(*) FROM padlock.evidence), (SELECT count(*) FROM padlock.issuances),
  (SELECT count(*) FROM padlock.work)))");
  }
};

TEST_F(RetentionSuite, EventsPastTheirTimeGoAndAnOldCursorIsToldSo) {
  Append(3);
  AdvanceDatabaseClock(91 * kDay);
  Append(1);
  EXPECT_EQ(DropAll(), 3);
  const EventCursor head = *events_->Head(kTenant);
  EXPECT_EQ(head.number, 4);
  const absl::Status too_old = events_->ReadEvents(kTenant, {}, 10).status();
  EXPECT_THAT(too_old, StatusIs(absl::StatusCode::kOutOfRange));
  EXPECT_THAT(std::string(too_old.message()), HasSubstr("number 3"));
  EXPECT_EQ(events_->ReadEvents(kTenant, {.epoch = head.epoch, .number = 3}, 10)->size(), 1);
}

TEST_F(RetentionSuite, AllEventsMayGoAndNumbersGoOn) {
  Append(2);
  AdvanceDatabaseClock(91 * kDay);
  EXPECT_EQ(DropAll(), 2);
  const EventCursor head = *events_->Head(kTenant);
  EXPECT_EQ(head.number, 2);
  EXPECT_EQ(events_->ReadEvents(kTenant, head, 10)->size(), 0);
  Append(1);
  EXPECT_EQ(events_->ReadEvents(kTenant, head, 10)->front().cursor.number, 3);
}

TEST_F(RetentionSuite, TheOldestEventsBeyondTheCountGoEarlier) {
  Append(10);
  EXPECT_EQ(DropAll({.max_events = 4}), 6);
  EXPECT_EQ(Query("SELECT min(number) FROM padlock.events"), "7");
}

TEST_F(RetentionSuite, YoungEventsStay) {
  Append(3);
  AdvanceDatabaseClock(89 * kDay);
  EXPECT_EQ(DropAll(), 0);
}

TEST_F(RetentionSuite, SeveralReplicasLeaveNoHole) {
  Append(100);
  AdvanceDatabaseClock(91 * kDay);
  Append(5);
  {
    std::vector<std::jthread> replicas;
    for (int i = 0; i < 3; ++i) {
      replicas.emplace_back([&] { DropAll(); });
    }
  }
  EXPECT_EQ(Query("SELECT min(number) || ' ' || count(*) FROM padlock.events"), "101 5");
}

TEST_F(RetentionSuite, TheIssuanceInUseStaysHoweverOldAndSoDoesItsOrder) {
  InsertIssued(CertificateState::kActive, /*in_use=*/true);
  AdvanceDatabaseClock(1000 * kDay);
  EXPECT_EQ(DropAll(), 0);
  EXPECT_EQ(Rows(), "1 1 1 2 1 1 1 3");
}

TEST_F(RetentionSuite, ASupersededIssuanceGoesLongAfterItsEndWithItsOrder) {
  InsertIssued(CertificateState::kActive, /*in_use=*/false);
  EXPECT_GT(DropAll({.age = absl::Hours(24 * 365 * 50)}) + 1, 0);
  EXPECT_EQ(Rows(), "1 1 1 2 1 1 1 3");
  AdvanceDatabaseClock(91 * kDay);
  DropAll();
  EXPECT_EQ(Rows(), "1 1 0 0 0 0 0 2");
}

TEST_F(RetentionSuite, AnIssuanceThatHasNotExpiredLongAgoStaysEvenOfADeletedCertificate) {
  InsertIssued(CertificateState::kDeleted, /*in_use=*/true);
  AdvanceDatabaseClock(100 * kDay);
  Execute("UPDATE padlock.issuances SET not_after = padlock.padlock_now() - interval '80 days'");
  EXPECT_EQ(DropAll(), 0);
  EXPECT_EQ(Rows(), "1 1 1 2 1 1 1 3");
}

TEST_F(RetentionSuite, ADeletedDomainGoesWithEverythingOfIts) {
  InsertIssued(CertificateState::kDeleted, /*in_use=*/true);
  AdvanceDatabaseClock(80 * kDay);
  Execute("DELETE FROM padlock.events");
  DropAll();
  EXPECT_EQ(Query("SELECT count(*) FROM padlock.domains"), "1");
  AdvanceDatabaseClock(91 * kDay);
  DropAll();
  EXPECT_EQ(Rows(), "0 0 0 0 0 0 0 0");
}

}  // namespace
}  // namespace cert
