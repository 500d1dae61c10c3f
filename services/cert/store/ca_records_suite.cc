// What all replicas know together of the CAs, on a real PostgreSQL.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <thread>
#include <vector>

#include "base/status_macros.h"
#include "base/testing/status_matchers.h"
#include "cert/store/recovery.h"
#include "cert/store/testing/postgres_fixture.h"
#include "cert/store/testing/samples.h"

namespace cert {
namespace {

using ::base::testing::IsOk;
using ::base::testing::IsOkAndHolds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using namespace ::cert::testing;  // NOLINT: samples

constexpr char kCa[] = "lab";
const LimitKey kShop{LimitScope::kRegisteredDomain, "shop.test"};
const LimitKey kOther{LimitScope::kRegisteredDomain, "other.test"};

CaLimit Limit(int count) {
  return {.scope = LimitScope::kRegisteredDomain, .count = count, .window = absl::Hours(1)};
}

class CaRecordsSuite : public PostgresFixture {
 protected:
  absl::Status Write(const TenantId& tenant, absl::FunctionRef<absl::Status(CaRecords&)> body) {
    return store_->Write(tenant, [&](Transaction& transaction) { return body(transaction.cas()); });
  }
  absl::Status Write(absl::FunctionRef<absl::Status(CaRecords&)> body) {
    return Write(kTenant, body);
  }

  CaHealth Health() {
    CaHealth health;
    EXPECT_THAT(Write([&](CaRecords& cas) -> absl::Status {
                  ASSIGN_OR_RETURN(health, cas.GetHealth(kCa));
                  return absl::OkStatus();
                }),
                IsOk());
    return health;
  }
};

TEST_F(CaRecordsSuite, FailuresAreCountedForAllTenantsUntilTheCaAnswers) {
  EXPECT_EQ(Health(), CaHealth{});
  ASSERT_THAT(Write([](CaRecords& cas) { return cas.NoteFailure(kCa); }), IsOk());
  ASSERT_THAT(Write(kOtherTenant, [](CaRecords& cas) { return cas.NoteFailure(kCa); }), IsOk());
  EXPECT_EQ(Health().failures, 2);
  EXPECT_GT(Health().failure_time, absl::InfinitePast());
  ASSERT_THAT(Write([](CaRecords& cas) { return cas.NoteReply(kCa); }), IsOk());
  EXPECT_EQ(Health().failures, 0);
}

TEST_F(CaRecordsSuite, TheNthNewestUseIsThatOfItsOwnKeyAndCa) {
  ASSERT_THAT(Write([](CaRecords& cas) { return cas.AddUses(kCa, {kShop}, absl::Hours(1)); }),
              IsOk());
  AdvanceDatabaseClock(absl::Minutes(10));
  ASSERT_THAT(Write([](CaRecords& cas) {
                return cas.AddUses(kCa, {kShop, kOther}, absl::Hours(1));
              }),
              IsOk());
  ASSERT_THAT(Write([](CaRecords& cas) { return cas.AddUses("b", {kOther}, absl::Hours(1)); }),
              IsOk());
  ASSERT_THAT(
      Write([](CaRecords& cas) -> absl::Status {
        ASSIGN_OR_RETURN(const auto newest, cas.NthNewestUses(kCa, {kOther, kShop}, Limit(1)));
        EXPECT_THAT(newest, SizeIs(2));
        ASSIGN_OR_RETURN(const auto second, cas.NthNewestUses(kCa, {kOther, kShop}, Limit(2)));
        EXPECT_THAT(second, SizeIs(1));
        EXPECT_EQ(second.front().key, kShop);
        EXPECT_GE(newest[1].time - second.front().time, absl::Minutes(10));
        EXPECT_THAT(cas.NthNewestUses(kCa, {kOther, kShop}, Limit(3)), IsOkAndHolds(IsEmpty()));
        return absl::OkStatus();
      }),
      IsOk());
}

TEST_F(CaRecordsSuite, WhatWasNotSentIsTakenBackOnceForEachKey) {
  absl::Time since;
  const auto use = [](CaRecords& cas) { return cas.AddUses(kCa, {kShop, kOther}, absl::Hours(1)); };
  ASSERT_THAT(Write(use), IsOk());
  AdvanceDatabaseClock(absl::Minutes(10));
  ASSERT_THAT(store_->Write(kTenant,
                            [&](Transaction& transaction) {
                              since = transaction.now();
                              return use(transaction.cas());
                            }),
              IsOk());
  ASSERT_THAT(Write(use), IsOk());
  const auto counted = [&](CaRecords& cas, const LimitKey& key) {
    int count = 0;
    for (int nth = 1; nth <= 3; ++nth) {
      const auto uses = cas.NthNewestUses(kCa, {key}, Limit(nth));
      EXPECT_THAT(uses, IsOk());
      count += static_cast<int>(uses->size());
    }
    return count;
  };
  const auto take_back = [&](const std::vector<LimitKey>& keys) {
    return Write([&](CaRecords& cas) { return cas.TakeBackUses(kCa, keys, since); });
  };
  const auto expect = [&](int shop, int other) {
    EXPECT_THAT(Write([&](CaRecords& cas) {
                  EXPECT_EQ(counted(cas, kShop), shop);
                  EXPECT_EQ(counted(cas, kOther), other);
                  return absl::OkStatus();
                }),
                IsOk());
  };
  ASSERT_THAT(take_back({kShop}), IsOk());
  expect(2, 3);
  for (int i = 0; i < 3; ++i) ASSERT_THAT(take_back({kShop, kOther}), IsOk());
  expect(1, 1);  // those from before stay
}

class RecoveredUsesSuite : public CaRecordsSuite {
 protected:
  static constexpr int kCount = 3;

  void Use() {
    ASSERT_THAT(Write([](CaRecords& cas) { return cas.AddUses(kCa, {kShop}, absl::Hours(2)); }),
                IsOk());
  }
  // Of the kCount-th newest use of a key.
  std::optional<KeyUse> Newest(const LimitKey& key) {
    std::optional<KeyUse> newest;
    EXPECT_THAT(Write([&](CaRecords& cas) -> absl::Status {
                  ASSIGN_OR_RETURN(const auto uses, cas.NthNewestUses(kCa, {key}, Limit(kCount)));
                  if (!uses.empty()) newest = uses.front();
                  return absl::OkStatus();
                }),
                IsOk());
    return newest;
  }
  void Recover() { ASSERT_THAT(Recovery(*pool_).AssumeLimitsUsed({kCa}), IsOk()); }
};

// Two known uses at 0 and 10 minutes, a third assumed at 20: places are free as these end.
TEST_F(RecoveredUsesSuite, WhatIsNotKnownCountsAsUsedUp) {
  Use();
  AdvanceDatabaseClock(absl::Minutes(10));
  Use();
  AdvanceDatabaseClock(absl::Minutes(10));
  EXPECT_EQ(Newest(kShop), std::nullopt);
  Recover();
  const std::optional<KeyUse> first = Newest(kShop);
  ASSERT_TRUE(first.has_value());
  EXPECT_TRUE(first->assumed);              // that there were as many
  AdvanceDatabaseClock(absl::Minutes(45));  // the first is over
  Use();
  const std::optional<KeyUse> second = Newest(kShop);
  ASSERT_TRUE(second.has_value());
  EXPECT_NEAR(absl::ToDoubleMinutes(second->time - first->time), 10, 1);
  AdvanceDatabaseClock(absl::Minutes(10));  // the second
  Use();
  const std::optional<KeyUse> third = Newest(kShop);
  ASSERT_TRUE(third.has_value());
  EXPECT_TRUE(third->assumed);
  EXPECT_NEAR(absl::ToDoubleMinutes(third->time - first->time), 20, 1);
  Use();
  EXPECT_FALSE(Newest(kShop)->assumed);  // three are known since
}

TEST_F(RecoveredUsesSuite, AKeyThatNobodyKnowsIsUsedUpUntilTheWindowEnds) {
  Recover();
  const std::optional<KeyUse> use = Newest(kOther);
  ASSERT_TRUE(use.has_value());
  EXPECT_TRUE(use->assumed);
  AdvanceDatabaseClock(absl::Minutes(62));
  EXPECT_EQ(Newest(kOther), std::nullopt);
}

TEST_F(CaRecordsSuite, AHundredLongNamesAreOneKeyToo) {
  std::string names;
  for (int i = 0; i < 100; ++i) names += std::string(200, 'a') + std::to_string(i) + ".test ";
  const LimitKey set{LimitScope::kNameSet, names};
  ASSERT_THAT(Write([&](CaRecords& cas) { return cas.AddUses(kCa, {set}, absl::Hours(1)); }),
              IsOk());
  const LimitKey other{LimitScope::kNameSet, names + "z"};
  ASSERT_THAT(
      Write([&](CaRecords& cas) -> absl::Status {
        EXPECT_THAT(cas.NthNewestUses(kCa, {set, other}, Limit(1)), IsOkAndHolds(SizeIs(1)));
        return absl::OkStatus();
      }),
      IsOk());
}

TEST_F(CaRecordsSuite, UsesThatAreKeptNoLongerAreDropped) {
  for (int i = 0; i < 5; ++i) {
    ASSERT_THAT(Write([](CaRecords& cas) { return cas.AddUses(kCa, {kShop}, absl::Hours(1)); }),
                IsOk());
  }
  AdvanceDatabaseClock(absl::Hours(2));
  ASSERT_THAT(Write([](CaRecords& cas) { return cas.AddUses(kCa, {kOther}, absl::Hours(1)); }),
              IsOk());
  EXPECT_EQ(Query("SELECT count(*) FROM padlock.ca_uses"), "1");
}

// Replicas that count at the same time never count beyond the limit together.
TEST_F(CaRecordsSuite, TheLockKeepsTheCountExact) {
  constexpr int kLimit = 10;
  std::atomic<int> sent = 0;
  const auto send = [&] {
    for (int i = 0; i < kLimit; ++i) {
      bool counted = false;
      const absl::Status status = Write([&](CaRecords& cas) -> absl::Status {
        counted = false;
        RETURN_IF_ERROR(cas.LockUses(kCa));
        ASSIGN_OR_RETURN(const auto full, cas.NthNewestUses(kCa, {kShop}, Limit(kLimit)));
        if (!full.empty()) return absl::OkStatus();
        RETURN_IF_ERROR(cas.AddUses(kCa, {kShop}, absl::Hours(1)));
        counted = true;
        return absl::OkStatus();
      });
      EXPECT_THAT(status, IsOk());
      if (counted) ++sent;
    }
  };
  {
    std::vector<std::jthread> replicas;
    replicas.reserve(4);
    for (int i = 0; i < 4; ++i) replicas.emplace_back(send);
  }
  EXPECT_EQ(sent, kLimit);
  EXPECT_EQ(Query("SELECT count(*) FROM padlock.ca_uses"), std::to_string(kLimit));
}

TEST_F(CaRecordsSuite, AWaitBindsItsKeyUntilItsEnd) {
  absl::Time now;
  ASSERT_THAT(store_->Write(kTenant,
                            [&](Transaction& transaction) {
                              now = transaction.now();
                              return transaction.cas().PutWait(
                                  kCa, {.key = kShop, .end_time = now, .reason = "an earlier one"});
                            }),
              IsOk());
  const LimitWait wait{
      .key = kShop, .end_time = now + absl::Hours(1), .reason = "it refuses: \"slow down\""};
  ASSERT_THAT(Write([&](CaRecords& cas) { return cas.PutWait(kCa, wait); }), IsOk());
  ASSERT_THAT(
      Write(kOtherTenant,
            [&](CaRecords& cas) -> absl::Status {
              EXPECT_THAT(cas.GetWaits(kCa, {kOther, kShop}), IsOkAndHolds(ElementsAre(wait)));
              EXPECT_THAT(cas.GetWaits("b", {kShop}), IsOkAndHolds(IsEmpty()));
              return absl::OkStatus();
            }),
      IsOk());
  AdvanceDatabaseClock(absl::Hours(1));
  ASSERT_THAT(Write([&](CaRecords& cas) -> absl::Status {
                EXPECT_THAT(cas.GetWaits(kCa, {kShop}), IsOkAndHolds(IsEmpty()));
                return cas.PutWait(kCa, {.key = kOther, .end_time = now + absl::Hours(3)});
              }),
              IsOk());
  EXPECT_EQ(Query("SELECT string_agg(subject, ',') FROM padlock.ca_waits"), "other.test");
}

TEST_F(CaRecordsSuite, AShorterWaitDoesNotEndALongerOne) {
  absl::Time now;
  const auto put = [&](absl::Duration wait, const std::string& reason) {
    return store_->Write(kTenant, [&](Transaction& transaction) {
      now = transaction.now();
      return transaction.cas().PutWait(kCa,
                                       {.key = kShop, .end_time = now + wait, .reason = reason});
    });
  };
  ASSERT_THAT(put(absl::Hours(24), "of newOrder"), IsOk());
  ASSERT_THAT(put(absl::Seconds(1), "of a poll"), IsOk());
  EXPECT_EQ(Query("SELECT reason FROM padlock.ca_waits"), "of newOrder");
  ASSERT_THAT(put(absl::Hours(48), "of another newOrder"), IsOk());
  EXPECT_EQ(Query("SELECT reason FROM padlock.ca_waits"), "of another newOrder");
}

}  // namespace
}  // namespace cert
