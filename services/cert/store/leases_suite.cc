// Claims, fencing and wakes: who may work on a row, and when it is due again.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <thread>

#include "absl/strings/str_cat.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/testing/status_matchers.h"
#include "cert/store/testing/postgres_fixture.h"
#include "cert/store/testing/samples.h"

namespace cert {
namespace {

using ::base::testing::IsOk;
using ::base::testing::IsOkAndHolds;
using ::base::testing::StatusIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Gt;
using ::testing::IsEmpty;
using ::testing::Le;
using namespace ::cert::testing;  // NOLINT: samples

constexpr absl::Duration kLease = absl::Seconds(30);

class LeasesSuite : public PostgresFixture {
 protected:
  void InsertDomains(int count) {
    ASSERT_THAT(store_->Write(kTenant,
                              [&](Transaction& transaction) {
                                for (int i = 1; i <= count; ++i) {
                                  const absl::Status inserted =
                                      transaction.InsertDomain(SampleDomain(absl::StrCat(i)));
                                  if (!inserted.ok()) return inserted;
                                }
                                return absl::OkStatus();
                              }),
                IsOk());
  }

  // A body that stores domain 1 as due after `wait`.
  static auto DueAfter(absl::Duration wait) {
    return [wait](Transaction& transaction) {
      absl::StatusOr<Domain> domain = transaction.GetDomain(DomainId("dom_1"));
      if (!domain.ok()) return domain.status();
      domain->progress.due_time = transaction.now() + wait;
      return transaction.UpdateDomain(*domain);
    };
  }

  static absl::Status Nothing(Transaction& /*transaction*/) { return absl::OkStatus(); }

  // That is not due.
  void InsertCertificate() {
    Certificate certificate = SampleCertificate();
    certificate.progress.due_time = base::SystemClock().TimeNow() + absl::Hours(1);
    EXPECT_THAT(
        store_->Write(kTenant, [&](Transaction& t) { return t.InsertCertificate(certificate); }),
        IsOk());
  }

  std::size_t Due() { return queue_->ClaimDue({.limit = 100, .lease = kLease})->size(); }
};

TEST_F(LeasesSuite, ClaimsTheLongestOverdueFirstAndNotWhatIsNotDue) {
  InsertDomains(3);
  Execute(
      "UPDATE padlock.work SET due_time = CASE id WHEN 'dom_1' THEN now() + interval '1 hour'"
      " WHEN 'dom_2' THEN now() - interval '1 hour' ELSE now() - interval '2 hours' END");
  const absl::StatusOr<std::vector<Lease>> leases =
      queue_->ClaimDue({.limit = 10, .lease = kLease});
  ASSERT_THAT(leases, IsOk());
  ASSERT_EQ(leases->size(), 2);
  EXPECT_EQ((*leases)[0].id, "dom_3");
  EXPECT_EQ((*leases)[1].id, "dom_2");
  EXPECT_EQ((*leases)[0].kind, WorkKind::kDomain);
  EXPECT_EQ((*leases)[0].tenant, kTenant);
  EXPECT_EQ((*leases)[0].claims, 1);
  EXPECT_NE((*leases)[0].token, (*leases)[1].token);
}

TEST_F(LeasesSuite, LeavesToOthersWhatHasNotBeenDueForLong) {
  InsertDomains(2);
  Execute(
      "UPDATE padlock.work SET due_time = CASE id WHEN 'dom_1' THEN now() - interval '1 second'"
      " ELSE now() - interval '1 minute' END");
  const absl::StatusOr<std::vector<Lease>> leases =
      queue_->ClaimDue({.limit = 10, .lease = kLease, .overdue = absl::Seconds(30)});
  ASSERT_THAT(leases, IsOk());
  ASSERT_EQ(leases->size(), 1);
  EXPECT_EQ((*leases)[0].id, "dom_2");
}

// What is claimed by two places, each time it is tried.
TEST_F(LeasesSuite, InTurnsATenantWithMuchDueStandsBeforeNobody) {
  InsertDomains(20);
  Execute("UPDATE padlock.work SET due_time = now() - interval '1 hour'");
  const std::vector<TenantId> others{TenantId("b"), TenantId("c"), TenantId("d")};
  for (const TenantId& tenant : others) {
    Domain domain = SampleDomain(tenant.text());
    domain.tenant = tenant;
    ASSERT_THAT(store_->Write(tenant, [&](Transaction& it) { return it.InsertDomain(domain); }),
                IsOk());
  }
  std::map<TenantId, int> claimed;
  for (int i = 0; i < 3; ++i) {
    const auto leases = queue_->ClaimDue({.limit = 2, .lease = kLease, .in_turns = true});
    ASSERT_THAT(leases, IsOk());
    ASSERT_EQ(leases->size(), 2);
    for (const Lease& lease : *leases) ++claimed[lease.tenant];
  }
  for (const TenantId& tenant : others) EXPECT_EQ(claimed[tenant], 1);
  EXPECT_EQ(claimed[kTenant], 3);
}

TEST_F(LeasesSuite, InTurnsTheLongestOverdueOfAShareIsFirstAndAllAreClaimedInTheEnd) {
  InsertDomains(5);
  Execute(
      "UPDATE padlock.work SET due_time = CASE id WHEN 'dom_1' THEN now() + interval '1 hour' "
      "ELSE now() - substr(id, 5)::int * interval '1 minute' END");
  std::vector<std::string> claimed;
  while (true) {
    const auto leases = queue_->ClaimDue({.limit = 2, .lease = kLease, .in_turns = true});
    ASSERT_THAT(leases, IsOk());
    if (leases->empty()) break;
    for (const Lease& lease : *leases) claimed.push_back(lease.id);
  }
  EXPECT_THAT(claimed, ElementsAre("dom_5", "dom_4", "dom_3", "dom_2"));
}

TEST_F(LeasesSuite, TheHoldersDeadlineIsBeforeTheLeaseIsOver) {
  InsertDomains(1);
  EXPECT_THAT(ClaimOne().deadline.Remaining(), AllOf(Gt(absl::Seconds(20)), Le(absl::Seconds(29))));
}

TEST_F(LeasesSuite, ClaimersAtTheSameTimeNeverGetOneRow) {
  constexpr int kRows = 200;
  InsertDomains(kRows);
  base::Mutex mutex;
  std::multiset<std::string> claimed;
  const auto claim = [&](bool in_turns) {
    while (true) {
      const absl::StatusOr<std::vector<Lease>> leases =
          queue_->ClaimDue({.limit = 7, .lease = kLease, .in_turns = in_turns});
      ASSERT_THAT(leases, IsOk());
      if (leases->empty()) return;
      const base::MutexLock lock(mutex);
      for (const Lease& lease : *leases) claimed.insert(lease.id);
    }
  };
  {
    std::vector<std::jthread> claimers;
    for (int i = 0; i < 6; ++i) claimers.emplace_back(claim, i % 2 == 0);
  }
  // Who skipped a locked row may have left early, but the others have gone on.
  EXPECT_EQ(claimed.size(), kRows);
  EXPECT_EQ(std::set<std::string>(claimed.begin(), claimed.end()).size(), kRows);
}

TEST_F(LeasesSuite, AfterItsLeaseTheFirstHolderWritesNothing) {
  InsertDomains(1);
  const Lease first = ClaimOne();
  AdvanceDatabaseClock(kLease + absl::Seconds(1));
  EXPECT_THAT(store_->Finish(first, DueAfter(absl::Hours(1))),
              StatusIs(absl::StatusCode::kAborted));
  const Lease second = ClaimOne();
  EXPECT_EQ(second.claims, 2);
  const std::string before = Query("SELECT w::text FROM padlock.work AS w");
  EXPECT_THAT(store_->Finish(first, DueAfter(absl::Hours(1))),
              StatusIs(absl::StatusCode::kAborted));
  EXPECT_THAT(store_->Checkpoint(first, DueAfter(absl::Hours(1))),
              StatusIs(absl::StatusCode::kAborted));
  EXPECT_THAT(queue_->GiveBack(first), StatusIs(absl::StatusCode::kAborted));
  EXPECT_EQ(Query("SELECT w::text FROM padlock.work AS w"), before);
  EXPECT_THAT(store_->Finish(second, DueAfter(absl::Hours(1))), IsOk());
}

TEST_F(LeasesSuite, PastItsOwnDeadlineTheHolderDoesNotCommit) {
  InsertDomains(1);
  Lease lease = ClaimOne();
  const absl::Status status = store_->Finish(lease, [&](Transaction& transaction) {
    lease.deadline = base::Deadline::After(absl::ZeroDuration());
    return DueAfter(absl::Hours(1))(transaction);
  });
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kAborted));
  EXPECT_EQ(Query("SELECT due_time < now() FROM padlock.work"), "t");
}

TEST_F(LeasesSuite, CheckpointKeepsTheLeaseAndFinishGivesItUp) {
  InsertDomains(1);
  const Lease lease = ClaimOne();
  EXPECT_THAT(store_->Checkpoint(lease, Nothing), IsOk());
  EXPECT_EQ(Due(), 0);
  EXPECT_THAT(store_->Finish(lease, Nothing), IsOk());
  EXPECT_EQ(ClaimOne().claims, 1);
}

TEST_F(LeasesSuite, AfterFinishTheRowIsDueWhenTheBodySaid) {
  InsertDomains(1);
  EXPECT_THAT(store_->Finish(ClaimOne(), DueAfter(absl::Minutes(5))), IsOk());
  EXPECT_EQ(Due(), 0);
  AdvanceDatabaseClock(absl::Minutes(6));
  EXPECT_EQ(Due(), 1);
}

TEST_F(LeasesSuite, AFailedBodyLeavesTheLeaseAndTheRow) {
  InsertDomains(1);
  const Lease lease = ClaimOne();
  const absl::Status status = store_->Finish(lease, [](Transaction& transaction) {
    EXPECT_THAT(DueAfter(absl::Hours(1))(transaction), IsOk());
    return absl::FailedPreconditionError("the body's own");
  });
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_EQ(Query("SELECT due_time < now() FROM padlock.work"), "t");
  EXPECT_THAT(store_->Finish(lease, Nothing), IsOk());
}

TEST_F(LeasesSuite, WhatSomebodyElseMadeDueMeanwhileIsNotPutOff) {
  InsertDomains(1);
  const Lease lease = ClaimOne();
  EXPECT_THAT(store_->Write(kTenant, DueAfter(absl::ZeroDuration())), IsOk());
  EXPECT_EQ(Due(), 0);
  EXPECT_THAT(store_->Finish(lease, DueAfter(absl::Hours(1))), IsOk());
  EXPECT_EQ(Due(), 1);
}

TEST_F(LeasesSuite, AWakeIsForgottenOnceItWasSeen) {
  InsertDomains(1);
  const Lease lease = ClaimOne();
  EXPECT_THAT(store_->Write(kTenant, DueAfter(absl::ZeroDuration())), IsOk());
  EXPECT_THAT(store_->Finish(lease, DueAfter(absl::Hours(1))), IsOk());
  EXPECT_THAT(store_->Finish(ClaimOne(), DueAfter(absl::Hours(1))), IsOk());
  EXPECT_EQ(Due(), 0);
}

TEST_F(LeasesSuite, AWakeForLaterComesThen) {
  InsertDomains(1);
  const Lease lease = ClaimOne();
  EXPECT_THAT(store_->Write(kTenant, DueAfter(absl::Minutes(10))), IsOk());
  EXPECT_THAT(store_->Finish(lease, DueAfter(absl::Hours(1))), IsOk());
  EXPECT_EQ(Due(), 0);
  AdvanceDatabaseClock(absl::Minutes(11));
  EXPECT_EQ(Due(), 1);
}

TEST_F(LeasesSuite, AWakeDoesNotReviveATerminalRow) {
  InsertDomains(1);
  const Lease lease = ClaimOne();
  EXPECT_THAT(store_->Write(kTenant, DueAfter(absl::ZeroDuration())), IsOk());
  EXPECT_THAT(store_->Finish(lease,
                             [](Transaction& transaction) {
                               Domain deleted = SampleDomain();
                               deleted.progress = {.state = DomainState::kDeleted,
                                                   .start_time = transaction.now()};
                               return transaction.UpdateDomain(deleted);
                             }),
              IsOk());
  EXPECT_EQ(Due(), 0);
  EXPECT_THAT(queue_->UntilNextDue(), IsOkAndHolds(absl::InfiniteDuration()));
}

// A domain's step wakes its certificate while another replica works on that.
TEST_F(LeasesSuite, AnotherRowsStepWakesALeasedRow) {
  InsertDomains(1);
  const Lease domain = ClaimOne();
  Certificate certificate = SampleCertificate();
  const auto insert = [&](Transaction& t) { return t.InsertCertificate(certificate); };
  EXPECT_THAT(store_->Write(kTenant, insert), IsOk());
  const Lease leased = ClaimOne();
  EXPECT_EQ(leased.kind, WorkKind::kCertificate);
  const auto update = [&](absl::Duration wait) {
    return [&certificate, wait](Transaction& transaction) {
      certificate.progress.due_time = transaction.now() + wait;
      return transaction.UpdateCertificate(certificate);
    };
  };
  EXPECT_THAT(store_->Finish(domain, update(absl::ZeroDuration())), IsOk());
  EXPECT_THAT(store_->Finish(leased, update(absl::Hours(1))), IsOk());
  EXPECT_EQ(Query("SELECT due_time <= now() FROM padlock.work WHERE kind = 'certificate'"), "t");
}

TEST_F(LeasesSuite, ARowThatIsGivenBackIsDueAndCountsNoClaim) {
  InsertDomains(1);
  const Lease lease = ClaimOne();
  EXPECT_THAT(queue_->GiveBack(lease), IsOk());
  EXPECT_EQ(ClaimOne().claims, 1);
}

TEST_F(LeasesSuite, TellsHowLongUntilTheNextRowIsDue) {
  EXPECT_THAT(queue_->UntilNextDue(), IsOkAndHolds(absl::InfiniteDuration()));
  InsertDomains(1);
  EXPECT_THAT(queue_->UntilNextDue(), IsOkAndHolds(absl::ZeroDuration()));
  EXPECT_EQ(queue_->GetBacklog()->overdue, 1);
  EXPECT_THAT(queue_->GetBacklog()->oldest, Gt(absl::Hours(1)));
  const Lease lease = ClaimOne();
  EXPECT_EQ(queue_->GetBacklog()->overdue, 0);
  EXPECT_THAT(queue_->UntilNextDue(), IsOkAndHolds(AllOf(Gt(absl::Seconds(10)), Le(kLease))));
  EXPECT_THAT(store_->Finish(lease, DueAfter(absl::Hours(1))), IsOk());
  EXPECT_THAT(queue_->UntilNextDue(),
              IsOkAndHolds(AllOf(Gt(absl::Minutes(59)), Le(absl::Hours(1)))));
}

// As a certificate's step does with the order that it opens.
TEST_F(LeasesSuite, AnOrderThatIsInsertedLeasedIsItsMakersUntilTheLeaseEnds) {
  InsertDomains(1);
  InsertCertificate();
  const Lease lease = ClaimOne();
  absl::StatusOr<Lease> order = absl::UnknownError("");
  EXPECT_THAT(store_->Finish(lease,
                             [&](Transaction& transaction) {
                               order = transaction.InsertLeasedOrder(SampleOrder());
                               return order.status();
                             }),
              IsOk());
  ASSERT_THAT(order, IsOk());
  EXPECT_EQ(order->kind, WorkKind::kOrder);
  EXPECT_EQ(ClaimOne().kind, WorkKind::kDomain);  // that lease was given up, and this one not
  EXPECT_EQ(Due(), 0);
  EXPECT_THAT(store_->Checkpoint(*order, Nothing), IsOk());
  Execute("UPDATE padlock.work SET lease_expire_time = now() WHERE kind = 'order'");
  EXPECT_THAT(store_->Checkpoint(*order, Nothing), StatusIs(absl::StatusCode::kAborted));
  EXPECT_EQ(ClaimOne().claims, 2);
}

TEST_F(LeasesSuite, NoOrderIsInsertedUnderALostLease) {
  InsertDomains(1);
  InsertCertificate();
  const Lease lease = ClaimOne();
  Execute("UPDATE padlock.work SET lease_token = gen_random_uuid() WHERE kind = 'domain'");
  const auto insert = [](Transaction& transaction) {
    return transaction.InsertLeasedOrder(SampleOrder()).status();
  };
  EXPECT_THAT(store_->Finish(lease, insert), StatusIs(absl::StatusCode::kAborted));
  EXPECT_THAT(store_->Write(kTenant, insert), StatusIs(absl::StatusCode::kInternal));
  EXPECT_EQ(Query("SELECT count(*) FROM padlock.orders"), "0");
}

}  // namespace
}  // namespace cert
