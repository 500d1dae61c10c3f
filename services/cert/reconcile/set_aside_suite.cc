// Certificates of several names, of which no CA issues for one: with `partial` it is set aside, and
// the others get theirs. The database's clock is moved, not waited for.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "cert/app/shared_certificates.h"
#include "cert/reconcile/testing/reconcile_fixture.h"

namespace cert {
namespace {

using ::observation::Outcome;
using ::observation::RecordType;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr char kGood[] = "shop.example.com";
constexpr char kBad[] = "blocked.example.com";
// After so long it is believed that records are gone.
constexpr absl::Duration kUnseenTime = absl::Minutes(11);

class SetAsideSuite : public ReconcileTest {
 protected:
  Services MakeServices() override {
    Services services = ReconcileTest::MakeServices();
    if (has_second_ca_) {
      services.authorities.push_back(
          {.name = "second", .client = &second_, .issuer_roots = IssuerRoots(second_roots_)});
    }
    return services;
  }

  // Both domains are proved, so that a certificate for them starts with an order for both.
  void StartWithProvedDomains() {
    StartReconciler();
    for (const char* hostname : {kGood, kBad}) {
      ASSERT_TRUE(Reaches(Add("a", hostname), CertificateState::kActive));
    }
    issued_before_ = ca_.IssuedCertificates();
    orders_before_ = ca_.Count(AcmeCall::kNewOrder);
  }

  // For both names of the tenant "a".
  Certificate Order(bool partial = true) {
    const absl::StatusOr<Certificate> made = shared_.Create(
        Operator("a"),
        {.parent = "tenants/a", .names = {kGood, kBad}, .settings = {.partial = partial}});
    EXPECT_THAT(made, IsOk());
    return *made;
  }

  // In force, and with nothing more to do now.
  ::testing::AssertionResult Rests(const CertificateId& id, const std::vector<std::string>& names) {
    return Eventually([&] {
      const Certificate certificate = Get(id);
      const bool done = certificate.progress.state == CertificateState::kActive &&
                        certificate.progress.due_time >
                            base::SystemClock().TimeNow() + ahead_ + absl::Minutes(10) &&
                        !certificate.order.has_value();
      if (!done) HurryAll();
      std::vector<std::string> issued = Issued(id);
      std::ranges::sort(issued);
      return done && issued == names;
    });
  }

  ::testing::AssertionResult Finds(const CertificateId& id, FindingCode code) {
    return Eventually([&] {
      HurryAll();
      const std::optional<Finding> finding = Get(id).finding;
      return finding && finding->code == code;
    });
  }

  void Recheck(const Certificate& certificate) {
    const std::string name = "tenants/a/domains/" + certificate.domains.front().text();
    EXPECT_THAT(domains_.Recheck(Operator("a"), name), IsOk());
  }

  void MakeDue(const CertificateId& id) {
    Execute(absl::StrFormat("UPDATE padlock.certificates SET renew_time = now() WHERE id = '%s'",
                            id.text()));
  }

  // A third of its lead is ten days.
  void EndSoon(const CertificateId& id) {
    Execute(
        absl::StrFormat("UPDATE padlock.issuances SET not_before = now() - interval '81 days', "
                        "not_after = now() + interval '9 days' WHERE certificate = '%s'",
                        id.text()));
  }

  void MoveClock(absl::Duration ahead) {
    ahead_ = ahead;
    Execute(absl::StrFormat("UPDATE padlock.clock SET time_offset = '%d seconds'",
                            absl::ToInt64Seconds(ahead)));
    reconciler_->Wake();
  }

  // By the CA's policy, from now on.
  void Block(const std::set<std::string>& names) {
    ca_.Change([&](FakeCaOptions& ca) { ca.blocked_names = names; });
  }

  // CAA forbids, or nameservers fail, for these names.
  void AnswerForCaa(const std::string& name, Outcome outcome) {
    prober_.Answer([=](const Question& question, const std::string&) {
      if (!question.caa || question.name != name) return testing::Agrees(question);
      View view = testing::Disagrees(outcome);
      if (outcome == Outcome::kServfail) {
        view.observations.front().vote = observation::Vote::kCouldNotTell;
      }
      return view;
    });
  }

  void HideTokensOfBad() {
    prober_.Answer([](const Question& question, const std::string&) {
      const bool hidden = question.name == std::string("_acme-challenge.") + kBad;
      return hidden ? testing::Disagrees(Outcome::kNoSuchName) : testing::Agrees(question);
    });
  }

  // For the tokens of the certificate's order.
  ::testing::AssertionResult LooksOften(const CertificateId& id) {
    return Eventually([&] {
      HurryAll();
      return Read(TenantId("a"), [&](Transaction& it) {
               return it.GetOrder(*Get(id).order);
             }).progress.tries > 5;
    });
  }

  void AgreeToAll() {
    prober_.Answer(
        [](const Question& question, const std::string&) { return testing::Agrees(question); });
  }

  std::vector<std::string> Told(EventType type) {
    std::vector<std::string> messages;
    const auto events = log_.ReadEvents(TenantId("a"), {}, 1000);
    EXPECT_THAT(events, IsOk());
    for (const Event& event : *events) {
      if (event.type == type) messages.push_back(event.message);
    }
    return messages;
  }

  const std::vector<std::string> kBoth{kBad, kGood};  // sorted
  FakeAcmeClient second_{{.base_url = "https://second.test"}, base::SystemClock()};
  const std::string second_roots_ = [this] {
    std::string path =
        absl::StrFormat("%spadlock_aside_roots_%d.pem", ::testing::TempDir(), getpid());
    std::ofstream(path) << second_.RootPem();
    return path;
  }();
  bool has_second_ca_ = false;
  std::size_t issued_before_ = 0;
  int orders_before_ = 0;
  absl::Duration ahead_;
  SharedCertificates shared_{store_, base::SystemRandom(), {.delegation_zone = kZone}};
};

TEST_F(SetAsideSuite, ANameThatTheCaRefusesIsSetAsideAndFollowsOnceItPasses) {
  StartWithProvedDomains();
  Block({kBad});
  const Certificate made = Order();
  ASSERT_TRUE(Rests(made.id, {kGood}));
  const Certificate without = Get(made.id);
  ASSERT_TRUE(without.finding.has_value());
  EXPECT_EQ(without.finding->code, FindingCode::kNamesSetAside);
  EXPECT_THAT(without.finding->sentence, HasSubstr("blocked.example.com: The CA fake issues no"));
  EXPECT_EQ(without.failed_orders, 0);
  EXPECT_THAT(without.ca_failures, IsEmpty());
  EXPECT_THAT(Told(EventType::kNamesSetAside), ElementsAre(HasSubstr("policy forbids this name")));
  Block({});
  MoveClock(absl::Minutes(61));
  ASSERT_TRUE(Rests(made.id, kBoth));
  EXPECT_EQ(Get(made.id).finding, std::nullopt);
  EXPECT_THAT(Get(made.id).set_aside, IsEmpty());
  EXPECT_EQ(ca_.IssuedCertificates(), issued_before_ + 2);
}

TEST_F(SetAsideSuite, WithoutPartialTheNameBlocksAndIsTheOneThatTheReasonNames) {
  StartWithProvedDomains();
  Block({kBad});
  const Certificate made = Order(/*partial=*/false);
  ASSERT_TRUE(Eventually([&] { return Get(made.id).progress.state == CertificateState::kFailed; }));
  EXPECT_EQ(Get(made.id).finding->code, FindingCode::kNameBlocked);
  EXPECT_EQ(ca_.IssuedCertificates(), issued_before_);
  EXPECT_THAT(Get(made.id).set_aside, IsEmpty());
}

TEST_F(SetAsideSuite, WhereEveryNameIsRefusedNoneIsSetAside) {
  StartWithProvedDomains();
  Block({kGood, kBad});
  const Certificate made = Order();
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    return Get(made.id).progress.state == CertificateState::kFailed;
  }));
  EXPECT_EQ(Get(made.id).finding->code, FindingCode::kNameBlocked);
}

TEST_F(SetAsideSuite, SubproblemsSetAllTheirNamesAsideAtOnce) {
  StartWithProvedDomains();
  AcmeProblem problem{.type = "urn:ietf:params:acme:error:compound", .http_status = 400};
  problem.subproblems = {{.type = "urn:ietf:params:acme:error:rejectedIdentifier",
                          .detail = "not this one",
                          .identifier = kBad}};
  ca_.Refuse(AcmeCall::kNewOrder, problem);
  const Certificate made = Order();
  ASSERT_TRUE(Rests(made.id, {kGood}));
  EXPECT_THAT(Get(made.id).finding->sentence, HasSubstr("\"not this one\""));
}

TEST_F(SetAsideSuite, ANameWhoseAuthorizationFailsIsSetAside) {
  StartWithProvedDomains();
  ca_.FailValidation(kBad, {.type = "urn:ietf:params:acme:error:unauthorized",
                            .detail = "another token stands there",
                            .http_status = 403});
  const Certificate made = Order();
  ASSERT_TRUE(Rests(made.id, {kGood}));
  EXPECT_THAT(Get(made.id).finding->sentence, HasSubstr("\"another token stands there\""));
  Recheck(made);
  EXPECT_TRUE(Rests(made.id, kBoth));
}

// It names the name that failed, whose error is not the order's.
TEST_F(SetAsideSuite, WithoutPartialAFailedAuthorizationIsTheOneThatTheReasonNames) {
  StartWithProvedDomains();
  ca_.FailValidation(kBad, {.type = "urn:ietf:params:acme:error:unauthorized",
                            .detail = "another token stands there",
                            .http_status = 403});
  const Certificate made = Order(/*partial=*/false);
  ASSERT_TRUE(Eventually([&] {
    const std::optional<Finding> finding = Get(made.id).finding;
    return finding && finding->code == FindingCode::kCaValidationFailed;
  }));
  EXPECT_THAT(Get(made.id).finding->sentence, HasSubstr("for blocked.example.com"));
  EXPECT_THAT(Issued(made.id), IsEmpty());
}

TEST_F(SetAsideSuite, ANameThatIsRefusedAgainCostsNoOtherCertificate) {
  StartWithProvedDomains();
  Block({kBad});
  const Certificate made = Order();
  ASSERT_TRUE(Rests(made.id, {kGood}));
  Recheck(made);
  ASSERT_TRUE(Eventually([&] {
    const std::vector<SetAsideName> set_aside = Get(made.id).set_aside;
    return set_aside.size() == 1 && set_aside.front().times == 2;
  }));
  ASSERT_TRUE(Rests(made.id, {kGood}));
  EXPECT_EQ(Get(made.id).finding->code, FindingCode::kNamesSetAside);
  EXPECT_EQ(ca_.IssuedCertificates(), issued_before_ + 1);
  EXPECT_EQ(ca_.Count(AcmeCall::kNewOrder), orders_before_ + 3);  // two of them were refused
}

TEST_F(SetAsideSuite, WhatCaaForbidsForAWhileIsSetAside) {
  StartWithProvedDomains();
  AnswerForCaa(kBad, Outcome::kMismatch);
  const Certificate made = Order();
  ASSERT_TRUE(Finds(made.id, FindingCode::kCaaForbids));
  EXPECT_THAT(Issued(made.id), IsEmpty());  // its owner may be about to mend it
  MoveClock(absl::Minutes(2));
  ASSERT_TRUE(Rests(made.id, {kGood}));
  EXPECT_THAT(Get(made.id).set_aside.front().why.record_type, "CAA");
  // The next try finds at the first look that nothing has changed, and sends no order.
  MoveClock(absl::Minutes(65));
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    return Get(made.id).set_aside.front().times == 2;
  }));
  EXPECT_EQ(ca_.Count(AcmeCall::kNewOrder), orders_before_ + 1);
  AgreeToAll();
  Recheck(made);
  EXPECT_TRUE(Rests(made.id, kBoth));
}

TEST_F(SetAsideSuite, ANameWhoseCaaCannotBeAnsweredForLongIsSetAside) {
  StartWithProvedDomains();
  AnswerForCaa(kBad, Outcome::kServfail);
  const Certificate made = Order();
  ASSERT_TRUE(Finds(made.id, FindingCode::kCaaUnanswerable));
  MoveClock(absl::Minutes(11));
  ASSERT_TRUE(Rests(made.id, {kGood}));
}

TEST_F(SetAsideSuite, ACaThatTakesAllNamesComesFirst) {
  has_second_ca_ = true;
  StartWithProvedDomains();
  Block({kBad});
  const Certificate made = Order();
  ASSERT_TRUE(Rests(made.id, kBoth));
  EXPECT_EQ(ca_.IssuedCertificates(), issued_before_);
  EXPECT_THAT(Told(EventType::kNamesSetAside), IsEmpty());
}

TEST_F(SetAsideSuite, WhatEveryCaRefusesIsSetAside) {
  has_second_ca_ = true;
  StartWithProvedDomains();
  Block({kBad});
  second_.Change([](FakeCaOptions& ca) { ca.blocked_names = {kBad}; });
  const Certificate made = Order();
  ASSERT_TRUE(Rests(made.id, {kGood}));
  EXPECT_THAT(Told(EventType::kNamesSetAside), ElementsAre(HasSubstr("The CA second")));
}

TEST_F(SetAsideSuite, ANameInUseIsKeptUntilLittleTimeIsLeft) {
  StartWithProvedDomains();
  const Certificate made = Order();
  ASSERT_TRUE(Rests(made.id, kBoth));
  Block({kBad});
  MakeDue(made.id);
  ASSERT_TRUE(Finds(made.id, FindingCode::kNameBlocked));
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    return Get(made.id).failed_orders >= 2;
  }));
  EXPECT_THAT(Issued(made.id), UnorderedElementsAre(kGood, kBad));
  EXPECT_THAT(Get(made.id).set_aside, IsEmpty());
  EndSoon(made.id);
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    return Issued(made.id).size() == 1;
  }));
  EXPECT_THAT(Issued(made.id), ElementsAre(kGood));
}

// A customer who has left takes nobody's renewal with him.
TEST_F(SetAsideSuite, ANameWhoseRecordsAreGoneIsSetAsideWhenLittleTimeIsLeft) {
  StartWithProvedDomains();
  const Certificate made = Order();
  ASSERT_TRUE(Rests(made.id, kBoth));
  HideTokensOfBad();
  MakeDue(made.id);
  ASSERT_TRUE(Finds(made.id, FindingCode::kRecordMissing));
  MoveClock(kUnseenTime);
  ASSERT_TRUE(LooksOften(made.id));
  EXPECT_THAT(Get(made.id).set_aside, IsEmpty());  // what is served has it, and time is left
  EndSoon(made.id);
  ASSERT_TRUE(Rests(made.id, {kGood}));
  EXPECT_EQ(Get(made.id).finding->record_type, "CNAME");
  const std::size_t issued = ca_.IssuedCertificates();
  Recheck(made);
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    return Get(made.id).set_aside.front().times == 2;
  }));
  ASSERT_TRUE(Rests(made.id, {kGood}));
  EXPECT_EQ(ca_.IssuedCertificates(), issued);
  AgreeToAll();
  Recheck(made);
  EXPECT_TRUE(Rests(made.id, kBoth));
}

// Nor does one who never creates his records keep the others from their first certificate.
TEST_F(SetAsideSuite, ANameWhoseRecordsNeverComeIsSetAsideAfterAWhile) {
  StartWithProvedDomains();
  HideTokensOfBad();
  const Certificate made = Order();
  ASSERT_TRUE(Finds(made.id, FindingCode::kRecordMissing));
  MoveClock(kUnseenTime);
  ASSERT_TRUE(LooksOften(made.id));
  EXPECT_THAT(Get(made.id).set_aside, IsEmpty());
  MoveClock(absl::Hours(1) + kUnseenTime);
  ASSERT_TRUE(Rests(made.id, {kGood}));
  AgreeToAll();
  Recheck(made);
  EXPECT_TRUE(Rests(made.id, kBoth));
}

TEST_F(SetAsideSuite, EachRenewalTriesEveryName) {
  StartWithProvedDomains();
  Block({kBad});
  const Certificate made = Order();
  ASSERT_TRUE(Rests(made.id, {kGood}));
  Block({});
  MakeDue(made.id);
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    return ca_.IssuedCertificates() == issued_before_ + 2;
  }));
  EXPECT_TRUE(Rests(made.id, kBoth));
}

}  // namespace
}  // namespace cert
