// A backup is restored that is older than the world: orders have ended and opened since, and
// nobody knows of them but the CA. `padlock-cert recover` makes it safe to serve from.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_format.h"
#include "base/deadline.h"
#include "base/testing/status_matchers.h"
#include "e2e/fetched.h"
#include "e2e/fixture.h"
#include "e2e/invariants.h"
#include "e2e/resource_id.h"
#include "lab/configuration.h"
#include "lab/process.h"

namespace e2e {
namespace {

using ::base::testing::IsOk;
using ::base::testing::StatusIs;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kDatabase[] = "padlock";

class RecoveryTest : public LabTest {
 protected:
  static void SetUpTestSuite() {
    lab::Lab::Options options = QuickCa();
    options.authorization_reuse_percent = 0;
    options.order_limit = 50;
    StartLab(std::move(options));
  }

  static std::string BackupFile() { return lab().stack().directory() + "/backup"; }
  static std::string Superuser() { return lab().DatabaseFor("postgres"); }

  static void BackUp() {
    ASSERT_THAT(lab::RunCommand({"pg_dump", "-Fc", "-f", BackupFile(), "-d", Superuser()}), IsOk());
  }

  // Returns what `recover` says.
  static std::string RestoreAndRecover() {
    lab().KillCerts();
    EXPECT_THAT(lab().postgres().DropDatabase(kDatabase), IsOk());
    EXPECT_THAT(lab().postgres().CreateDatabase(kDatabase), IsOk());
    EXPECT_THAT(lab::RunCommand({"pg_restore", "--exit-on-error", "-d", Superuser(), BackupFile()}),
                IsOk());
    const auto said =
        lab::RunCommand({lab::CertProgram(), "recover", "--config", lab().cert_config_file()});
    EXPECT_THAT(said, IsOk());
    return said.value_or("");
  }

  // A domain that waits for the tokens of its open order.
  pb::Domain AddWithOpenOrder(const std::string& zone) {
    const auto domain = acme().api().CreateDomain({.hostname = zone, .method = "txt"});
    EXPECT_THAT(domain, IsOk());
    EXPECT_THAT(acme().CreateRecords(*domain), IsOk());
    EXPECT_THAT(acme().api().RecheckDomain(domain->name()), IsOk());
    EXPECT_THAT(acme().Await(*domain, pb::Event::TYPE_TOKENS_CHANGED), IsOk());
    return *domain;
  }

  // The customer creates what the domain asks for now.
  void CreateTokens(const pb::Domain& domain) {
    const auto now = acme().api().GetDomain(domain.name());
    ASSERT_THAT(now, IsOk());
    ASSERT_THAT(acme().CreateRecords(*now), IsOk());
    ASSERT_THAT(acme().api().RecheckDomain(domain.name()), IsOk());
  }

  // Until a replica that has just started takes the call.
  void Recheck(const pb::Domain& domain) {
    const base::Deadline deadline = base::Deadline::After(kPatience);
    auto called = acme().api().RecheckDomain(domain.name());
    while (absl::IsUnavailable(called.status()) && !deadline.Expired()) {
      ASSERT_THAT(acme().Reconnect(), IsOk());
      called = acme().api().RecheckDomain(domain.name());
    }
    ASSERT_THAT(called, IsOk());
  }

  static std::string CertificateState(const pb::Domain& domain) {
    return "SELECT state FROM padlock.work WHERE id = '" + IdOf(domain.certificate()) + "'";
  }

  // It has been due for a while: for a step, too, that has begun and reads the row only now.
  static void MakeRenewalDue(const pb::Domain& domain) {
    const std::string id = IdOf(domain.certificate());
    ASSERT_THAT(
        lab().postgres().Execute(
            kDatabase,
            absl::StrFormat("UPDATE padlock.certificates SET renew_time = padlock.padlock_now() "
                            "- interval '1 minute' WHERE id = '%s'; UPDATE padlock.work "
                            "SET due_time = padlock.padlock_now() WHERE id = '%s'",
                            id, id)),
        IsOk());
  }

  static void LetLimitsPass() {
    ASSERT_THAT(
        lab().postgres().Execute(
            kDatabase, absl::StrFormat("UPDATE padlock.clock SET time_offset = time_offset + "
                                       "make_interval(secs => %d); SELECT "
                                       "pg_notify('padlock_work', '')",
                                       absl::ToInt64Seconds(lab::kLimitWindow) + 60)),
        IsOk());
  }
};

TEST_F(RecoveryTest, ARestoredBackupIsMadeSafeToServeFrom) {
  const pb::Domain served = Add("bakery.test");
  ASSERT_TRUE(Becomes(CertificateState(served), "ACTIVE"));
  const pb::Domain ordered = AddWithOpenOrder("shop.test");
  BackUp();

  // The world goes on: the open order ends, another one is opened and ends.
  CreateTokens(ordered);
  ASSERT_TRUE(Becomes(CertificateState(ordered), "ACTIVE"));
  const pb::Domain later = Add("museum.test");
  const auto events = acme().Await(later, pb::Event::TYPE_CERTIFICATE_ISSUED);
  ASSERT_THAT(events, IsOk());
  const std::string old_cursor = events->back().cursor();
  // Who held the name before may hold it no more.
  const lab::Record claim = WantedRecord(served, pb::RequiredRecord::PURPOSE_CLAIM);
  ASSERT_THAT(lab().customer("bakery.test").Remove(claim), IsOk());
  const int orders_made = lab().acme().Accepted(lab::AcmeCall::kNewOrder);

  // What the CA issued to orders that are unknown now has lost its key, and is listed.
  EXPECT_THAT(RestoreAndRecover(), AllOf(HasSubstr("issued after the backup: its key is lost"),
                                         HasSubstr("museum.test"), Not(HasSubstr("shop.test"))));
  ASSERT_THAT(lab().ResumeCerts(), IsOk());
  ASSERT_THAT(acme().Reconnect(), IsOk());

  // The numbers after the backup's will be given to other events.
  EXPECT_THAT(acme().api().WatchEvents({.cursor = old_cursor},
                                       [](const pb::WatchEventsResponse&) { return true; }),
              StatusIs(absl::StatusCode::kOutOfRange));

  // What was issued before is served, but not renewed before its claim is proved again.
  EXPECT_THAT(CheckServed(acme(), served), IsOk());
  MakeRenewalDue(served);
  EXPECT_TRUE(IsStoppedBy(served, "NAME_NOT_PROVED"));
  EXPECT_EQ(Select("count(*)", "orders", served), "1");

  // The open order is read at the CA, which has issued it for a key that is lost, and replaced.
  // What was sent since the backup is not known, so that the limit counts as used up.
  EXPECT_TRUE(
      Becomes(absl::StrFormat("SELECT state FROM padlock.work AS w JOIN padlock.orders AS o "
                              "ON o.id = w.id WHERE o.certificate = '%s' "
                              "ORDER BY o.intent_time LIMIT 1",
                              IdOf(ordered.certificate())),
              "FAILED"));
  EXPECT_EQ(Select("finding->>'code'", "orders", ordered), "KEY_MISMATCH");
  EXPECT_TRUE(Becomes(CertificateState(ordered), "ORDERING"));
  ASSERT_NO_FATAL_FAILURE(Recheck(ordered));
  ASSERT_TRUE(IsStoppedBy(ordered, "CA_LIMIT_REACHED"));
  EXPECT_THAT(Query(absl::StrFormat("SELECT finding->>'sentence' FROM padlock.certificates "
                                    "WHERE id = '%s'",
                                    IdOf(ordered.certificate()))),
              HasSubstr("a backup was restored"));
  EXPECT_EQ(lab().acme().Accepted(lab::AcmeCall::kNewOrder), orders_made);

  // After its window all goes on.
  LetLimitsPass();
  ASSERT_THAT(lab().customer("bakery.test").Add(claim), IsOk());
  ASSERT_NO_FATAL_FAILURE(Recheck(served));
  EXPECT_TRUE(Becomes("SELECT count(*) FROM padlock.issuances WHERE certificate = '" +
                          IdOf(served.certificate()) + "'",
                      "2"));
  ASSERT_TRUE(Becomes(absl::StrFormat("SELECT count(*) FROM padlock.authorizations AS a "
                                      "JOIN padlock.orders AS o ON o.id = a.order_id "
                                      "JOIN padlock.work AS w ON w.id = o.id "
                                      "WHERE o.certificate = '%s' AND w.state = 'PROPAGATING'",
                                      IdOf(ordered.certificate())),
                      "1"));
  CreateTokens(ordered);
  ASSERT_TRUE(Becomes(CertificateState(ordered), "ACTIVE"));
  const absl::StatusOr<Fetched> fetched = Fetch(acme(), "shop.test");
  ASSERT_THAT(fetched, IsOk());
  EXPECT_EQ(fetched->certificate_public_key, fetched->private_key_public_key);
}

}  // namespace
}  // namespace e2e
