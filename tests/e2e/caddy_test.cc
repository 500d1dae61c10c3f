// Caddy's ACME server as the CA after Pebble: what two independently written servers both take is
// more likely to be RFC 8555 than a habit of one of them. It validates within the answer's request,
// has no state `processing`, and leaves a failed challenge pending.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_format.h"
#include "base/testing/status_matchers.h"
#include "e2e/fetched.h"
#include "e2e/fixture.h"
#include "e2e/invariants.h"
#include "e2e/resource_id.h"
#include "lab/caddy.h"

namespace e2e {
namespace {

using ::base::testing::IsOk;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

class CaddyTest : public LabTest {
 protected:
  static void SetUpTestSuite() {
    allowed_ = IsAllowed();
    if (!allowed_.ok()) return;
    lab::Lab::Options options = QuickCa();
    options.caddy = true;
    StartLab(std::move(options));
  }

  void SetUp() override {
    if (absl::IsPermissionDenied(allowed_)) GTEST_SKIP() << allowed_;
    ASSERT_THAT(allowed_, IsOk());
    LabTest::SetUp();
  }

  pb::Domain Create(const cli::Client::NewDomain& wanted) {
    const absl::StatusOr<pb::Domain> domain = acme().api().CreateDomain(wanted);
    EXPECT_THAT(domain, IsOk());
    if (!domain.ok()) return {};
    EXPECT_THAT(acme().CreateRecords(*domain), IsOk());
    return *domain;
  }

  void ExpectIssuedByCaddy(const pb::Domain& domain) {
    ASSERT_THAT(acme().api().RecheckDomain(domain.name()), IsOk());
    ASSERT_THAT(acme().Await(domain, pb::Event::TYPE_CERTIFICATE_ISSUED), IsOk());
    EXPECT_EQ(Select("ca", "issuances", domain), "caddy");
    ASSERT_TRUE(
        Becomes(absl::StrFormat("SELECT count(*) FROM padlock.orders AS o "
                                "JOIN padlock.work AS w ON w.id = o.id WHERE o.certificate = '%s' "
                                "AND w.state NOT IN ('COMPLETED', 'FAILED')",
                                IdOf(domain.certificate())),
                "0"));
    EXPECT_THAT(CheckServed(acme(), domain), IsOk());
  }

 private:
  static absl::Status IsAllowed() {
    const auto stack = lab::Stack::Claim();
    return stack.ok() ? lab::Caddy::IsAllowed(**stack) : stack.status();
  }

  static absl::Status allowed_;
};

absl::Status CaddyTest::allowed_ = absl::OkStatus();

TEST_F(CaddyTest, IssuesAHostAndItsWildcardByDelegation) {
  const pb::Domain domain =
      Create({.hostname = "shop.test", .wildcard = true, .authorities = {"caddy"}});
  ASSERT_NO_FATAL_FAILURE(ExpectIssuedByCaddy(domain));
  const absl::StatusOr<Fetched> fetched = Fetch(acme(), "shop.test");
  ASSERT_THAT(fetched, IsOk());
  EXPECT_THAT(fetched->names, UnorderedElementsAre("shop.test", "*.shop.test"));
}

TEST_F(CaddyTest, IssuesOverHttp) {
  const pb::Domain domain =
      Create({.hostname = "www.bakery.test", .method = "http", .authorities = {"caddy"}});
  ASSERT_THAT(lab()
                  .customer("bakery.test")
                  .Add({.name = "www.bakery.test", .type = "A", .value = lab().cert_address()}),
              IsOk());
  ExpectIssuedByCaddy(domain);
}

TEST_F(CaddyTest, TakesOverWhenPebbleIsDown) {
  lab().pebble().Kill();
  // Without a nonce from before nothing is sent: no newOrder's reply is lost.
  lab().KillCerts();
  ASSERT_THAT(lab().ResumeCerts(), IsOk());
  ASSERT_THAT(acme().Reconnect(), IsOk());
  ExpectIssuedByCaddy(Create({.hostname = "museum.test", .wildcard = true}));
  ASSERT_THAT(lab().pebble().Resume(), IsOk());
  ASSERT_THAT(lab().WriteIssuerRoots(), IsOk());
}

// Caddy answers alreadyRevoked like Pebble; see what it says of the reason by its log.
TEST_F(CaddyTest, RevokesAndReplaces) {
  const pb::Domain domain = Create({.hostname = "garden.test", .authorities = {"caddy"}});
  ASSERT_NO_FATAL_FAILURE(ExpectIssuedByCaddy(domain));
  ASSERT_THAT(
      acme().api().RevokeCertificate({.certificate = domain.certificate(),
                                      .reason = padlock::cert::v1::REVOCATION_REASON_SUPERSEDED}),
      IsOk());
  EXPECT_THAT(acme().Await(domain, pb::Event::TYPE_CERTIFICATE_REVOKED), IsOk());
  EXPECT_TRUE(
      Becomes(absl::StrFormat("SELECT count(*) FROM padlock.issuances WHERE certificate = '%s'",
                              IdOf(domain.certificate())),
              "2"));
}

}  // namespace
}  // namespace e2e
