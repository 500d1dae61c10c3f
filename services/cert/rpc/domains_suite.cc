// The domain calls, over mutual TLS and a real PostgreSQL.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/testing/status_matchers.h"
#include "cert/rpc/testing/api_fixture.h"
#include "transport/to_grpc_status.h"

namespace cert {
namespace {

namespace pb = ::padlock::cert::v1;
using ::base::testing::IsOk;
using ::cert::testing::Call;
using ::grpc::StatusCode;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;
using DomainStub = pb::DomainService::Stub;

class DomainsSuite : public testing::ApiFixture {
 protected:
  grpc::Status CreateAs(const std::string& tenant, const pb::CreateDomainRequest& request,
                        pb::Domain& domain) {
    return Call(*As(tenant, "operator").domains, &DomainStub::CreateDomain, request, domain);
  }

  static pb::CreateDomainRequest RequestFor(const std::string& hostname,
                                            const std::string& request_id = "",
                                            const std::string& parent = "tenants/acme") {
    pb::CreateDomainRequest request;
    request.set_parent(parent);
    request.mutable_domain()->set_hostname(hostname);
    request.set_request_id(request_id);
    return request;
  }

  grpc::Status GetAs(const std::string& tenant, const std::string& name, pb::Domain& domain) {
    pb::GetDomainRequest request;
    request.set_name(name);
    return Call(*As(tenant, "reader").domains, &DomainStub::GetDomain, request, domain);
  }
};

TEST_F(DomainsSuite, ANewDomainShowsWhatTheCustomerMustCreate) {
  pb::CreateDomainRequest request = RequestFor("Shop.Example.com.");
  request.mutable_domain()->set_wildcard(true);
  pb::Domain domain;
  ASSERT_TRUE(CreateAs("acme", request, domain).ok());
  EXPECT_EQ(domain.hostname(), "shop.example.com");
  EXPECT_EQ(domain.state(), pb::Domain::STATE_PENDING);
  ASSERT_EQ(domain.records_size(), 2);
  EXPECT_THAT(domain.records(0).value(), StartsWith("padlock-verify="));
  EXPECT_THAT(domain.records(1).value(), HasSubstr(testing::kDelegationZone));
  EXPECT_EQ(Query("SELECT names FROM padlock.certificates"),
            R"(["*.shop.example.com", "shop.example.com"])");
  EXPECT_EQ(Query("SELECT state FROM padlock.work WHERE kind = 'certificate'"), "AWAITING_DOMAIN");
  EXPECT_EQ(Query("SELECT actor FROM padlock.events"), "spiffe://padlock/tenant/acme/operator");
  pb::Domain read;
  ASSERT_TRUE(GetAs("acme", domain.name(), read).ok());
  EXPECT_EQ(read.records(0).value(), domain.records(0).value());
}

TEST_F(DomainsSuite, TheCertificateIsMadeAsTheCallerChooses) {
  pb::CreateDomainRequest request = RequestFor("shop.example.com", "key-1");
  request.mutable_certificate_settings()->add_certificate_authorities("second");
  pb::Domain domain;
  ASSERT_TRUE(CreateAs("acme", request, domain).ok());
  EXPECT_EQ(Query("SELECT settings->>'authorities' FROM padlock.certificates"), R"(["second"])");

  request.mutable_certificate_settings()->add_certificate_authorities("first");
  const grpc::Status other = CreateAs("acme", request, domain);
  EXPECT_EQ(other.error_code(), grpc::StatusCode::ALREADY_EXISTS);
  EXPECT_THAT(other.error_message(), StartsWith("request_id: "));
}

TEST_F(DomainsSuite, ChoicesThatCannotBeMetAreNamedAndStoreNothing) {
  const std::string before = CountRows();
  for (const std::vector<std::string>& choice :
       {std::vector<std::string>{"third"}, {"first", "first"}, {""}}) {
    pb::CreateDomainRequest request = RequestFor("shop.example.com");
    request.mutable_certificate_settings()->mutable_certificate_authorities()->Assign(
        choice.begin(), choice.end());
    pb::Domain domain;
    const grpc::Status status = CreateAs("acme", request, domain);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_THAT(status.error_message(),
                StartsWith("certificate_settings.certificate_authorities: "));
  }
  EXPECT_EQ(CountRows(), before);
}

TEST_F(DomainsSuite, BadHostnamesAreNamedAndStoreNothing) {
  const std::string long_label(60, 'a');
  const std::string long_name =
      long_label + "." + long_label + "." + long_label + "." + long_label + ".example.com";
  // 225 octets: a hostname, but its delegation target would have 263.
  const std::string long_derived = long_label + "." + long_label + "." + long_label + "." +
                                   std::string(30, 'a') + ".example.com";
  const std::string before = CountRows();
  for (const std::string& hostname :
       {std::string(), std::string("not a host"), std::string("localhost"), std::string("co.uk"),
        std::string("*.example.com"), std::string("a.*.example.com"),
        std::string("b\xc3\xbc"
                    "cher.example.com"),
        std::string("192.0.2.1"), std::string("-a.example.com"), std::string("a..example.com"),
        long_name, long_derived, std::string("x.") + testing::kDelegationZone,
        std::string(testing::kDelegationZone), std::string("x.") + testing::kReservedZone}) {
    pb::Domain domain;
    const grpc::Status status = CreateAs("acme", RequestFor(hostname), domain);
    EXPECT_EQ(status.error_code(), StatusCode::INVALID_ARGUMENT) << hostname;
    EXPECT_THAT(status.error_message(), StartsWith("domain.hostname: ")) << hostname;
  }
  EXPECT_EQ(CountRows(), before);
}

TEST_F(DomainsSuite, AULabelIsAnsweredWithItsALabel) {
  pb::Domain domain;
  EXPECT_THAT(CreateAs("acme",
                       RequestFor("b\xc3\xbc"
                                  "cher.example.com"),
                       domain)
                  .error_message(),
              HasSubstr("xn--bcher-kva.example.com"));
}

TEST_F(DomainsSuite, AParentThatIsNoneOrAnothersIsRefusedAndStoresNothing) {
  const std::string before = CountRows();
  pb::Domain domain;
  grpc::Status status = CreateAs("acme", RequestFor("a.example.com", "", "acme"), domain);
  EXPECT_EQ(status.error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), StartsWith("parent: "));
  status = CreateAs("acme", RequestFor("a.example.com", "", "tenants/umbrella"), domain);
  EXPECT_EQ(status.error_code(), StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(CountRows(), before);
}

TEST_F(DomainsSuite, AReaderReadsButChangesNothing) {
  const pb::Domain domain = Create("a.example.com");
  const std::string before = CountRows();
  DomainStub& reader = *As("acme", "reader").domains;
  pb::Domain result;
  EXPECT_EQ(
      Call(reader, &DomainStub::CreateDomain, RequestFor("b.example.com"), result).error_code(),
      StatusCode::PERMISSION_DENIED);
  pb::RecheckDomainRequest recheck;
  recheck.set_name(domain.name());
  EXPECT_EQ(Call(reader, &DomainStub::RecheckDomain, recheck, result).error_code(),
            StatusCode::PERMISSION_DENIED);
  pb::DeleteDomainRequest remove;
  remove.set_name(domain.name());
  google::protobuf::Empty empty;
  EXPECT_EQ(Call(reader, &DomainStub::DeleteDomain, remove, empty).error_code(),
            StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(CountRows(), before);
}

TEST_F(DomainsSuite, AnotherTenantsDomainIsNotFoundByAnyName) {
  const pb::Domain domain = Create("a.example.com");
  std::string as_ours = domain.name();
  as_ours.replace(0, std::string("tenants/acme").size(), "tenants/umbrella");
  for (const std::string& name : {domain.name(), as_ours}) {
    pb::Domain result;
    EXPECT_EQ(GetAs("umbrella", name, result).error_code(), StatusCode::NOT_FOUND) << name;
    pb::DeleteDomainRequest remove;
    remove.set_name(name);
    google::protobuf::Empty empty;
    EXPECT_EQ(Call(*As("umbrella", "operator").domains, &DomainStub::DeleteDomain, remove, empty)
                  .error_code(),
              StatusCode::NOT_FOUND);
  }
  EXPECT_EQ(Query("SELECT state FROM padlock.work WHERE kind = 'domain'"), "PENDING");
}

TEST_F(DomainsSuite, ANameThatAnotherTenantHoldsIsRefusedWithoutAWordAboutTheHolder) {
  const pb::Domain domain = Create("shop.example.com");
  const DomainId id(domain.name().substr(domain.name().rfind('/') + 1));
  ASSERT_THAT(store_->Write(TenantId("acme"),
                            [&](Transaction& transaction) {
                              return transaction
                                  .TakeClaim({.hostname = "shop.example.com",
                                              .tenant = TenantId("acme"),
                                              .domain = id,
                                              .prove_time = transaction.now()})
                                  .status();
                            }),
              IsOk());
  const std::string before = CountRows();
  pb::Domain refused;
  const grpc::Status status =
      CreateAs("umbrella", RequestFor("shop.example.com", "", "tenants/umbrella"), refused);
  EXPECT_EQ(status.error_code(), StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(status.error_message(), StartsWith("domain.hostname: held by another tenant"));
  for (const std::string& secret : {std::string("acme"), id.text(), domain.records(0).value()}) {
    EXPECT_THAT(status.error_message(), Not(HasSubstr(secret)));
  }
  EXPECT_EQ(CountRows(), before);
}

TEST_F(DomainsSuite, TheSameRequestTwiceMakesOneDomain) {
  pb::Domain first;
  pb::Domain second;
  ASSERT_TRUE(CreateAs("acme", RequestFor("a.example.com", "key 1"), first).ok());
  const std::string before = CountRows();
  ASSERT_TRUE(CreateAs("acme", RequestFor("a.example.com", "key 1"), second).ok());
  EXPECT_EQ(first.name(), second.name());
  const grpc::Status reused = CreateAs("acme", RequestFor("b.example.com", "key 1"), second);
  EXPECT_EQ(reused.error_code(), StatusCode::ALREADY_EXISTS);
  EXPECT_THAT(reused.error_message(), StartsWith("request_id: "));
  const grpc::Status again = CreateAs("acme", RequestFor("a.example.com"), second);
  EXPECT_EQ(again.error_code(), StatusCode::ALREADY_EXISTS);
  EXPECT_THAT(again.error_message(), StartsWith("domain.hostname: "));
  EXPECT_EQ(CountRows(), before);
}

TEST_F(DomainsSuite, ListsGoOnPageByPageInTheOrderOfCreation) {
  for (const char* host : {"a.example.com", "b.example.com", "c.example.com"}) Create(host);
  DomainStub& reader = *As("acme", "reader").domains;
  pb::ListDomainsRequest request;
  request.set_parent("tenants/acme");
  request.set_page_size(2);
  pb::ListDomainsResponse first;
  ASSERT_TRUE(Call(reader, &DomainStub::ListDomains, request, first).ok());
  ASSERT_EQ(first.domains_size(), 2);
  EXPECT_EQ(first.domains(0).hostname(), "a.example.com");
  request.set_page_token(first.next_page_token());
  pb::ListDomainsResponse second;
  ASSERT_TRUE(Call(reader, &DomainStub::ListDomains, request, second).ok());
  ASSERT_EQ(second.domains_size(), 1);
  EXPECT_EQ(second.domains(0).hostname(), "c.example.com");
  EXPECT_TRUE(second.next_page_token().empty());
  request.set_page_token("forged");
  EXPECT_THAT(Call(reader, &DomainStub::ListDomains, request, second).error_message(),
              StartsWith("page_token: "));
}

TEST_F(DomainsSuite, ListsByHostnameAndByState) {
  for (const char* host : {"a.example.com", "b.example.com", "c.example.com"}) Create(host);
  Execute(
      "UPDATE padlock.work SET state = 'FAILED', due_time = NULL WHERE kind = 'domain' AND id = "
      "(SELECT id FROM padlock.domains WHERE hostname = 'b.example.com')");
  DomainStub& reader = *As("acme", "reader").domains;
  const auto hosts = [&](const std::string& hostname, pb::Domain::State state) {
    pb::ListDomainsRequest request;
    request.set_parent("tenants/acme");
    request.set_hostname(hostname);
    request.set_state(state);
    pb::ListDomainsResponse listed;
    EXPECT_TRUE(Call(reader, &DomainStub::ListDomains, request, listed).ok());
    EXPECT_EQ(listed.next_page_token(), "");
    std::vector<std::string> names;
    for (const pb::Domain& domain : listed.domains()) names.push_back(domain.hostname());
    return names;
  };
  EXPECT_THAT(hosts("", pb::Domain::STATE_PENDING), ElementsAre("a.example.com", "c.example.com"));
  EXPECT_THAT(hosts("", pb::Domain::STATE_FAILED), ElementsAre("b.example.com"));
  EXPECT_THAT(hosts("B.example.com.", pb::Domain::STATE_UNSPECIFIED), ElementsAre("b.example.com"));
  EXPECT_THAT(hosts("b.example.com", pb::Domain::STATE_FAILED), ElementsAre("b.example.com"));
  EXPECT_THAT(hosts("b.example.com", pb::Domain::STATE_PENDING), IsEmpty());
  EXPECT_THAT(hosts("d.example.com", pb::Domain::STATE_UNSPECIFIED), IsEmpty());
  EXPECT_THAT(hosts(".", pb::Domain::STATE_UNSPECIFIED), IsEmpty());
  pb::ListDomainsRequest request;
  request.set_parent("tenants/acme");
  request.set_hostname(std::string(255, 'a'));
  pb::ListDomainsResponse listed;
  EXPECT_THAT(Call(reader, &DomainStub::ListDomains, request, listed).error_message(),
              StartsWith("hostname: "));
  // Another tenant's is not there.
  request.set_hostname("b.example.com");
  request.set_parent("tenants/other");
  ASSERT_TRUE(Call(*As("other", "reader").domains, &DomainStub::ListDomains, request, listed).ok());
  EXPECT_EQ(listed.domains_size(), 0);
}

// Clients take 4 MiB unless told otherwise.
TEST_F(DomainsSuite, APageEndsBeforeItIsTooLarge) {
  for (const char* host : {"a.example.com", "b.example.com", "c.example.com"}) Create(host);
  Execute(
      "UPDATE padlock.domains SET finding = "
      "jsonb_build_object('code', 'RECORD_MISSING', 'sentence', repeat('x', 1500000))");
  DomainStub& reader = *As("acme", "reader").domains;
  pb::ListDomainsRequest request;
  request.set_parent("tenants/acme");
  pb::ListDomainsResponse page;
  ASSERT_TRUE(Call(reader, &DomainStub::ListDomains, request, page).ok());
  EXPECT_EQ(page.domains_size(), 2);
  request.set_page_token(page.next_page_token());
  ASSERT_TRUE(Call(reader, &DomainStub::ListDomains, request, page).ok());
  ASSERT_EQ(page.domains_size(), 1);
  EXPECT_EQ(page.domains(0).hostname(), "c.example.com");
  EXPECT_TRUE(page.next_page_token().empty());
}

TEST_F(DomainsSuite, DeletingGivesUpTheClaimAndTheCertificateAtOnce) {
  const pb::Domain domain = Create("a.example.com");
  DomainStub& caller = *As("acme", "operator").domains;
  pb::DeleteDomainRequest remove;
  remove.set_name(domain.name());
  google::protobuf::Empty empty;
  ASSERT_TRUE(Call(caller, &DomainStub::DeleteDomain, remove, empty).ok());
  ASSERT_TRUE(Call(caller, &DomainStub::DeleteDomain, remove, empty).ok());
  EXPECT_EQ(Query("SELECT count(*) FROM padlock.events WHERE type = 'DOMAIN_DELETED'"), "1");
  EXPECT_EQ(Query("SELECT state FROM padlock.work WHERE kind = 'certificate'"), "DELETED");
  pb::Domain read;
  ASSERT_TRUE(GetAs("acme", domain.name(), read).ok());
  EXPECT_EQ(read.state(), pb::Domain::STATE_DELETING);
  pb::RecheckDomainRequest recheck;
  recheck.set_name(domain.name());
  EXPECT_EQ(Call(caller, &DomainStub::RecheckDomain, recheck, read).error_code(),
            StatusCode::FAILED_PRECONDITION);
}

TEST_F(DomainsSuite, ARecheckStartsTheScheduleAnew) {
  const pb::Domain domain = Create("a.example.com");
  Execute(
      "UPDATE padlock.work SET state = 'FAILED', tries = 75, due_time = NULL "
      "WHERE kind = 'domain'");
  pb::RecheckDomainRequest recheck;
  recheck.set_name(domain.name());
  pb::Domain read;
  ASSERT_TRUE(
      Call(*As("acme", "operator").domains, &DomainStub::RecheckDomain, recheck, read).ok());
  EXPECT_EQ(read.state(), pb::Domain::STATE_PENDING);
  EXPECT_EQ(read.tries(), 0);
  EXPECT_TRUE(read.next_action().has_time());
}

// Whatever the database calls it, nothing was changed, and the same call may succeed soon.
TEST_F(DomainsSuite, WhoWaitsTooLongForALockIsToldToComeAgain) {
  const pb::Domain domain = Create("a.example.com");
  const DomainId id(domain.name().substr(domain.name().rfind('/') + 1));
  pb::RecheckDomainRequest recheck;
  recheck.set_name(domain.name());
  pb::Domain read;
  const auto recheck_it = [&] {
    return Call(*As("acme", "operator").domains, &DomainStub::RecheckDomain, recheck, read);
  };
  ASSERT_THAT(store_->Write(TenantId("acme"),
                            [&](Transaction& holder) {
                              EXPECT_THAT(holder.GetDomain(id), IsOk());
                              const absl::Status refused = transport::FromGrpcStatus(recheck_it());
                              EXPECT_EQ(refused.code(), absl::StatusCode::kUnavailable);
                              EXPECT_TRUE(transport::RetryDelay(refused).has_value());
                              return absl::OkStatus();
                            }),
              IsOk());
  EXPECT_TRUE(recheck_it().ok());
}

}  // namespace
}  // namespace cert
