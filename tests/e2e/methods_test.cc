// Every method of validation, and certificates of several names, from the call to the certificate
// on a real CA, with records made by the customer.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "base/deadline.h"
#include "base/testing/status_matchers.h"
#include "e2e/fetched.h"
#include "e2e/fixture.h"
#include "e2e/resource_id.h"
#include "lab/question.h"

namespace e2e {
namespace {

using ::base::testing::IsOk;
using ::base::testing::IsOkAndHolds;
using ::base::testing::StatusIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

lab::Record AddressOf(const std::string& host, const std::string& address) {
  return {.name = host, .type = "A", .value = address};
}

class MethodsTest : public LabTest {
 protected:
  static void SetUpTestSuite() {
    lab::Lab::Options options = QuickCa();
    options.authorization_reuse_percent = 0;  // each order has tokens of its own
    StartLab(std::move(options));
  }

  pb::Domain Create(const cli::Client::NewDomain& domain) {
    const absl::StatusOr<pb::Domain> made = acme().api().CreateDomain(domain);
    EXPECT_THAT(made, IsOk());
    return made.value_or(pb::Domain());
  }

  // Creates the records that the domain asks for now, and asks for a recheck.
  void CreateRecords(const pb::Domain& domain) {
    const absl::StatusOr<pb::Domain> now = acme().api().GetDomain(domain.name());
    ASSERT_THAT(now, IsOk());
    ASSERT_THAT(acme().CreateRecords(*now), IsOk());
    ASSERT_THAT(acme().api().RecheckDomain(domain.name()), IsOk());
  }

  // The domain's records of the CA's tokens.
  std::vector<pb::RequiredRecord> Tokens(const pb::Domain& domain) {
    std::vector<pb::RequiredRecord> tokens;
    const absl::StatusOr<pb::Domain> now = acme().api().GetDomain(domain.name());
    EXPECT_THAT(now, IsOk());
    for (const pb::RequiredRecord& record : now->records()) {
      if (record.purpose() == pb::RequiredRecord::PURPOSE_ACME_TOKEN) tokens.push_back(record);
    }
    return tokens;
  }

  static std::vector<std::string> Values(const std::vector<pb::RequiredRecord>& records) {
    std::vector<std::string> values;
    for (const pb::RequiredRecord& record : records) values.push_back(record.value());
    return values;
  }

  ::testing::AssertionResult Reaches(const std::string& certificate, const std::string& state) {
    return Becomes(
        absl::StrFormat("SELECT state FROM padlock.work WHERE id = '%s'", IdOf(certificate)),
        state);
  }

  // The code of what the certificate waits for.
  ::testing::AssertionResult WaitsWith(const std::string& certificate, const std::string& code) {
    return Becomes(absl::StrFormat("SELECT finding->>'code' FROM padlock.certificates "
                                   "WHERE id = '%s'",
                                   IdOf(certificate)),
                   code);
  }

  pb::Certificate Get(const std::string& certificate) {
    const auto found = acme().api().GetCertificate(certificate);
    EXPECT_THAT(found, IsOk());
    return found.value_or(pb::Certificate());
  }

  std::vector<std::string> Issued(const std::string& certificate) {
    const pb::Certificate found = Get(certificate);
    return {found.issuance().names().begin(), found.issuance().names().end()};
  }
};

TEST_F(MethodsTest, TokensThatTheCustomerHandlesShowAndAreWaitedFor) {
  EXPECT_THAT(acme().Padlock({"add", "shop.test", "--wildcard", "--method", "txt"}),
              IsOkAndHolds(AllOf(HasSubstr("_padlock.shop.test"), Not(HasSubstr("CNAME")))));
  const auto name = acme().api().FindDomain("shop.test");
  ASSERT_THAT(name, IsOk());
  const auto domain = acme().api().GetDomain(*name);
  ASSERT_THAT(domain, IsOk());
  EXPECT_THAT(Tokens(*domain), IsEmpty());
  CreateRecords(*domain);  // the claim
  ASSERT_THAT(acme().Await(*domain, pb::Event::TYPE_TOKENS_CHANGED), IsOk());

  const std::vector<pb::RequiredRecord> tokens = Tokens(*domain);
  ASSERT_THAT(tokens, SizeIs(2));  // of the host and of its wildcard
  EXPECT_EQ(tokens[0].name(), "_acme-challenge.shop.test");
  EXPECT_EQ(tokens[1].name(), "_acme-challenge.shop.test");
  EXPECT_NE(tokens[0].value(), tokens[1].value());
  EXPECT_THAT(acme().Padlock({"show", "shop.test"}),
              IsOkAndHolds(AllOf(HasSubstr(tokens[0].value()), HasSubstr(tokens[1].value()))));
  // We publish nothing.
  EXPECT_EQ(Query("SELECT count(*) FROM padlock.authorizations WHERE identifier = 'shop.test' "
                  "AND delegation_target <> ''"),
            "0");

  // One of two is not enough, and the finding asks for the other.
  lab::Customer customer = lab().customer("shop.test");
  ASSERT_THAT(customer.Add({.name = tokens[0].name(), .type = "TXT", .value = tokens[0].value()}),
              IsOk());
  ASSERT_THAT(acme().api().RecheckDomain(domain->name()), IsOk());
  EXPECT_TRUE(Becomes(
      absl::StrFormat("SELECT finding->>'expected' FROM padlock.certificates WHERE id = '%s'",
                      IdOf(domain->certificate())),
      tokens[1].value()));
  ASSERT_THAT(customer.Add({.name = tokens[1].name(), .type = "TXT", .value = tokens[1].value()}),
              IsOk());
  ASSERT_THAT(acme().api().RecheckDomain(domain->name()), IsOk());
  ASSERT_TRUE(Reaches(domain->certificate(), "ACTIVE"));
  const absl::StatusOr<Fetched> fetched = Fetch(acme(), "shop.test");
  ASSERT_THAT(fetched, IsOk());
  EXPECT_THAT(fetched->names, UnorderedElementsAre("shop.test", "*.shop.test"));
  // They may go now: nobody asks for them any more.
  EXPECT_THAT(Tokens(*domain), IsEmpty());
}

TEST_F(MethodsTest, AWebServerOfOursAnswersForItsHost) {
  const pb::Domain domain = Create({.hostname = "www.bakery.test", .method = "http"});
  lab::Customer customer = lab().customer("bakery.test");
  // Nothing listens there.
  const lab::Record wrong = AddressOf("www.bakery.test", lab().stack().Address(99));
  ASSERT_THAT(customer.Add(wrong), IsOk());
  CreateRecords(domain);
  ASSERT_TRUE(WaitsWith(domain.certificate(), "HTTP_UNREACHABLE"));
  EXPECT_EQ(
      Query("SELECT count(*) FROM padlock.events WHERE type = 'ORDER_ANSWERED' AND domain = '" +
            IdOf(domain.name()) + "'"),
      "0");
  // Any replica will do: not the one, or not only the one, that made the order.
  ASSERT_THAT(customer.Remove(wrong), IsOk());
  for (std::size_t i = 0; i < lab().replicas(); ++i) {
    ASSERT_THAT(customer.Add(AddressOf("www.bakery.test", lab().cert_address(i))), IsOk());
  }
  ASSERT_THAT(acme().api().RecheckDomain(domain.name()), IsOk());
  ASSERT_TRUE(Reaches(domain.certificate(), "ACTIVE"));
  const absl::StatusOr<Fetched> fetched = Fetch(acme(), "www.bakery.test");
  ASSERT_THAT(fetched, IsOk());
  EXPECT_THAT(fetched->names, ElementsAre("www.bakery.test"));
  EXPECT_TRUE(
      Becomes("SELECT count(*) FROM padlock.authorizations WHERE identifier = "
              "'www.bakery.test' AND method = 'HTTP'",
              "1"));
}

TEST_F(MethodsTest, HttpIsRefusedForAWildcard) {
  const auto refused =
      acme().api().CreateDomain({.hostname = "florist.test", .wildcard = true, .method = "http"});
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("domain.method: "));
}

TEST_F(MethodsTest, TheMethodCanBeChangedWhileItIsPending) {
  const pb::Domain domain = Create({.hostname = "garden.test"});
  const lab::Record claim = WantedRecord(domain, pb::RequiredRecord::PURPOSE_CLAIM);
  ASSERT_THAT(lab().customer("garden.test").Add(claim), IsOk());
  ASSERT_THAT(acme().AwaitFinding(domain, pb::Finding::CODE_RECORD_MISSING), IsOk());
  EXPECT_THAT(acme().Padlock({"method", "garden.test", "txt"}), IsOk());
  ASSERT_THAT(acme().Await(domain, pb::Event::TYPE_TOKENS_CHANGED), IsOk());
  // And again, with an order on its way: that one is given up, and its tokens are dead.
  ASSERT_THAT(Tokens(domain), SizeIs(1));
  ASSERT_THAT(lab().customer("garden.test").Add(AddressOf("garden.test", lab().cert_address())),
              IsOk());
  ASSERT_THAT(acme().api().ChangeDomainMethod(domain.name(), "http"), IsOk());
  EXPECT_THAT(Tokens(domain), IsEmpty());
  ASSERT_TRUE(Reaches(domain.certificate(), "ACTIVE"));
  EXPECT_THAT(Issued(domain.certificate()), ElementsAre("garden.test"));
}

TEST_F(MethodsTest, OneCertificateHasSeveralNamesOfSeveralMethods) {
  const pb::Domain by_txt = Create({.hostname = "museum.test", .method = "txt"});
  const auto made = acme().api().CreateCertificate(
      {.names = {"library.test", "*.library.test", "www.library.test", "museum.test",
                 "*.museum.test", "Museum.test"}});
  ASSERT_THAT(made, IsOk());
  EXPECT_THAT(made->names(),
              ElementsAre("library.test", "*.library.test", "museum.test", "*.museum.test"));
  ASSERT_EQ(made->domains_size(), 2);
  const auto library = acme().api().FindDomain("library.test");
  ASSERT_THAT(library, IsOk());
  CreateRecords(by_txt);
  // The one name that is not proved is the one that it waits for.
  ASSERT_TRUE(WaitsWith(made->name(), "NAME_NOT_PROVED"));
  EXPECT_THAT(Get(made->name()).finding().sentence(), HasSubstr("library.test"));
  EXPECT_FALSE(Get(made->name()).has_order());

  const auto delegated = acme().api().GetDomain(*library);
  ASSERT_THAT(delegated, IsOk());
  EXPECT_EQ(delegated->certificate(), "");
  CreateRecords(*delegated);
  // Its own certificate has one token there, the shared one two.
  EXPECT_TRUE(
      Becomes("SELECT count(*) FROM padlock.authorizations AS a JOIN padlock.orders AS o "
              "ON o.id = a.order_id WHERE a.txt_value <> '' AND o.certificate = '" +
                  IdOf(made->name()) + "'",
              "4"));
  EXPECT_TRUE(
      Becomes("SELECT count(*) > 0 FROM padlock.events WHERE type = 'TOKENS_CHANGED' AND "
              "certificate = '" +
                  IdOf(made->name()) + "'",
              "t"));
  CreateRecords(by_txt);
  ASSERT_TRUE(Reaches(made->name(), "ACTIVE"));
  const absl::StatusOr<Fetched> fetched = Fetch(acme(), IdOf(made->name()));
  ASSERT_THAT(fetched, IsOk());
  EXPECT_THAT(fetched->names, UnorderedElementsAre("library.test", "*.library.test", "museum.test",
                                                   "*.museum.test"));
  // Our tokens are gone from our zone, beside the canary; a domain in use cannot go unseen.
  const std::string target = WantedRecord(*delegated, pb::RequiredRecord::PURPOSE_DELEGATION).value;
  EXPECT_TRUE(
      Becomes("SELECT count(*) FROM padlock.work AS w JOIN padlock.orders AS o "
              "ON o.id = w.id WHERE w.state = 'COMPLETED' AND o.certificate = '" +
                  IdOf(made->name()) + "'",
              "1"));
  EXPECT_THAT(lab::Ask(lab().dns().delegation_primary().address(), target, "TXT"),
              IsOkAndHolds(AllOf(HasSubstr("padlock-canary="), Not(HasSubstr("\n\"")))));
  const absl::Status in_use = acme().api().DeleteDomain(*library);
  EXPECT_THAT(in_use, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(std::string(in_use.message()), HasSubstr(made->name()));
  EXPECT_THAT(acme().Padlock({"delete", IdOf(made->name())}), IsOk());
  EXPECT_THAT(acme().api().DeleteDomain(*library), IsOk());
}

TEST_F(MethodsTest, APartialCertificateIsIssuedForWhatIsProvedAndAgainForTheRest) {
  EXPECT_THAT(
      acme().Padlock({"order", "cinema.test", "harbor.test", "--partial"}),
      IsOkAndHolds(AllOf(HasSubstr("_padlock.cinema.test"), HasSubstr("_padlock.harbor.test"))));
  const auto certificates = acme().api().ListCertificates(pb::Certificate::STATE_AWAITING_DOMAIN);
  ASSERT_THAT(certificates, IsOkAndHolds(SizeIs(1)));
  const std::string name = certificates->front().name();
  const auto cinema = acme().api().FindDomain("cinema.test");
  const auto harbor = acme().api().FindDomain("harbor.test");
  ASSERT_THAT(cinema, IsOk());
  ASSERT_THAT(harbor, IsOk());
  pb::Domain first;
  first.set_name(*cinema);
  CreateRecords(first);
  ASSERT_TRUE(Reaches(name, "ACTIVE"));
  EXPECT_THAT(Issued(name), ElementsAre("cinema.test"));
  ASSERT_TRUE(WaitsWith(name, "NAME_NOT_PROVED"));
  EXPECT_THAT(Get(name).finding().sentence(), HasSubstr("harbor.test"));
  pb::Domain second;
  second.set_name(*harbor);
  CreateRecords(second);
  EXPECT_TRUE(Becomes(
      "SELECT count(*) FROM padlock.issuances WHERE certificate = '" + IdOf(name) + "'", "2"));
  ASSERT_TRUE(Reaches(name, "ACTIVE"));
  EXPECT_THAT(Issued(name), UnorderedElementsAre("cinema.test", "harbor.test"));
}

TEST_F(MethodsTest, TokensThatHaveExpiredAreReplacedAndTheCustomerIsTold) {
  const pb::Domain domain = Create({.hostname = "tailor.test", .method = "txt"});
  CreateRecords(domain);
  ASSERT_THAT(acme().Await(domain, pb::Event::TYPE_TOKENS_CHANGED), IsOk());
  const std::vector<std::string> dead = Values(Tokens(domain));
  ASSERT_THAT(dead, SizeIs(1));
  // As after the hour for which Pebble's authorizations live while they are pending. Written again
  // until a step has read it, since one that is under way may write what it had read before.
  const std::string order = IdOf(Get(domain.certificate()).order().name());
  const std::string state = "SELECT state FROM padlock.work WHERE id = '" + order + "'";
  const base::Deadline deadline = base::Deadline::After(kPatience);
  while (Query(state) == "PROPAGATING") {
    ASSERT_FALSE(deadline.Expired());
    const std::string expire = absl::StrFormat(
        "UPDATE padlock.orders SET expire_time = now(), intent_time = now() - interval '1 hour' "
        "WHERE id = '%s'; UPDATE padlock.work SET due_time = now() "
        "WHERE id = '%s' AND state = 'PROPAGATING'",
        order, order);
    ASSERT_THAT(lab().postgres().Execute("padlock", expire), IsOk());
    absl::SleepFor(absl::Milliseconds(100));  // for a replica to claim it
  }
  EXPECT_TRUE(
      Becomes("SELECT count(*) FROM padlock.events WHERE type = 'TOKENS_CHANGED' AND domain = '" +
                  IdOf(domain.name()) + "'",
              "2"));
  const std::vector<std::string> fresh = Values(Tokens(domain));
  ASSERT_THAT(fresh, SizeIs(1));
  EXPECT_NE(fresh, dead);
  CreateRecords(domain);
  ASSERT_TRUE(Reaches(domain.certificate(), "ACTIVE"));
}

}  // namespace
}  // namespace e2e
