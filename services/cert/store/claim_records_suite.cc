// Claims: exclusive among tenants, challenged, and taken over in one transaction.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status_macros.h"
#include "base/testing/status_matchers.h"
#include "cert/store/testing/postgres_fixture.h"
#include "cert/store/testing/samples.h"

namespace cert {
namespace {

using ::base::testing::IsOk;
using ::base::testing::IsOkAndHolds;
using ::base::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using namespace ::cert::testing;  // NOLINT: samples

class ClaimRecordsSuite : public PostgresFixture {
 protected:
  absl::Status Write(Store::Body body) { return store_->Write(kTenant, body); }

  // Reads and writes find the same.
  void Both(Store::Body body) {
    EXPECT_THAT(store_->Read(kTenant, body), IsOk());
    EXPECT_THAT(store_->Write(kTenant, body), IsOk());
  }
};

TEST_F(ClaimRecordsSuite, AClaimIsExclusiveAmongTenantsUntilReleased) {
  const Claim ours{"www.shop.test", kTenant, DomainId("dom_1"), kThen};
  const Claim theirs{"www.shop.test", kOtherTenant, DomainId("dom_9"), kThen};
  Claim renewed = ours;
  renewed.prove_time = kThen + absl::Hours(1);
  const auto take = [&](const Claim& claim) {
    absl::StatusOr<Claim> holder = absl::InternalError("not run");
    EXPECT_THAT(store_->Write(claim.tenant,
                              [&](Transaction& transaction) {
                                holder = transaction.TakeClaim(claim);
                                return holder.status();
                              }),
                IsOk());
    return holder;
  };
  EXPECT_THAT(take(ours), IsOkAndHolds(ours));
  EXPECT_THAT(take(theirs), IsOkAndHolds(ours));
  EXPECT_THAT(take(renewed), IsOkAndHolds(renewed));
  EXPECT_THAT(store_->Write(kOtherTenant,
                            [&](Transaction& transaction) {
                              return transaction.ReleaseClaim(ours.hostname, ours.domain);
                            }),
              IsOk());
  EXPECT_THAT(take(theirs), IsOkAndHolds(renewed));
  EXPECT_THAT(Write([&](Transaction& transaction) {
                return transaction.ReleaseClaim(ours.hostname, ours.domain);
              }),
              IsOk());
  EXPECT_THAT(take(theirs), IsOkAndHolds(theirs));
}

TEST_F(ClaimRecordsSuite, TheHolderIsToldOfAChallengeOnceAndAProofEndsIt) {
  const Claim ours{"www.shop.test", kTenant, DomainId("dom_1"), kThen};
  const auto held = [&] {
    std::optional<Claim> claim;
    EXPECT_THAT(Write([&](Transaction& t) {
                  claim = t.GetClaim(ours.hostname).value_or(std::nullopt);
                  return absl::OkStatus();
                }),
                IsOk());
    return claim.value_or(Claim{});
  };
  const auto note = [&] {
    EXPECT_THAT(
        store_->Write(kOtherTenant, [&](Transaction& t) { return t.NoteChallenge(ours.hostname); }),
        IsOk());
  };
  const auto take = [&] {
    EXPECT_THAT(Write([&](Transaction& t) { return t.TakeClaim(ours).status(); }), IsOk());
  };
  take();
  note();
  const std::optional<absl::Time> told = held().notice_time;
  ASSERT_TRUE(told.has_value());
  AdvanceDatabaseClock(absl::Hours(1));
  note();
  EXPECT_EQ(held().notice_time, told);
  take();
  EXPECT_EQ(held().notice_time, std::nullopt);
}

// The winner's transaction writes the loser's rows as the loser, and both tenants' events.
TEST_F(ClaimRecordsSuite, AClaimChangesHandsInOneTransaction) {
  const Domain lost = SampleDomain();
  const Claim ours{lost.hostname, kTenant, lost.id, kThen};
  ASSERT_THAT(Write([&](Transaction& t) {
                RETURN_IF_ERROR(t.InsertDomain(lost));
                return t.TakeClaim(ours).status();
              }),
              IsOk());
  const Claim theirs{lost.hostname, kOtherTenant, DomainId("dom_9"), kThen + absl::Hours(1)};
  const auto take_over = [&](const absl::Status& end) {
    return store_->Write(kOtherTenant, [&](Transaction& t) -> absl::Status {
      RETURN_IF_ERROR(t.TakeClaimOver(theirs));
      t.AppendEvent({.type = EventType::kClaimTaken, .domain = theirs.domain});
      RETURN_IF_ERROR(t.ActFor(kTenant, [&](Transaction& loser) -> absl::Status {
        ASSIGN_OR_RETURN(Domain domain, loser.GetDomain(lost.id));
        domain.finding = SampleFinding();
        loser.AppendEvent({.type = EventType::kClaimLost, .domain = lost.id});
        return loser.UpdateDomain(domain);
      }));
      EXPECT_THAT(t.GetDomain(lost.id), StatusIs(absl::StatusCode::kNotFound));
      return end;
    });
  };
  const auto types = [&](const TenantId& tenant) {
    std::vector<EventType> found;
    const auto events = events_->ReadEvents(tenant, {}, 9);
    EXPECT_THAT(events, IsOk());
    for (const Event& event : *events) found.push_back(event.type);
    return found;
  };
  EXPECT_THAT(take_over(absl::CancelledError("")), StatusIs(absl::StatusCode::kCancelled));
  EXPECT_EQ(Query("SELECT tenant FROM padlock.claims"), kTenant.text());
  EXPECT_THAT(types(kTenant), IsEmpty());

  EXPECT_THAT(take_over(absl::OkStatus()), IsOk());
  EXPECT_EQ(Query("SELECT tenant FROM padlock.claims"), kOtherTenant.text());
  EXPECT_THAT(types(kTenant), ElementsAre(EventType::kClaimLost));
  EXPECT_THAT(types(kOtherTenant), ElementsAre(EventType::kClaimTaken));
  Both([&](Transaction& transaction) {
    EXPECT_EQ(transaction.GetDomain(lost.id)->finding, SampleFinding());
    return absl::OkStatus();
  });
}

}  // namespace
}  // namespace cert
