// Certificates in force, and a clock that moves.

#pragma once

#include <string>
#include <vector>

#include "cert/core/renewal.h"
#include "cert/reconcile/testing/reconcile_fixture.h"

namespace cert {

class RenewalFixture : public ReconcileTest {
 protected:
  // By the database's clock, from now on.
  void MoveClock(absl::Duration ahead) {
    Execute(absl::StrFormat("UPDATE padlock.clock SET time_offset = '%d seconds'",
                            absl::ToInt64Seconds(ahead)));
    if (reconciler_ != nullptr) reconciler_->Wake();
  }

  Domain MakeActive() {
    StartReconciler();
    Domain domain = Add("a", "shop.example.com");
    EXPECT_TRUE(Reaches(domain, CertificateState::kActive));
    return domain;
  }

  Renewal RenewalOf(const Domain& domain) {
    const std::optional<Renewal> renewal = Read(domain.tenant, [&](Transaction& it) {
      return it.GetRenewal(*CertificateOf(domain).issuance);
    });
    EXPECT_TRUE(renewal.has_value());
    return renewal.value_or(Renewal{});
  }

  ::testing::AssertionResult HasIssued(std::size_t count) {
    return Eventually([&] { return ca_.IssuedCertificates() >= count; });
  }

  std::vector<std::string> MessagesOf(const Domain& domain, EventType type) {
    std::vector<std::string> messages;
    const auto events = log_.ReadEvents(domain.tenant, {}, 1000);
    EXPECT_THAT(events, IsOk());
    for (const Event& event : *events) {
      if (event.type == type) messages.push_back(event.message);
    }
    return messages;
  }
};

}  // namespace cert
