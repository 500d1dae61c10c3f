// Two tenants and one hostname: "a" holds it, "b" challenges. The CA re-uses valid authorizations,
// so that only the claim keeps the tenants apart.

#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "cert/app/certificates.h"
#include "cert/reconcile/testing/reconcile_fixture.h"

namespace cert {

class ClaimsTest : public ReconcileTest {
 protected:
  static constexpr char kHost[] = "shop.example.com";

  ClaimsTest() : ReconcileTest({.reuse_authorizations = true}) {}

  // The hostname's zone has the records of these domains from now on, and tokens wherever a CNAME
  // leads to us.
  void Show(const std::vector<Domain>& domains, bool tokens_agree = true) {
    prober_.Answer([domains, tokens_agree](const Question& question, const std::string&) {
      const bool there = std::ranges::any_of(domains, [&](const Domain& domain) {
        return std::ranges::count(question.expected_values, domain.claim_value) > 0 ||
               std::ranges::count(question.expected_values, domain.delegation_target) > 0 ||
               std::ranges::count(question.expected_values, domain.canary_value) > 0;
      });
      const bool caa = question.type == observation::RecordType::kCaa;  // lets the CA issue
      const bool agrees = testing::IsAboutTokens(question) ? tokens_agree : there || caa;
      return agrees ? testing::Agrees(question)
                    : testing::Disagrees(observation::Outcome::kMismatch);
    });
  }

  // A domain of "a" whose certificate is there.
  Domain Holder() {
    StartReconciler();
    Domain domain = Add("a", kHost);
    EXPECT_TRUE(Reaches(domain, CertificateState::kActive));
    Show({domain});
    return domain;
  }

  Domain Challenge() {
    absl::StatusOr<DomainDetails> made = domains_.Create(
        Operator("b"), {.parent = "tenants/b", .hostname = kHost, .challenge = true});
    EXPECT_THAT(made, IsOk());
    return made->domain;
  }

  // One that has no CNAME to prove it with.
  Domain ChallengeWithoutDelegation() {
    Domain domain = Challenge();
    Execute("UPDATE padlock.domains SET method = 'TXT' WHERE tenant = 'b'");
    return domain;
  }

  std::optional<Claim> Held() {
    return Read(TenantId("a"), [](Transaction& it) { return it.GetClaim(kHost); });
  }

  template <typename Condition>
  ::testing::AssertionResult EventuallyLooking(Condition condition) {
    return Eventually([&] {
      HurryAll();
      return condition();
    });
  }

  bool IsTold(const Domain& domain, FindingCode code) {
    const std::optional<Finding> finding = Get(domain).finding;
    return finding && finding->code == code;
  }

  Certificates certificates_{store_, sealer_};
};

}  // namespace cert
