// DiagnoseDomain as a caller sees it: by the latest check, and by a look of its own.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/status_matchers.h"
#include "cert/rpc/testing/api_fixture.h"
#include "transport/to_grpc_status.h"

namespace cert {
namespace {

namespace pb = ::padlock::cert::v1;
using ::base::testing::IsOk;
using ::base::testing::StatusIs;
using ::testing::HasSubstr;
using namespace ::cert::testing;  // NOLINT: the fixture

// Forgets what it is asked, until it remembers all of it.
class ForgetfulProber final : public Prober {
 public:
  void Ask(Inquiry, Done done) override { forgotten_.push_back(std::move(done)); }
  absl::Status Ready() const override { return absl::OkStatus(); }

  void Remember() {
    for (Done& done : forgotten_) done({});
  }

 private:
  std::vector<Done> forgotten_;
};

class DiagnoseSuite : public ApiFixture {
 protected:
  grpc::Status Diagnose(const std::string& tenant, const std::string& name, bool fresh) {
    pb::DiagnoseDomainRequest request;
    request.set_name(name);
    request.set_fresh(fresh);
    response_.Clear();
    return Call(*As(tenant, "reader").domains, &pb::DomainService::Stub::DiagnoseDomain, request,
                response_);
  }

  pb::DiagnoseDomainResponse response_;
};

TEST_F(DiagnoseSuite, HasNothingToTellBeforeTheFirstCheck) {
  const pb::Domain domain = Create("shop.test");
  ASSERT_TRUE(Diagnose("acme", domain.name(), /*fresh=*/false).ok());
  EXPECT_EQ(response_.findings_size(), 0);
  EXPECT_EQ(response_.attempt(), 0);
  EXPECT_FALSE(response_.has_check_time());
  EXPECT_THAT(response_.next_action().reason(), HasSubstr("for the first time"));
}

TEST_F(DiagnoseSuite, AFreshLookTellsOfEveryRecordAndStoresNothing) {
  const pb::Domain domain = Create("shop.test");
  prober_.Answer([](const Question&, const std::string&) {
    return Disagrees(observation::Outcome::kNoSuchName);
  });
  const std::string before = CountRows();
  ASSERT_TRUE(Diagnose("acme", domain.name(), /*fresh=*/true).ok());
  ASSERT_EQ(response_.findings_size(), 2);
  EXPECT_EQ(response_.findings(0).record_name(), "_padlock.shop.test");
  EXPECT_EQ(response_.findings(1).record_name(), "_acme-challenge.shop.test");
  EXPECT_TRUE(response_.findings(1).has_next_look_time());
  EXPECT_TRUE(response_.fresh());
  EXPECT_EQ(response_.attempt(), 0);
  EXPECT_TRUE(response_.has_check_time());
  EXPECT_EQ(CountRows(), before);
}

// The canary's question alone, whose answer at a resolver would hide the tokens of an order.
TEST_F(DiagnoseSuite, AFreshLookAsksResolversAtOnceButNotForTheCanary) {
  const pb::Domain domain = Create("shop.test");
  prober_.Answer([](const Question& question, const std::string&) { return Agrees(question); });
  ASSERT_TRUE(Diagnose("acme", domain.name(), /*fresh=*/true).ok());
  EXPECT_EQ(response_.findings_size(), 0);
  const std::vector<Inquiry> asked = prober_.asked();
  ASSERT_EQ(asked.size(), 1U);
  for (const Question& question : asked.front().questions) {
    const bool canary = question.expected_values.front().starts_with("padlock-canary=");
    EXPECT_EQ(question.scope,
              canary ? observation::Scope::kAuthoritative : observation::Scope::kAllAtOnce);
  }
}

TEST_F(DiagnoseSuite, FreshLooksAreBudgeted) {
  const pb::Domain domain = Create("shop.test");
  prober_.Answer([](const Question& question, const std::string&) { return Agrees(question); });
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(Diagnose("acme", domain.name(), /*fresh=*/true).ok());
  const grpc::Status refused = Diagnose("acme", domain.name(), /*fresh=*/true);
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(refused.error_message(), HasSubstr("fresh: too many looks"));
  EXPECT_GT(transport::RetryDelay(transport::FromGrpcStatus(refused)), absl::Seconds(1));
  EXPECT_TRUE(Diagnose("acme", domain.name(), /*fresh=*/false).ok());
}

// Its thread and its place among the looks under way are free again, and nothing waits for an
// answer that comes too late.
TEST_F(DiagnoseSuite, AFreshLookWithoutAnAnswerEndsByItself) {
  const pb::Domain domain = Create("shop.test");
  ForgetfulProber forgetful;
  Diagnoses diagnoses(*store_, forgetful,
                      {.policy = {},
                       .delegation_zone = kDelegationZone,
                       .look_timeout = absl::Milliseconds(1),
                       .look_margin = absl::Milliseconds(1)});
  const Caller caller{.identity = {.name = "spiffe://padlock/tenant/acme/reader",
                                   .tenant = "acme",
                                   .roles = {transport::Role::kReader}},
                      .request_id = "r"};
  for (int i = 0; i < 3; ++i) {
    const absl::Status status = diagnoses.DiagnoseFresh(caller, domain.name()).status();
    EXPECT_THAT(status, StatusIs(absl::StatusCode::kDeadlineExceeded));
    EXPECT_THAT(status.ToString(), HasSubstr("has not ended in its time"));
  }
  EXPECT_THAT(diagnoses.Diagnose(caller, domain.name()), IsOk());
  forgetful.Remember();
}

TEST_F(DiagnoseSuite, AnotherTenantsDomainIsNotFound) {
  const pb::Domain domain = Create("shop.test");
  for (const bool fresh : {false, true}) {
    const std::string id = domain.name().substr(domain.name().rfind('/') + 1);
    EXPECT_EQ(Diagnose("rival", domain.name(), fresh).error_code(), grpc::StatusCode::NOT_FOUND);
    EXPECT_EQ(Diagnose("rival", "tenants/rival/domains/" + id, fresh).error_code(),
              grpc::StatusCode::NOT_FOUND);
  }
}

}  // namespace
}  // namespace cert
