// Nameservers and resolvers that are down or lie: Padlock's own, the customers', and public ones.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_format.h"
#include "base/testing/status_matchers.h"
#include "e2e/fixture.h"
#include "e2e/halt.h"
#include "e2e/invariants.h"
#include "lab/misbehaving_dns.h"
#include "lab/question.h"

namespace e2e {
namespace {

using ::base::testing::IsOk;
using ::lab::AcmeCall;

constexpr int kNoSuchName = 3;  // RCODE (RFC 1035, 4.1.1)
constexpr int kQuestionsBeforehand = 5;
constexpr auto kClaim = pb::RequiredRecord::PURPOSE_CLAIM;

class DnsFaultsTest : public LabTest {
 protected:
  static void SetUpTestSuite() {
    lab::Lab::Options options = QuickCa();
    options.cert_config = "lease_duration { seconds: 5 }\n";
    StartLab(std::move(options));
  }

  void ExpectIssuedWithOneOrder(const pb::Domain& domain) {
    EXPECT_THAT(acme().Await(domain, pb::Event::TYPE_CERTIFICATE_ISSUED), IsOk());
    EXPECT_EQ(Select("count(*)", "orders", domain), "1");
  }
};

TEST_F(DnsFaultsTest, WithoutOurPrimaryAnOrderWaitsAndSaysSo) {
  Halt halt(lab().acme(),
            {.call = AcmeCall::kAuthorization, .moment = lab::Moment::kBeforeDelivery});
  const pb::Domain domain = Add("shop.test");
  ASSERT_THAT(halt.Await(), IsOk());
  lab().dns().delegation_primary().Kill();
  halt.LetGo();
  EXPECT_TRUE(IsStoppedBy(domain, "PUBLICATION_FAILED"));
  ASSERT_THAT(lab().dns().delegation_primary().Resume(), IsOk());
  ExpectIssuedWithOneOrder(domain);
  EXPECT_THAT(acme().Await(domain, pb::Event::TYPE_RECORDS_WITHDRAWN), IsOk());
  EXPECT_THAT(CheckServed(acme(), domain), IsOk());
}

TEST_F(DnsFaultsTest, WithoutOurSecondaryEverythingGoesOn) {
  lab().dns().delegation_secondary().Kill();
  const pb::Domain domain = Add("bakery.test");
  ExpectIssuedWithOneOrder(domain);
  EXPECT_THAT(acme().Await(domain, pb::Event::TYPE_RECORDS_WITHDRAWN), IsOk());
  ASSERT_THAT(lab().dns().delegation_secondary().Resume(), IsOk());
  ASSERT_THAT(lab().dns().delegation_secondary().Refresh(lab::kDelegationZone), IsOk());
  EXPECT_THAT(CheckServed(acme(), domain), IsOk());
}

TEST_F(DnsFaultsTest, OneOfTwoNameserversOfACustomerMayBeDown) {
  lab::Customer customer = lab().customer("garden.test");
  const auto domain = acme().api().CreateDomain({.hostname = "garden.test"});
  ASSERT_THAT(domain, IsOk());
  ASSERT_THAT(acme().CreateRecords(*domain), IsOk());
  lab().dns().customer_first().Kill();
  lab().dns().customer_second().Kill();
  ASSERT_THAT(acme().api().RecheckDomain(domain->name()), IsOk());
  const auto stopped = acme().AwaitFinding(*domain, pb::Finding::CODE_NAMESERVERS_UNREACHABLE);
  EXPECT_THAT(stopped, IsOk());
  EXPECT_EQ(Select("count(*)", "orders", *domain), "0");

  ASSERT_THAT(lab().dns().customer_second().Resume(), IsOk());
  // The CA's resolver, too, finds out which of them is silent; Pebble does not wait while it does.
  for (int i = 0; i < kQuestionsBeforehand; ++i) {
    EXPECT_THAT(lab::Ask(lab().ca_resolver().address(), absl::StrFormat("host%d.garden.test", i),
                         "A", "+recurse"),
                IsOk());
  }
  ExpectIssuedWithOneOrder(*domain);
  ASSERT_THAT(lab().dns().customer_first().Resume(), IsOk());
}

// One of the three public resolvers is another's.
class LyingResolverTest : public DnsFaultsTest {
 protected:
  void SetUp() override {
    DnsFaultsTest::SetUp();
    lab().resolver(1).Kill();
    auto liar = lab::MisbehavingDns::Start(lab().resolver(1).address(), lab::kDnsPort);
    ASSERT_THAT(liar, IsOk());
    liar_ = *std::move(liar);
  }
  void TearDown() override {
    liar_.reset();
    EXPECT_THAT(lab().resolver(1).Resume(), IsOk());
  }

  // The claim is there, it says, whatever the zone holds.
  void SayYesTo(const pb::Domain& domain) {
    const lab::Record claim = WantedRecord(domain, kClaim);
    liar_->Answer(claim.name, "TXT",
                  {.authoritative = false,
                   .answers = {absl::StrFormat("%s. 60 IN TXT \"%s\"", claim.name, claim.value)}});
  }

  std::unique_ptr<lab::MisbehavingDns> liar_;
};

TEST_F(LyingResolverTest, ItsNoStopsNothing) {
  const std::string zone = "museum.test";
  for (const char* type : {"TXT", "CNAME"}) {
    for (const std::string& name : {"_padlock." + zone, "_acme-challenge." + zone}) {
      liar_->Answer(name, type, {.rcode = kNoSuchName, .authoritative = false});
    }
  }
  ExpectIssuedWithOneOrder(Add(zone));
  EXPECT_GT(liar_->Count("udp _padlock.museum.test TXT"), 0);
}

TEST_F(LyingResolverTest, ItsYesDoesNotStandAgainstTheNameservers) {
  const auto domain = acme().api().CreateDomain({.hostname = "library.test"});
  ASSERT_THAT(domain, IsOk());
  SayYesTo(*domain);
  EXPECT_THAT(acme().api().RecheckDomain(domain->name()), IsOk());
  EXPECT_THAT(acme().AwaitFinding(*domain, pb::Finding::CODE_RECORD_MISSING), IsOk());
  EXPECT_EQ(Select("count(*)", "orders", *domain), "0");
}

TEST_F(LyingResolverTest, ItsYesDoesNotStandAgainstTheOtherResolvers) {
  const auto domain = acme().api().CreateDomain({.hostname = "cinema.test"});
  ASSERT_THAT(domain, IsOk());
  SayYesTo(*domain);
  for (const std::size_t honest : {0U, 2U}) {  // they remember for 5 s that there is nothing
    EXPECT_THAT(lab::Ask(lab().resolver(honest).address(), WantedRecord(*domain, kClaim).name,
                         "TXT", "+recurse"),
                base::testing::IsOkAndHolds(""));
  }
  ASSERT_THAT(acme().CreateRecords(*domain), IsOk());
  ASSERT_THAT(acme().api().RecheckDomain(domain->name()), IsOk());
  EXPECT_THAT(acme().AwaitFinding(*domain, pb::Finding::CODE_RESOLVERS_BEHIND), IsOk());
  EXPECT_EQ(Select("count(*)", "orders", *domain), "0");
}

}  // namespace
}  // namespace e2e
