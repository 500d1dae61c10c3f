// The calls about methods of validation and certificates of several names, over mutual TLS and a
// real PostgreSQL.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cert/core/budget.h"
#include "cert/rpc/testing/api_fixture.h"
#include "transport/to_grpc_status.h"

namespace cert {
namespace {

namespace pb = ::padlock::cert::v1;
using ::cert::testing::Call;
using ::google::protobuf::Empty;
using ::grpc::StatusCode;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using DomainStub = pb::DomainService::Stub;
using CertificateStub = pb::CertificateService::Stub;

class MethodsSuite : public testing::ApiFixture {
 protected:
  grpc::Status CreateDomain(const std::string& hostname, pb::Domain::Method method,
                            pb::Domain& domain, bool wildcard = false,
                            const std::string& request_id = "") {
    pb::CreateDomainRequest request;
    request.set_parent("tenants/acme");
    request.mutable_domain()->set_hostname(hostname);
    request.mutable_domain()->set_wildcard(wildcard);
    request.mutable_domain()->set_method(method);
    request.set_request_id(request_id);
    return Call(*As("acme", "operator").domains, &DomainStub::CreateDomain, request, domain);
  }

  grpc::Status ChangeMethod(const std::string& name, pb::Domain::Method method,
                            pb::Domain& domain) {
    pb::ChangeDomainMethodRequest request;
    request.set_name(name);
    request.set_method(method);
    return Call(*As("acme", "operator").domains, &DomainStub::ChangeDomainMethod, request, domain);
  }

  grpc::Status CreateCertificate(const std::vector<std::string>& names, pb::Certificate& made,
                                 pb::Domain::Method method = pb::Domain::METHOD_UNSPECIFIED,
                                 const std::string& request_id = "") {
    pb::CreateCertificateRequest request;
    request.set_parent("tenants/acme");
    for (const std::string& name : names) request.add_names(name);
    request.set_method(method);
    request.set_request_id(request_id);
    return Call(*As("acme", "operator").certificates, &CertificateStub::CreateCertificate, request,
                made);
  }

  grpc::Status DeleteCertificate(const std::string& name) {
    pb::DeleteCertificateRequest request;
    request.set_name(name);
    Empty empty;
    return Call(*As("acme", "operator").certificates, &CertificateStub::DeleteCertificate, request,
                empty);
  }

  grpc::Status DeleteDomain(const std::string& name) {
    pb::DeleteDomainRequest request;
    request.set_name(name);
    Empty empty;
    return Call(*As("acme", "operator").domains, &DomainStub::DeleteDomain, request, empty);
  }
};

TEST_F(MethodsSuite, WithoutADelegationTheClaimAloneIsAskedFor) {
  for (const auto method : {pb::Domain::METHOD_TXT, pb::Domain::METHOD_HTTP}) {
    pb::Domain domain;
    const std::string host = method == pb::Domain::METHOD_TXT ? "a.example.com" : "b.example.com";
    ASSERT_TRUE(CreateDomain(host, method, domain).ok());
    EXPECT_EQ(domain.method(), method);
    ASSERT_EQ(domain.records_size(), 1);
    EXPECT_EQ(domain.records(0).purpose(), pb::RequiredRecord::PURPOSE_CLAIM);
  }
}

TEST_F(MethodsSuite, HttpIsRefusedForWildcards) {
  pb::Domain domain;
  const grpc::Status refused =
      CreateDomain("shop.example.com", pb::Domain::METHOD_HTTP, domain, /*wildcard=*/true);
  EXPECT_EQ(refused.error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(refused.error_message(), StartsWith("domain.method: "));
  ASSERT_TRUE(
      CreateDomain("shop.example.com", pb::Domain::METHOD_TXT, domain, /*wildcard=*/true).ok());
  EXPECT_EQ(ChangeMethod(domain.name(), pb::Domain::METHOD_HTTP, domain).error_code(),
            StatusCode::FAILED_PRECONDITION);
}

TEST_F(MethodsSuite, AChangedMethodStartsTheProofAnew) {
  pb::Domain domain;
  ASSERT_TRUE(CreateDomain("shop.example.com", pb::Domain::METHOD_TXT, domain).ok());
  Execute("UPDATE padlock.work SET state = 'FAILED', due_time = NULL WHERE kind = 'domain'");
  ASSERT_TRUE(ChangeMethod(domain.name(), pb::Domain::METHOD_DELEGATION, domain).ok());
  EXPECT_EQ(domain.state(), pb::Domain::STATE_PENDING);
  EXPECT_EQ(domain.method(), pb::Domain::METHOD_DELEGATION);
  EXPECT_EQ(domain.records_size(), 2);
  EXPECT_EQ(Query("SELECT message FROM padlock.events WHERE type = 'METHOD_CHANGED'"),
            "shop.example.com is validated by DELEGATION instead of TXT from now on.");
  const grpc::Status none = ChangeMethod(domain.name(), pb::Domain::METHOD_UNSPECIFIED, domain);
  EXPECT_EQ(none.error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(none.error_message(), StartsWith("method: "));
}

TEST_F(MethodsSuite, RechecksAreBudgetedAndTheRefusalSaysHowLongToWait) {
  const pb::Domain domain = Create("shop.example.com");
  pb::RecheckDomainRequest request;
  request.set_name(domain.name());
  pb::Domain rechecked;
  DomainStub& stub = *As("acme", "operator").domains;
  for (int i = 0; i < static_cast<int>(kDomainRechecks.most); ++i) {
    ASSERT_TRUE(Call(stub, &DomainStub::RecheckDomain, request, rechecked).ok());
  }
  // The database's clock stands as good as still; where it does not, one more may come between.
  grpc::Status refused = Call(stub, &DomainStub::RecheckDomain, request, rechecked);
  if (refused.ok()) refused = Call(stub, &DomainStub::RecheckDomain, request, rechecked);
  EXPECT_EQ(refused.error_code(), StatusCode::RESOURCE_EXHAUSTED);
  const auto delay = transport::RetryDelay(transport::FromGrpcStatus(refused));
  ASSERT_TRUE(delay.has_value());
  EXPECT_GT(*delay, absl::Seconds(1));
  EXPECT_LE(*delay, kDomainRechecks.refill);
  AdvanceDatabaseClock(kDomainRechecks.refill);
  EXPECT_TRUE(Call(stub, &DomainStub::RecheckDomain, request, rechecked).ok());
}

// Each of them starts a proof and an order; the method that it has already costs nothing.
TEST_F(MethodsSuite, ChangesOfTheMethodSpendTheSameBudget) {
  pb::Domain domain = Create("shop.example.com");
  const auto change = [&](bool to_txt) {
    return ChangeMethod(domain.name(),
                        to_txt ? pb::Domain::METHOD_TXT : pb::Domain::METHOD_DELEGATION, domain);
  };
  const int most = static_cast<int>(kDomainRechecks.most);
  for (int i = 0; i < most; ++i) ASSERT_TRUE(change(/*to_txt=*/false).ok());
  for (int i = 0; i < most; ++i) ASSERT_TRUE(change(i % 2 == 0).ok());
  // One more may come between, as above.
  grpc::Status refused = change(most % 2 == 0);
  if (refused.ok()) refused = change(most % 2 != 0);
  EXPECT_EQ(refused.error_code(), StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_TRUE(transport::RetryDelay(transport::FromGrpcStatus(refused)).has_value());
  pb::RecheckDomainRequest recheck;
  recheck.set_name(domain.name());
  EXPECT_EQ(Call(*As("acme", "operator").domains, &DomainStub::RecheckDomain, recheck, domain)
                .error_code(),
            StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(MethodsSuite, ACertificateOfSeveralNamesMakesTheDomainsThatAreMissing) {
  const pb::Domain known = Create("shop.example.com");
  pb::Certificate made;
  ASSERT_TRUE(CreateCertificate({"www.shop.example.com", "*.shop.example.com", "shop.example.com",
                                 "example.net", "Example.net."},
                                made)
                  .ok());
  EXPECT_THAT(made.names(), ElementsAre("*.shop.example.com", "shop.example.com", "example.net"));
  EXPECT_EQ(made.domain(), "");
  ASSERT_EQ(made.domains_size(), 2);
  EXPECT_EQ(made.domains(1), known.name());
  EXPECT_EQ(Query("SELECT hostname FROM padlock.domains WHERE certificate = ''"), "example.net");
  EXPECT_EQ(Query("SELECT message FROM padlock.events WHERE type = 'CERTIFICATE_CHANGED'"),
            "A certificate for *.shop.example.com, shop.example.com, example.net was created.");
  pb::GetCertificateRequest get;
  get.set_name(made.name());
  pb::Certificate read;
  ASSERT_TRUE(
      Call(*As("acme", "reader").certificates, &CertificateStub::GetCertificate, get, read).ok());
  EXPECT_EQ(read.domains_size(), 2);
}

TEST_F(MethodsSuite, WhatCannotBeOneOfTheNamesIsNamed) {
  const pb::Domain delegated = Create("shop.example.com");
  const std::string before = CountRows();
  const struct {
    std::vector<std::string> names;
    pb::Domain::Method method;
    StatusCode code;
    const char* message;
  } cases[] = {
      {{}, pb::Domain::METHOD_TXT, StatusCode::INVALID_ARGUMENT, "names: "},
      {{"a.test", "b"}, pb::Domain::METHOD_TXT, StatusCode::INVALID_ARGUMENT, "names[1]: "},
      {{"x.dcv.padlock.example"},
       pb::Domain::METHOD_TXT,
       StatusCode::INVALID_ARGUMENT,
       "names[0]: "},
      {{"a.test", "*.a.test"}, pb::Domain::METHOD_HTTP, StatusCode::INVALID_ARGUMENT, "names[1]: "},
      {{"a.test", "b.test", "c.test", "d.test", "e.test", "f.test"},
       pb::Domain::METHOD_TXT,
       StatusCode::INVALID_ARGUMENT,
       "names: are 6, and the CA takes at most 5"},
      {{"shop.example.com"},
       pb::Domain::METHOD_TXT,
       StatusCode::FAILED_PRECONDITION,
       "method: shop.example.com is validated by DELEGATION"},
  };
  for (const auto& wrong : cases) {
    pb::Certificate made;
    const grpc::Status refused = CreateCertificate(wrong.names, made, wrong.method);
    EXPECT_EQ(refused.error_code(), wrong.code) << refused.error_message();
    EXPECT_THAT(refused.error_message(), StartsWith(wrong.message));
  }
  EXPECT_EQ(CountRows(), before);
}

TEST_F(MethodsSuite, TheSameRequestMakesOneCertificate) {
  pb::Certificate first;
  pb::Certificate second;
  const auto method = pb::Domain::METHOD_TXT;
  ASSERT_TRUE(CreateCertificate({"a.test", "b.test"}, first, method, "key-1").ok());
  ASSERT_TRUE(CreateCertificate({"a.test", "b.test"}, second, method, "key-1").ok());
  EXPECT_EQ(first.name(), second.name());
  EXPECT_EQ(CreateCertificate({"a.test"}, second, method, "key-1").error_code(),
            StatusCode::ALREADY_EXISTS);
}

TEST_F(MethodsSuite, AnotherMethodIsAnotherRequest) {
  pb::Certificate first;
  pb::Certificate second;
  ASSERT_TRUE(CreateCertificate({"a.test"}, first, pb::Domain::METHOD_TXT, "key-1").ok());
  for (const auto method : {pb::Domain::METHOD_HTTP, pb::Domain::METHOD_UNSPECIFIED}) {
    const grpc::Status other = CreateCertificate({"a.test"}, second, method, "key-1");
    EXPECT_EQ(other.error_code(), StatusCode::ALREADY_EXISTS);
    EXPECT_THAT(other.error_message(), StartsWith("request_id: "));
  }
  pb::Domain domain;
  ASSERT_TRUE(CreateDomain("b.test", pb::Domain::METHOD_TXT, domain, false, "key-1").ok());
  EXPECT_EQ(
      CreateDomain("b.test", pb::Domain::METHOD_DELEGATION, domain, false, "key-1").error_code(),
      StatusCode::ALREADY_EXISTS);
}

TEST_F(MethodsSuite, ARequestStaysTheSameWhenTheMethodIsChangedAfterIt) {
  const auto txt = pb::Domain::METHOD_TXT;
  pb::Domain made;
  pb::Certificate shared;
  ASSERT_TRUE(CreateDomain("a.test", txt, made, false, "key-1").ok());
  ASSERT_TRUE(CreateCertificate({"a.test", "b.test"}, shared, txt, "key-1").ok());
  pb::Domain changed;
  ASSERT_TRUE(ChangeMethod(made.name(), pb::Domain::METHOD_DELEGATION, changed).ok());
  pb::Domain again;
  ASSERT_TRUE(CreateDomain("a.test", txt, again, false, "key-1").ok());
  EXPECT_EQ(again.name(), made.name());
  EXPECT_EQ(again.method(), pb::Domain::METHOD_DELEGATION);
  pb::Certificate shared_again;
  ASSERT_TRUE(CreateCertificate({"a.test", "b.test"}, shared_again, txt, "key-1").ok());
  EXPECT_EQ(shared_again.name(), shared.name());
}

TEST_F(MethodsSuite, ARowThatDoesNotTellItsMethodIsTheSameByAny) {
  pb::Certificate first;
  pb::Certificate second;
  ASSERT_TRUE(CreateCertificate({"a.test"}, first, pb::Domain::METHOD_TXT, "key-1").ok());
  Execute("UPDATE padlock.certificates SET settings = settings - 'method'");
  ASSERT_TRUE(CreateCertificate({"a.test"}, second, pb::Domain::METHOD_HTTP, "key-1").ok());
  EXPECT_EQ(first.name(), second.name());
}

TEST_F(MethodsSuite, ADomainInUseStaysUntilTheCertificateIsDeleted) {
  const pb::Domain domain = Create("shop.example.com");
  pb::Certificate made;
  ASSERT_TRUE(CreateCertificate({"shop.example.com", "example.net"}, made).ok());
  const grpc::Status refused = DeleteDomain(domain.name());
  EXPECT_EQ(refused.error_code(), StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(refused.error_message(), HasSubstr(made.name()));
  EXPECT_EQ(DeleteCertificate(domain.certificate()).error_code(), StatusCode::FAILED_PRECONDITION);
  EXPECT_TRUE(DeleteCertificate(made.name()).ok());
  EXPECT_TRUE(DeleteCertificate(made.name()).ok());
  for (const std::string& name : made.domains()) EXPECT_TRUE(DeleteDomain(name).ok());
}

}  // namespace
}  // namespace cert
