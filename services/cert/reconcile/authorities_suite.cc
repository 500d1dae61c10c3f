// Several CAs: which one an order goes to, what CAA and limits let be sent, and what all replicas
// know together.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cert/reconcile/testing/reconcile_fixture.h"

namespace cert {
namespace {

using ::observation::RecordType;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

AcmeProblem Problem(const std::string& type, int http_status, const std::string& detail) {
  return {
      .type = "urn:ietf:params:acme:error:" + type, .detail = detail, .http_status = http_status};
}

class AuthoritiesTest : public ReconcileTest {
 protected:
  AuthoritiesTest() { std::ofstream(second_roots_) << second_.RootPem(); }

  Services MakeServices() override {
    Services services = ReconcileTest::MakeServices();
    services.authorities.push_back(
        {.name = "second", .client = &second_, .issuer_roots_file = second_roots_});
    for (std::size_t i = 0; i < services.authorities.size(); ++i) {
      if (looks_at_caa_) services.authorities[i].caa_identities = {kIdentities.at(i)};
    }
    services.authorities.front().limits = limits_;
    services.authorities.front().authorization_lifetime = authorization_lifetime_;
    services.authorities.front().profile_authorization_lifetimes = profile_lifetimes_;
    return services;
  }

  Domain Make(const Caller& caller, const CreateDomainInput& input) {
    absl::StatusOr<DomainDetails> made = all_domains_.Create(caller, input);
    EXPECT_THAT(made, IsOk());
    return made->domain;
  }
  Domain AddWith(const std::string& tenant, const std::string& hostname,
                 const std::vector<std::string>& authorities) {
    return Make(Operator(tenant), {.parent = "tenants/" + tenant,
                                   .hostname = hostname,
                                   .settings = {.authorities = authorities}});
  }
  Domain AddByHand(const std::string& hostname, const CertificateSettings& settings) {
    return Make(Operator("a"), {.parent = "tenants/a",
                                .hostname = hostname,
                                .method = ValidationMethod::kTxt,
                                .settings = settings});
  }

  // The CAA records let only these issue; what the others see is `outcome`.
  void AllowByCaa(const std::vector<std::string>& identities, observation::Outcome outcome) {
    prober_.Answer([=](const Question& question, const std::string&) {
      const bool allowed =
          !question.caa ||
          std::ranges::find(identities, question.caa->issuer_domains.front()) != identities.end();
      if (allowed) return testing::Agrees(question);
      View view = testing::Disagrees(outcome);
      if (outcome == observation::Outcome::kServfail) {
        view.observations.front().vote = observation::Vote::kCouldNotTell;
      }
      return view;
    });
  }

  std::string IssuedBy(const Domain& domain) {
    const Certificate certificate = CertificateOf(domain);
    if (!certificate.issuance) return "";
    return Read(domain.tenant,
                [&](Transaction& it) { return it.GetIssuance(*certificate.issuance); })
        .ca;
  }

  ::testing::AssertionResult EventuallyFinds(const Domain& domain, FindingCode code) {
    return Eventually([&] {
      const std::optional<Finding> finding = CertificateOf(domain).finding;
      return finding.has_value() && finding->code == code;
    });
  }

  ::testing::AssertionResult EventuallyActive(const Domain& domain) {
    return Eventually([&] {
      HurryAll();
      return CertificateOf(domain).progress.state == CertificateState::kActive;
    });
  }

  std::string Value(const std::string& sql) {
    pqxx::connection connection(database_->ConnectionString("postgres"));
    return pqxx::nontransaction(connection).exec1(sql)[0].as<std::string>();
  }

  const std::vector<std::string> kIdentities{"first.example", "second.example"};
  FakeAcmeClient second_{{.base_url = "https://second.test"}, base::SystemClock()};
  const std::string second_roots_ =
      absl::StrFormat("%spadlock_second_roots_%d.pem", ::testing::TempDir(), getpid());
  Domains all_domains_{
      store_, base::SystemRandom(), {.delegation_zone = kZone, .authorities = {"fake", "second"}}};
  bool looks_at_caa_ = false;
  std::vector<CaLimit> limits_;
  absl::Duration authorization_lifetime_ = absl::InfiniteDuration();
  std::map<std::string, absl::Duration> profile_lifetimes_;
};

TEST_F(AuthoritiesTest, ACustomerWhoCreatesTheRecordsIsGivenTokensThatLive) {
  authorization_lifetime_ = absl::Hours(24);
  StartReconciler();
  const Domain by_hand = AddByHand("hand.example.com", {});
  ASSERT_TRUE(Reaches(by_hand, CertificateState::kActive));
  EXPECT_EQ(IssuedBy(by_hand), "second");
  const Domain delegated = AddWith("a", "shop.example.com", {});
  ASSERT_TRUE(Reaches(delegated, CertificateState::kActive));
  EXPECT_EQ(IssuedBy(delegated), "fake");
}

TEST_F(AuthoritiesTest, TokensLiveAsLongAsTheProfileHasIt) {
  profile_lifetimes_["brief"] = absl::Hours(1);
  for (FakeAcmeClient* ca : {&ca_, &second_}) {
    ca->Change([](FakeCaOptions& it) { it.profiles = {{"brief", 90 * absl::Hours(24)}}; });
  }
  StartReconciler();
  const Domain brief = AddByHand("brief.example.com", {.profile = "brief"});
  const Domain long_lived = AddByHand("long.example.com", {});
  ASSERT_TRUE(Reaches(brief, CertificateState::kActive));
  ASSERT_TRUE(Reaches(long_lived, CertificateState::kActive));
  EXPECT_EQ(IssuedBy(brief), "second");
  EXPECT_EQ(IssuedBy(long_lived), "fake");
}

TEST_F(AuthoritiesTest, ACaThatIsDownIsPassedOver) {
  for (int i = 0; i < 50; ++i) ca_.Disconnect(AcmeCall::kNewAccount);
  StartReconciler();
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(EventuallyActive(domain));
  EXPECT_EQ(IssuedBy(domain), "second");
  EXPECT_EQ(ca_.Count(AcmeCall::kNewOrder), 0);
  EXPECT_EQ(second_.Count(AcmeCall::kNewOrder), 1);
  EXPECT_THAT(EventsOf(domain), Contains(EventType::kAuthorityChanged));
  EXPECT_THAT(EventsOf(domain), Not(Contains(EventType::kOrderFailed)));
  EXPECT_EQ(CertificateOf(domain).finding, std::nullopt);
}

// What another replica has seen, an hour long.
TEST_F(AuthoritiesTest, ACaThatIsDownForEverybodyIsNotAskedAtAll) {
  Execute(
      "INSERT INTO padlock.ca_states (ca, failures, failure_time) "
      "VALUES ('fake', 3, now() + interval '1 hour')");
  StartReconciler();
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(Reaches(domain, CertificateState::kActive));
  EXPECT_EQ(IssuedBy(domain), "second");
  EXPECT_EQ(ca_.Count(AcmeCall::kNewAccount), 0);
}

TEST_F(AuthoritiesTest, ACaThatAnswersIsDownNoMore) {
  Execute(
      "INSERT INTO padlock.ca_states (ca, failures, failure_time) "
      "VALUES ('fake', 7, now() - interval '1 hour')");
  StartReconciler();
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(Reaches(domain, CertificateState::kActive));
  EXPECT_EQ(IssuedBy(domain), "fake");
  EXPECT_EQ(Value("SELECT failures FROM padlock.ca_states WHERE ca = 'fake'"), "0");
}

TEST_F(AuthoritiesTest, TheOnlyAllowedCaIsWaitedForWhenItIsDown) {
  for (int i = 0; i < 5; ++i) ca_.Disconnect(AcmeCall::kNewAccount);
  StartReconciler();
  const Domain domain = AddWith("a", "shop.example.com", {"fake"});
  ASSERT_TRUE(EventuallyFinds(domain, FindingCode::kCaUnavailable));
  ASSERT_TRUE(EventuallyActive(domain));
  EXPECT_EQ(IssuedBy(domain), "fake");
  EXPECT_EQ(second_.Count(AcmeCall::kNewAccount), 0);
}

TEST_F(AuthoritiesTest, ACertificateChoosesTheOrder) {
  StartReconciler();
  const Domain domain = AddWith("a", "shop.example.com", {"second", "fake"});
  ASSERT_TRUE(Reaches(domain, CertificateState::kActive));
  EXPECT_EQ(IssuedBy(domain), "second");
}

TEST_F(AuthoritiesTest, ARefusedNameGoesToTheNextCa) {
  ca_.Refuse(AcmeCall::kNewOrder, Problem("rejectedIdentifier", 400, "policy forbids this name"));
  StartReconciler();
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(EventuallyActive(domain));
  EXPECT_EQ(IssuedBy(domain), "second");
}

TEST_F(AuthoritiesTest, WhenEveryCaRefusesTheNamesItEndsUntilARecheck) {
  const AcmeProblem refusal = Problem("rejectedIdentifier", 400, "policy forbids this name");
  ca_.Refuse(AcmeCall::kNewOrder, refusal);
  second_.Refuse(AcmeCall::kNewOrder, refusal);
  StartReconciler();
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    return CertificateOf(domain).progress.state == CertificateState::kFailed;
  }));
  ASSERT_THAT(domains_.Recheck(Operator("a"), "tenants/a/domains/" + domain.id.text()), IsOk());
  ASSERT_TRUE(EventuallyActive(domain));
  EXPECT_EQ(IssuedBy(domain), "fake");
}

// In the last day the next CA is asked without the pause of a minute after a failed order.
TEST_F(AuthoritiesTest, InTheLastDayAFailedOrderGoesToTheNextCaAtOnce) {
  StartReconciler();
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(Reaches(domain, CertificateState::kActive));
  ca_.FailValidation("shop.example.com", Problem("unauthorized", 403, "no TXT record found"));
  Execute(
      "UPDATE padlock.certificates "
      "SET renew_time = now(), expire_time = now() + interval '23 hours'");
  HurryAll();
  EXPECT_TRUE(Eventually([&] { return IssuedBy(domain) == "second"; }));
  EXPECT_EQ(second_.Count(AcmeCall::kNewOrder), 1);
}

TEST_F(AuthoritiesTest, CaaIsAskedAsTheCaAndBeforeTheOrder) {
  looks_at_caa_ = true;
  StartReconciler();
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(Reaches(domain, CertificateState::kActive));
  std::vector<Question> asked;
  for (const Inquiry& inquiry : prober_.asked()) {
    for (const Question& question : inquiry.questions) {
      if (question.type == RecordType::kCaa) asked.push_back(question);
    }
  }
  ASSERT_EQ(asked.size(), 2U);  // the host and its wildcard, once
  EXPECT_EQ(asked[0].name, "shop.example.com");
  EXPECT_EQ(asked[1].name, "shop.example.com");
  EXPECT_NE(asked[0].caa->wildcard, asked[1].caa->wildcard);
  EXPECT_EQ(asked[0].caa->issuer_domains, std::vector<std::string>{"first.example"});
  EXPECT_EQ(asked[0].caa->validation_method, "dns-01");
  EXPECT_EQ(asked[0].caa->account_uri,
            Value("SELECT url FROM padlock.acme_accounts WHERE ca = 'fake'"));
}

TEST_F(AuthoritiesTest, ACaThatCaaForbidsIsPassedOverWithoutAnOrder) {
  looks_at_caa_ = true;
  AllowByCaa({"second.example"}, observation::Outcome::kMismatch);
  StartReconciler();
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(Reaches(domain, CertificateState::kActive));
  EXPECT_EQ(IssuedBy(domain), "second");
  EXPECT_EQ(ca_.Count(AcmeCall::kNewOrder), 0);
  EXPECT_THAT(EventsOf(domain), Contains(EventType::kAuthorityChanged));
}

TEST_F(AuthoritiesTest, WhatCaaForbidsIsToldAndLookedAtAgain) {
  looks_at_caa_ = true;
  AllowByCaa({}, observation::Outcome::kMismatch);
  StartReconciler();
  const Domain domain = AddWith("a", "shop.example.com", {"fake"});
  ASSERT_TRUE(EventuallyFinds(domain, FindingCode::kCaaForbids));
  EXPECT_EQ(ca_.Count(AcmeCall::kNewOrder), 0);
  AllowByCaa(kIdentities, observation::Outcome::kMismatch);
  ASSERT_TRUE(EventuallyActive(domain));
  EXPECT_EQ(ca_.Count(AcmeCall::kNewOrder), 1);
  EXPECT_EQ(CertificateOf(domain).finding, std::nullopt);
}

TEST_F(AuthoritiesTest, WhenCaaForbidsAllTheFirstThatItAllowsAgainIsAsked) {
  looks_at_caa_ = true;
  AllowByCaa({}, observation::Outcome::kMismatch);
  StartReconciler();
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(EventuallyFinds(domain, FindingCode::kCaaForbids));
  AllowByCaa({"first.example"}, observation::Outcome::kMismatch);
  // As if the pauses of all had passed.
  ASSERT_TRUE(Eventually([&] {
    Execute("UPDATE padlock.certificates SET ca_failures = '[]'");
    HurryAll();
    return CertificateOf(domain).progress.state == CertificateState::kActive;
  }));
  EXPECT_EQ(IssuedBy(domain), "fake");
  EXPECT_EQ(second_.Count(AcmeCall::kNewOrder), 0);
}

TEST_F(AuthoritiesTest, NameserversThatFailForCaaKeepTheOrderBackAtEveryCa) {
  looks_at_caa_ = true;
  AllowByCaa({}, observation::Outcome::kServfail);
  StartReconciler();
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(EventuallyFinds(domain, FindingCode::kCaaUnanswerable));
  EXPECT_EQ(ca_.Count(AcmeCall::kNewOrder), 0);
  EXPECT_EQ(second_.Count(AcmeCall::kNewAccount), 0);
}

TEST_F(AuthoritiesTest, ARequestBeyondALimitIsNotSent) {
  limits_ = {{LimitScope::kRegisteredDomain, 1, absl::Hours(1)}};
  StartReconciler();
  const Domain first = AddWith("a", "one.example.com", {"fake"});
  ASSERT_TRUE(Reaches(first, CertificateState::kActive));
  const Domain other = AddWith("b", "two.example.com", {"fake"});
  ASSERT_TRUE(EventuallyFinds(other, FindingCode::kCaLimitReached));
  HurryAll();
  const Domain elsewhere = AddWith("b", "shop.example.net", {"fake"});
  ASSERT_TRUE(Reaches(elsewhere, CertificateState::kActive));
  EXPECT_EQ(ca_.Count(AcmeCall::kNewOrder), 2);
  const Finding finding = *CertificateOf(other).finding;
  EXPECT_THAT(finding.sentence, HasSubstr("limit of 1 in 1 h is reached for orders for names in "
                                          "example.com"));
  // The window has passed.
  Execute("UPDATE padlock.ca_uses SET time = time - interval '2 hours'");
  EXPECT_TRUE(EventuallyActive(other));
}

TEST_F(AuthoritiesTest, AtALongLimitTheNextCaIsAsked) {
  limits_ = {{LimitScope::kAccount, 1, absl::Hours(1)}};
  StartReconciler();
  ASSERT_TRUE(Reaches(Add("a", "one.example.com"), CertificateState::kActive));
  const Domain other = Add("b", "two.example.com");
  ASSERT_TRUE(Reaches(other, CertificateState::kActive));
  EXPECT_EQ(IssuedBy(other), "second");
  EXPECT_EQ(ca_.Count(AcmeCall::kNewOrder), 1);
}

TEST_F(AuthoritiesTest, EveryRequestIsCountedThoseWithoutAReplyToo) {
  limits_ = {{LimitScope::kAccount, 10, absl::Hours(1)}};
  ca_.Disconnect(AcmeCall::kNewOrder);
  StartReconciler();
  const Domain domain = AddWith("a", "shop.example.com", {"fake"});
  ASSERT_TRUE(EventuallyActive(domain));
  EXPECT_EQ(Value("SELECT count(*) FROM padlock.ca_uses WHERE scope = 'ACCOUNT'"), "2");
}

TEST_F(AuthoritiesTest, AFailedValidationIsCountedForItsName) {
  limits_ = {{LimitScope::kFailedValidations, 1, absl::Hours(1)}};
  ca_.FailValidation("shop.example.com", Problem("unauthorized", 403, "no TXT record found"));
  StartReconciler();
  const Domain domain = AddWith("a", "shop.example.com", {"fake"});
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    const std::optional<Finding> finding = CertificateOf(domain).finding;
    return finding.has_value() && finding->code == FindingCode::kCaLimitReached;
  }));
  EXPECT_EQ(ca_.Count(AcmeCall::kNewOrder), 1);
}

TEST_F(AuthoritiesTest, WhatTheCaRefusesForAWhileNobodySends) {
  AcmeProblem problem = Problem("rateLimited", 429, "too many new orders from this account");
  problem.retry_after = absl::Hours(1);
  ca_.Refuse(AcmeCall::kNewOrder, problem);
  StartReconciler();
  const Domain domain = AddWith("a", "one.example.com", {"fake"});
  ASSERT_TRUE(EventuallyFinds(domain, FindingCode::kCaLimitReached));
  const Domain other = AddWith("b", "two.example.net", {"fake"});
  ASSERT_TRUE(EventuallyFinds(other, FindingCode::kCaLimitReached));
  EXPECT_THAT(CertificateOf(other).finding->sentence, HasSubstr("too many new orders"));
  HurryAll();
  const Domain free = Add("c", "three.example.org");
  ASSERT_TRUE(EventuallyActive(free));
  EXPECT_EQ(IssuedBy(free), "second");
  EXPECT_EQ(ca_.Count(AcmeCall::kNewOrder), 1);
  Execute("DELETE FROM padlock.ca_waits");
  EXPECT_TRUE(EventuallyActive(domain));
  EXPECT_TRUE(EventuallyActive(other));
}

TEST_F(AuthoritiesTest, TwoReplicasCountTogether) {
  constexpr int kLimit = 3;
  limits_ = {{LimitScope::kAccount, kLimit, absl::Hours(1)}};
  std::vector<Domain> added;
  for (int i = 0; i < 8; ++i) {
    added.push_back(AddWith("a", absl::StrFormat("shop%d.example.com", i), {"fake"}));
  }
  StartReconciler();
  const Reconciler twin(MakeServices(), queue_, {.threads = 2, .lease = kLease});
  ASSERT_TRUE(Eventually([&] {
    int active = 0;
    int waiting = 0;
    for (const Domain& domain : added) {
      const Certificate certificate = CertificateOf(domain);
      active += certificate.progress.state == CertificateState::kActive ? 1 : 0;
      waiting += certificate.finding && certificate.finding->code == FindingCode::kCaLimitReached;
    }
    return active == kLimit && waiting == static_cast<int>(added.size()) - kLimit;
  }));
  EXPECT_EQ(ca_.Count(AcmeCall::kNewOrder), kLimit);
}

TEST_F(AuthoritiesTest, WithoutAnAllowedCaTheOwnerIsTold) {
  const Domain domain = AddWith("a", "shop.example.com", {"second"});
  Execute("UPDATE padlock.certificates SET settings = '{\"authorities\": [\"gone\"]}'");
  StartReconciler();
  EXPECT_TRUE(EventuallyFinds(domain, FindingCode::kNoAuthority));
}

}  // namespace
}  // namespace cert
