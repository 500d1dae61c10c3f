// Orders in progress, at one of two CAs in memory or at both.

#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "cert/app/shared_certificates.h"
#include "cert/reconcile/testing/authorities_fixture.h"

namespace cert {

// For parameterized tests: what an order asks of its CA once it is made.
inline constexpr std::array kCallsAfterNewOrder{
    AcmeCall::kGetAuthorization, AcmeCall::kAnswerChallenge, AcmeCall::kGetOrder,
    AcmeCall::kFinalize, AcmeCall::kDownloadCertificate};
inline std::string CallName(const ::testing::TestParamInfo<AcmeCall>& test) {
  return "Call" + std::to_string(static_cast<int>(test.param));
}

class OrderSurvivalTest : public AuthoritiesTest {
 protected:
  // With these of the two CAs.
  void StartWith(const std::vector<std::string>& cas) {
    Services services = MakeServices();
    std::erase_if(services.authorities, [&](const CertificateAuthority& it) {
      return std::ranges::find(cas, it.name) == cas.end();
    });
    reconciler_.reset();
    StartReconcilerWith(services);
  }

  // The CA's tokens are not seen.
  void HideTokens() {
    prober_.Answer([](const Question& question, const std::string&) {
      return testing::IsAboutTokens(question)
                 ? testing::Disagrees(observation::Outcome::kNoSuchName)
                 : testing::Agrees(question);
    });
  }
  void ShowTokens() {
    prober_.Answer(
        [](const Question& question, const std::string&) { return testing::Agrees(question); });
  }

  std::string StatesOf(const std::string& kind) {
    return Value(
        "SELECT coalesce(string_agg(state, ' ' ORDER BY start_time), '') "
        "FROM padlock.work WHERE kind = '" +
        kind + "'");
  }
  ::testing::AssertionResult OrdersBecome(const std::string& states) {
    return Eventually([&] { return StatesOf("order") == states; });
  }
  int CountOf(const std::string& rows) { return std::stoi(Value("SELECT count(*) FROM " + rows)); }

  // Of what is active.
  void RenewInTheLastDay() {
    Execute(
        "UPDATE padlock.certificates SET renew_time = now(), "
        "expire_time = now() + interval '12 hours' WHERE issuance IS NOT NULL");
    Execute("UPDATE padlock.work SET due_time = now() WHERE kind = 'certificate'");
    reconciler_->Wake();
  }

  // Another certificate of the domain's names.
  Certificate OrderAnother(const std::string& ca = "fake") {
    const absl::StatusOr<Certificate> made = shared_.Create(
        Operator("a"), {.parent = "tenants/a",
                        .names = {"shop.example.com", "*.shop.example.com"},
                        .settings = {.authorities = {ca}, .keys = KeyChoice::kRsa2048}});
    EXPECT_THAT(made, IsOk());
    return *made;
  }

  SharedCertificates shared_{
      store_, base::SystemRandom(), {.delegation_zone = kZone, .authorities = {"fake", "second"}}};
};

}  // namespace cert
