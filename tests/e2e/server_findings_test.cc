// Servers at fault: nameservers that do not know the zone that is delegated to them, or a web
// server in it, web servers that answer something else, a perspective of ours without a worker, and
// resolvers of ours of which none validates. As `padlock show` tells it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "base/testing/status_matchers.h"
#include "e2e/findings_fixture.h"
#include "e2e/resource_id.h"
#include "lab/configuration.h"
#include "lab/web_server.h"

namespace e2e {
namespace {

using ::base::testing::IsOk;
using ::lab::Record;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr int kWebServer = 62;  // the last octet of its address
constexpr std::size_t kWorkers = 3;
constexpr std::size_t kOnlyWorkerOfNyc = 2;

class ServerFindingsTest : public FindingsFixture {
 protected:
  static void SetUpTestSuite() {
    lab::Lab::Options options = QuickCa();
    options.second_ca = true;  // with it CAA records are looked at
    StartLab(std::move(options));
  }

  // A third nameserver, by the zone above and its own, that serves another zone only.
  static void SetLameNameserver(const std::string& zone, bool is_there) {
    const std::string address = lab().dns().delegation_primary().address();
    const std::string name = "ns3." + zone;
    const char* const verb = is_there ? "add" : "del";
    ASSERT_THAT(lab().dns().root().Update("test", lab().dns().customer_key().name,
                                          {absl::StrFormat("%s %s. 60 NS %s.", verb, zone, name),
                                           absl::StrFormat("%s %s. 60 A %s", verb, name, address)}),
                IsOk());
    lab::Customer customer = lab().customer(zone);
    for (const Record& record : {Record{.name = zone, .type = "NS", .value = name + "."},
                                 Record{.name = name, .type = "A", .value = address}}) {
      ASSERT_THAT(is_there ? customer.Add(record) : customer.Remove(record), IsOk());
    }
  }

  // Those whom they asked before; workers learn them again where not all agree.
  static void ForgetNameservers() {
    for (std::size_t i = 0; i < kWorkers; ++i) {
      lab().probe(i).Kill();
      ASSERT_THAT(lab().probe(i).Resume(), IsOk());
    }
  }

  static std::string FindingOf(const pb::Domain& domain, const std::string& part) {
    return absl::StrFormat("SELECT finding->>'%s' FROM padlock.certificates WHERE id = '%s'", part,
                           IdOf(domain.certificate()));
  }
};

TEST_F(ServerFindingsTest, ANameserverThatDoesNotKnowTheZone) {
  SetLameNameserver("harbor.test", true);
  const pb::Domain domain = AddWith("harbor.test", kDelegation);
  ASSERT_THAT(customer().Add(WantedRecord(domain, kClaim)), IsOk());
  const std::string shown = ShowWith(domain, pb::Finding::CODE_NAMESERVER_LAME);
  EXPECT_THAT(shown, AllOf(HasSubstr("ns3.harbor.test"), Not(Names(FirstServer()))));
  SetLameNameserver("harbor.test", false);
  ExpectIssued(domain);
}

TEST_F(ServerFindingsTest, ACnameWhereTheClaimBelongs) {
  const pb::Domain domain = AddWith("gallery.test", kDelegation);
  const Record claim = WantedRecord(domain, kClaim);
  ASSERT_THAT(customer().Add({.name = claim.name, .type = "CNAME", .value = "www.shop.test."}),
              IsOk());
  EXPECT_THAT(ShowWith(domain, pb::Finding::CODE_CNAME_WHERE_TXT_BELONGS),
              HasSubstr("_padlock.gallery.test"));
  ASSERT_THAT(customer().Clear(claim.name), IsOk());
  ASSERT_THAT(customer().Add(claim), IsOk());
  ExpectIssued(domain);
}

// Every CA takes it for a refusal (Baseline Requirements 3.2.2.8.1): no order is opened.
TEST_F(ServerFindingsTest, CaaThatANameserverDoesNotAnswerBeforeARenewal) {
  const auto domain = acme().AddWithRecords("orchard.test");
  ASSERT_THAT(domain, IsOk());
  ASSERT_THAT(acme().Await(*domain, pb::Event::TYPE_CERTIFICATE_ISSUED), IsOk());
  const int orders = lab().acme().Accepted(lab::AcmeCall::kNewOrder);
  SetLameNameserver("orchard.test", true);
  ForgetNameservers();
  const std::string id = IdOf(domain->certificate());
  ASSERT_THAT(
      lab().postgres().Execute(
          "padlock",
          absl::StrFormat("UPDATE padlock.certificates SET renew_time = padlock.padlock_now() "
                          "WHERE id = '%s'; UPDATE padlock.work SET due_time = "
                          "padlock.padlock_now() WHERE id = '%s'; SELECT "
                          "pg_notify('padlock_work', '')",
                          id, id)),
      IsOk());
  ASSERT_TRUE(Becomes(FindingOf(*domain, "code"), "CAA_UNANSWERABLE"));
  EXPECT_THAT(Query(FindingOf(*domain, "sentence")), HasSubstr("ns3.orchard.test"));
  EXPECT_EQ(lab().acme().Accepted(lab::AcmeCall::kNewOrder), orders);
  SetLameNameserver("orchard.test", false);
  ASSERT_THAT(acme().api().RecheckDomain(domain->name()), IsOk());
  EXPECT_TRUE(
      Becomes("SELECT count(*) FROM padlock.issuances WHERE certificate = '" + id + "'", "2"));
}

// The host leads elsewhere: to a server that has no such page, then to one that says something else
// of its own, then to one that sends visitors where no CA follows.
TEST_F(ServerFindingsTest, AWebServerOfSomebodyElse) {
  const auto domain = acme().api().CreateDomain({.hostname = "www.tailor.test", .method = "http"});
  ASSERT_THAT(domain, IsOk());
  const std::string address = lab().stack().Address(kWebServer);
  const auto server = lab::WebServer::Start({.address = address, .port = lab::kCertHttpPort});
  ASSERT_THAT(server, IsOk());
  lab::Customer customer = lab().customer("tailor.test");
  const Record elsewhere{.name = "www.tailor.test", .type = "A", .value = address};
  ASSERT_THAT(customer.Add(elsewhere), IsOk());
  ASSERT_THAT(acme().CreateRecords(*domain), IsOk());
  ASSERT_THAT(acme().api().RecheckDomain(domain->name()), IsOk());
  ASSERT_TRUE(IsStoppedBy(*domain, "HTTP_TOKEN_MISSING"));
  EXPECT_THAT(Query(FindingOf(*domain, "sentence")), HasSubstr("404"));

  const std::vector<std::string> request = absl::StrSplit((*server)->Requests().back(), ' ');
  ASSERT_EQ(request.size(), 3U);
  const std::string& page = request[1];
  (*server)->Answer(page, {.body = "This domain is for sale."});
  ASSERT_THAT(acme().api().RecheckDomain(domain->name()), IsOk());
  ASSERT_TRUE(IsStoppedBy(*domain, "HTTP_OTHER_ANSWER"));

  (*server)->Answer(page, {.status = 302, .location = "http://www.tailor.test:8080/login"});
  ASSERT_THAT(acme().api().RecheckDomain(domain->name()), IsOk());
  ASSERT_TRUE(
      Becomes("SELECT finding->>'sentence' LIKE '%:8080%' FROM padlock.certificates "
              "WHERE id = '" +
                  IdOf(domain->certificate()) + "'",
              "t"));

  ASSERT_THAT(customer.Remove(elsewhere), IsOk());
  ASSERT_THAT(customer.Add({.name = "www.tailor.test", .type = "A", .value = lab().cert_address()}),
              IsOk());
  ASSERT_THAT(acme().api().RecheckDomain(domain->name()), IsOk());
  EXPECT_THAT(acme().Await(*domain, pb::Event::TYPE_CERTIFICATE_ISSUED), IsOk());
}

TEST_F(ServerFindingsTest, AWebServerThatOneNameserverDoesNotKnow) {
  const auto domain = acme().api().CreateDomain({.hostname = "www.florist.test", .method = "http"});
  ASSERT_THAT(domain, IsOk());
  lab::Customer customer = lab().customer("florist.test");
  const Record here{.name = "www.florist.test", .type = "A", .value = lab().cert_address()};
  ASSERT_THAT(customer.Add(here, lab::Nameservers::kFirst), IsOk());
  ASSERT_THAT(acme().CreateRecords(*domain), IsOk());
  ASSERT_THAT(acme().api().RecheckDomain(domain->name()), IsOk());
  ASSERT_TRUE(IsStoppedBy(*domain, "RECORD_ON_SOME_SERVERS"));
  EXPECT_THAT(Query(FindingOf(*domain, "sentence")), HasSubstr("ns2.florist.test"));
  ASSERT_THAT(customer.Add(here, lab::Nameservers::kSecond), IsOk());
  ASSERT_THAT(acme().api().RecheckDomain(domain->name()), IsOk());
  EXPECT_THAT(acme().Await(*domain, pb::Event::TYPE_CERTIFICATE_ISSUED), IsOk());
}

TEST_F(ServerFindingsTest, APerspectiveOfOursWithoutAWorker) {
  lab().probe(kOnlyWorkerOfNyc).Kill();
  const pb::Domain domain = AddWith("brewery.test", kDelegation);
  ASSERT_THAT(customer().Add(WantedRecord(domain, kClaim)), IsOk());
  EXPECT_THAT(ShowWith(domain, pb::Finding::CODE_NO_WORKERS), HasSubstr("nyc"));
  ASSERT_THAT(lab().probe(kOnlyWorkerOfNyc).Resume(), IsOk());
  ExpectIssued(domain);
}

// No resolver of the lab validates, since its root is not signed.
class UnvalidatedTest : public FindingsFixture {
 protected:
  static void SetUpTestSuite() {
    lab::Lab::Options options = QuickCa();
    options.accept_unvalidated = false;
    StartLab(std::move(options));
  }
};

TEST_F(UnvalidatedTest, NobodyKnowsWhetherTheCaWouldBelieveIt) {
  const pb::Domain domain = AddWith("brewery.test", kDelegation);
  ASSERT_THAT(customer().Add(WantedRecord(domain, kClaim)), IsOk());
  EXPECT_THAT(ShowWith(domain, pb::Finding::CODE_TOO_FEW_PERSPECTIVES),
              HasSubstr("none of our resolvers that validate DNSSEC could tell"));
  EXPECT_EQ(Query("SELECT count(*) FROM padlock.orders"), "0");
}

}  // namespace
}  // namespace e2e
