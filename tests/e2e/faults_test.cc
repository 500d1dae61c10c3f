// A worker or padlock-cert goes while a check is out; padlock-cert comes back to a newer schema.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/deadline.h"
#include "base/testing/status_matchers.h"
#include "e2e/fixture.h"
#include "e2e/halt.h"

namespace e2e {
namespace {

using ::base::testing::IsOk;
using ::base::testing::IsOkAndHolds;

constexpr absl::Duration kLease = absl::Seconds(30);
constexpr std::size_t kWorkers[] = {0, 1, 2};
constexpr char kLeases[] = "SELECT count(*) FROM padlock.work WHERE lease_token IS NOT NULL";
constexpr char kBringForward[] =
    "INSERT INTO padlock.schema_migrations VALUES (9999, '9999_add_future', 'x')";

class FaultsTest : public LabTest {
 protected:
  static void SetUpTestSuite() { StartLab(QuickCa()); }

  // A domain with its records, being checked, while its nameservers keep still: the worker of the
  // perspective ams that holds the check, 0 or 1.
  std::size_t CheckOut(const std::string& zone, pb::Domain& domain) {
    const auto created = acme().api().CreateDomain({.hostname = zone});
    EXPECT_THAT(created, IsOk());
    domain = *created;
    EXPECT_THAT(acme().AwaitFinding(domain, pb::Finding::CODE_RECORD_MISSING), IsOk());
    EXPECT_THAT(acme().CreateRecords(domain), IsOk());
    EXPECT_THAT(lab().dns().customer_first().Pause(), IsOk());
    EXPECT_THAT(lab().dns().customer_second().Pause(), IsOk());
    EXPECT_THAT(acme().api().RecheckDomain(domain.name()), IsOk());
    return Holder();
  }

  static void LetNameserversAnswer() {
    EXPECT_THAT(lab().dns().customer_first().Resume(), IsOk());
    EXPECT_THAT(lab().dns().customer_second().Resume(), IsOk());
  }

 private:
  static std::size_t Holder() {
    const base::Deadline deadline = base::Deadline::After(kPatience);
    while (!deadline.Expired()) {
      for (const std::size_t worker : {0U, 1U}) {
        if (lab().probe(worker).Metric("padlock_probe_checks_in_flight").value_or(0) > 0) {
          return worker;
        }
      }
    }
    ADD_FAILURE() << "no worker holds a check";
    return 0;
  }
};

TEST_F(FaultsTest, ACheckOfAKilledWorkerIsDoneByItsTwin) {
  pb::Domain domain;
  const std::size_t worker = CheckOut("shop.test", domain);
  const absl::Time killed = base::SystemClock().TimeNow();
  lab().probe(worker).Kill();
  LetNameserversAnswer();
  EXPECT_THAT(acme().Await(domain, pb::Event::TYPE_DOMAIN_PROVED), IsOk());
  EXPECT_LT(base::SystemClock().TimeNow() - killed, kLease / 2);  // not by a lease that ran out
  EXPECT_THAT(acme().Await(domain, pb::Event::TYPE_CERTIFICATE_ISSUED), IsOk());
  EXPECT_THAT(lab().probe(worker).Resume(), IsOk());
}

TEST_F(FaultsTest, ACheckOutlivesAWorkerThatIsStopped) {
  pb::Domain domain;
  const std::size_t worker = CheckOut("bakery.test", domain);
  LetNameserversAnswer();
  EXPECT_THAT(lab().probe(worker).Stop(), IsOkAndHolds(0));
  EXPECT_THAT(acme().Await(domain, pb::Event::TYPE_CERTIFICATE_ISSUED), IsOk());
  EXPECT_THAT(lab().probe(worker).Resume(), IsOk());
}

// Neither what is to be proved nor what is ordered already is given up meanwhile.
TEST_F(FaultsTest, WithoutWorkersEverythingWaitsAndSaysSo) {
  Halt halt(lab().acme(), {.call = lab::AcmeCall::kAuthorization});
  const auto ordered = acme().AddWithRecords("museum.test");
  ASSERT_THAT(ordered, IsOk());
  ASSERT_THAT(halt.Await(), IsOk());
  for (const std::size_t worker : kWorkers) lab().probe(worker).Kill();
  halt.LetGo();
  const auto added = acme().AddWithRecords("library.test");
  ASSERT_THAT(added, IsOk());
  EXPECT_THAT(acme().AwaitFinding(*added, pb::Finding::CODE_NO_WORKERS), IsOk());
  EXPECT_TRUE(IsStoppedBy(*ordered, "NO_WORKERS"));
  EXPECT_EQ(Select("count(*)", "orders", *added), "0");

  for (const std::size_t worker : kWorkers) EXPECT_THAT(lab().probe(worker).Resume(), IsOk());
  for (const auto& domain : {*ordered, *added}) {
    EXPECT_THAT(acme().Await(domain, pb::Event::TYPE_CERTIFICATE_ISSUED), IsOk());
    EXPECT_EQ(Select("count(*)", "orders", domain), "1");
  }
}

TEST_F(FaultsTest, StoppingGivesLeasesBackAtOnce) {
  const absl::Time before = base::SystemClock().TimeNow();
  pb::Domain domain;
  CheckOut("garden.test", domain);
  EXPECT_NE(Query(kLeases), "0");
  const absl::Time stopped = base::SystemClock().TimeNow();
  for (std::size_t i = 0; i < lab().replicas(); ++i) {
    EXPECT_THAT(lab().cert(i).Stop(), IsOkAndHolds(0));
  }
  EXPECT_LT(base::SystemClock().TimeNow() - before, kLease);  // none can have ended by itself
  EXPECT_EQ(Query(kLeases), "0");
  LetNameserversAnswer();
  ASSERT_THAT(lab().ResumeCerts(), IsOk());
  ASSERT_THAT(acme().Reconnect(), IsOk());
  EXPECT_THAT(acme().Await(domain, pb::Event::TYPE_DOMAIN_PROVED), IsOk());
  EXPECT_LT(base::SystemClock().TimeNow() - stopped, kLease);
  EXPECT_THAT(acme().Await(domain, pb::Event::TYPE_CERTIFICATE_ISSUED), IsOk());
}

// As an old replica finds it that is evicted during an upgrade, or that takes the upgrade back.
TEST_F(FaultsTest, ReplicasStartAndServeOnASchemaThatANewerVersionHasBroughtForward) {
  ASSERT_THAT(lab().postgres().Execute("padlock", kBringForward), IsOk());
  for (std::size_t i = 0; i < lab().replicas(); ++i) {
    EXPECT_THAT(lab().cert(i).Stop(), IsOkAndHolds(0));
  }
  ASSERT_THAT(lab().ResumeCerts(), IsOk());
  ASSERT_THAT(acme().Reconnect(), IsOk());
  const auto added = acme().AddWithRecords("cinema.test");
  ASSERT_THAT(added, IsOk());
  EXPECT_THAT(acme().Await(*added, pb::Event::TYPE_CERTIFICATE_ISSUED), IsOk());
}

}  // namespace
}  // namespace e2e
