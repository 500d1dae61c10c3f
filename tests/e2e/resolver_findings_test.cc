// What stands between right records and a certificate: public resolvers that hold on to what was,
// do not answer or do not forget, our own nameservers, and a zone that breaks the DNS's rules. As
// `padlock show` tells it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "base/deadline.h"
#include "base/testing/status_matchers.h"
#include "e2e/findings_fixture.h"
#include "e2e/resource_id.h"
#include "lab/misbehaving_dns.h"
#include "lab/question.h"

namespace e2e {
namespace {

using ::base::testing::IsOk;
using ::base::testing::IsOkAndHolds;
using ::lab::MisbehavingDns;
using ::lab::Record;
using ::testing::HasSubstr;

constexpr int kNoSuchName = 3;  // RCODE (RFC 1035, 4.1.1)
constexpr int kLongTtl = 3600;
constexpr absl::Duration kUntilForgotten = absl::Seconds(8);  // with what is allowed for clocks
constexpr absl::Duration kForALook = absl::Seconds(2);
constexpr std::size_t kResolvers = 3;
constexpr int kOddServer = 61;  // the last octet of its address

class ResolverFindingsTest : public FindingsFixture {
 protected:
  static void AskAll(const Record& record) {
    for (std::size_t i = 0; i < kResolvers; ++i) {
      EXPECT_THAT(lab::Ask(lab().resolver(i).address(), record.name, record.type, "+recurse"),
                  IsOkAndHolds(HasSubstr(record.value)));
    }
  }

  static void ResumeResolvers() {
    for (std::size_t i = 0; i < kResolvers; ++i) {
      EXPECT_THAT(lab().resolver(i).Resume(), IsOk());
    }
  }

  // Whether some check has said so, though a later one may say something else.
  static std::string Told(const pb::Domain& domain, const std::string& words) {
    return absl::StrFormat(
        "SELECT count(*) > 0 FROM padlock.events WHERE domain = '%s' AND message ~ '%s'",
        IdOf(domain.name()), words);
  }

  // Nobody looks for so long; the workers stay connected.
  static void StandStill(absl::Duration time) {
    for (std::size_t i = 0; i < lab().replicas(); ++i) EXPECT_THAT(lab().cert(i).Pause(), IsOk());
    absl::SleepFor(time);
    for (std::size_t i = 0; i < lab().replicas(); ++i) EXPECT_THAT(lab().cert(i).Resume(), IsOk());
  }
};

TEST_F(ResolverFindingsTest, ResolversThatStillHaveTheOlderValue) {
  const pb::Domain domain = AddWith("shop.test", kDelegation);
  const Record claim = WantedRecord(domain, kClaim);
  Record old = claim;
  old.value = "padlock-verify=of-another-account";
  old.ttl_seconds = kLongTtl;
  ASSERT_THAT(customer().Add(old), IsOk());
  AskAll(old);
  ASSERT_THAT(customer().Remove(old), IsOk());
  ASSERT_THAT(customer().Add(claim), IsOk());
  const std::string shown = ShowWith(domain, pb::Finding::CODE_OLD_VALUE_CACHED);
  EXPECT_THAT(shown, HasSubstr("still have an older value (\"" + old.value + "\")"));
  EXPECT_THAT(shown, HasSubstr("nothing is to be done"));
  for (std::size_t i = 0; i < kResolvers; ++i) {
    ASSERT_THAT(lab().resolver(i).Flush("shop.test"), IsOk());
  }
  ExpectIssued(domain);
}

TEST_F(ResolverFindingsTest, ResolversThatDoNotAnswer) {
  const pb::Domain domain = AddWith("bakery.test", kDelegation);
  ASSERT_THAT(customer().Add(WantedRecord(domain, kClaim)), IsOk());
  for (std::size_t i = 0; i < kResolvers; ++i) lab().resolver(i).Kill();
  const std::string shown = ShowWith(domain, pb::Finding::CODE_RESOLVER_OUTAGE);
  EXPECT_THAT(shown, HasSubstr("The nameservers have the TXT record at _padlock.bakery.test, but "
                               "too few public resolvers answer"));
  ResumeResolvers();
  ExpectIssued(domain);
}

// They say how long they remember that there is nothing: a second. They say so every time.
TEST_F(ResolverFindingsTest, ResolversThatDoNotForget) {
  const pb::Domain domain = AddWith("garden.test", kDelegation);
  const Record claim = WantedRecord(domain, kClaim);
  std::vector<std::unique_ptr<MisbehavingDns>> stuck;
  for (std::size_t i = 0; i < kResolvers; ++i) {
    lab().resolver(i).Kill();
    auto resolver = MisbehavingDns::Start(lab().resolver(i).address(), lab::kDnsPort);
    ASSERT_THAT(resolver, IsOk());
    for (const char* type : {"TXT", "CNAME"}) {
      for (const char* host : {"_padlock.", "_acme-challenge."}) {
        (*resolver)->Answer(
            absl::StrCat(host, "garden.test"), type,
            {.rcode = kNoSuchName,
             .authoritative = false,
             .authority = {"garden.test. 1 IN SOA ns1.garden.test. admin.garden.test. 1 1 1 1 1"}});
      }
    }
    stuck.push_back(*std::move(resolver));
  }
  ASSERT_THAT(customer().Add(claim), IsOk());
  ShowWith(domain, pb::Finding::CODE_RESOLVERS_BEHIND);
  // A look that comes well after they ought to have forgotten; one under way may come too early.
  const std::string told =
      Told(domain, "although its cache should have let go of the older answer by now");
  const base::Deadline deadline = base::Deadline::After(2 * kPatience);
  while (Query(told) != "t" && !deadline.Expired()) {
    StandStill(kUntilForgotten);
    absl::SleepFor(kForALook);
  }
  EXPECT_EQ(Query(told), "t");
  ASSERT_THAT(acme().Reconnect(), IsOk());
  ExpectNothingOrdered();
  stuck.clear();
  ResumeResolvers();
  ExpectIssued(domain);
}

// The canary is published already, or nothing but that would be told.
TEST_F(ResolverFindingsTest, OurOwnNameserversThatDoNotAnswer) {
  const pb::Domain domain = AddWith("museum.test", kClaim);
  ShowWith(domain, pb::Finding::CODE_RECORD_MISSING);
  lab().dns().delegation_primary().Kill();
  lab().dns().delegation_secondary().Kill();
  ASSERT_THAT(customer().Add(WantedRecord(domain, kDelegation)), IsOk());
  EXPECT_TRUE(Becomes(Told(domain, absl::StrCat("do(es)? not answer for ",
                                                WantedRecord(domain, kDelegation).value)),
                      "t"));
  ExpectNothingOrdered();
  ASSERT_THAT(lab().dns().delegation_primary().Resume(), IsOk());
  ASSERT_THAT(lab().dns().delegation_secondary().Resume(), IsOk());
  ASSERT_THAT(acme().Reconnect(), IsOk());  // what is not used for long may be broken off
  ExpectIssued(domain);
}

// A server of the customer's that no standard would let exist: TXT records beside the CNAME.
class OddZoneTest : public ResolverFindingsTest {
 protected:
  static constexpr char kZone[] = "odd.test";

  void SetUp() override {
    ResolverFindingsTest::SetUp();
    const std::string address = lab().stack().Address(kOddServer);
    auto server = MisbehavingDns::Start(address, lab::kDnsPort);
    ASSERT_THAT(server, IsOk());
    server_ = *std::move(server);
    ASSERT_THAT(lab().dns().root().Update(
                    "test", lab().dns().customer_key().name,
                    {"add odd.test. 60 NS ns1.odd.test.", "add ns1.odd.test. 60 A " + address}),
                IsOk());
    for (std::size_t i = 0; i < kResolvers; ++i) {
      ASSERT_THAT(lab().resolver(i).AddStub({.zone = kZone, .addresses = {address}}), IsOk());
    }
    server_->Answer(kZone, "NS", {.answers = {"odd.test. 5 IN NS ns1.odd.test."}});
    server_->Answer(kZone, "SOA", {.answers = {Soa()}});
    server_->Answer("ns1.odd.test", "A", {.answers = {"ns1.odd.test. 5 IN A " + address}});
    server_->Answer("ns1.odd.test", "AAAA", {.authority = {Soa()}});
  }

  static std::string Soa() { return "odd.test. 5 IN SOA ns1.odd.test. admin.odd.test. 1 1 1 1 1"; }

  void Serve(const std::string& name, const std::string& type, const std::string& value) {
    server_->Answer(name, type,
                    {.answers = {absl::StrFormat("%s. 5 IN %s %s", name, type, value)}});
  }

 private:
  std::unique_ptr<MisbehavingDns> server_;
};

TEST_F(OddZoneTest, TxtRecordsBesideTheCname) {
  const auto domain = acme().api().CreateDomain({.hostname = kZone});
  ASSERT_THAT(domain, IsOk());
  const Record claim = WantedRecord(*domain, kClaim);
  const Record delegation = WantedRecord(*domain, kDelegation);
  Serve(claim.name, "TXT", absl::StrFormat("\"%s\"", claim.value));
  Serve(delegation.name, "CNAME", delegation.value + ".");
  Serve(delegation.name, "TXT", "\"left-by-another-acme-client\"");
  const std::string shown = ShowWith(*domain, pb::Finding::CODE_TXT_BESIDE_CNAME);
  EXPECT_THAT(shown, HasSubstr("serves TXT records beside it, which the DNS forbids"));
  EXPECT_EQ(Select("count(*)", "orders", *domain), "0");
}

}  // namespace
}  // namespace e2e
