// Certificates whose consumers confirm what they serve: pending deployment until they do, told of
// when they do not, and renewed all the same.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "cert/app/certificates.h"
#include "cert/reconcile/testing/reconcile_fixture.h"

namespace cert {
namespace {

using ::base::testing::StatusIs;
using ::testing::HasSubstr;

class DeploymentTest : public ReconcileTest {
 protected:
  Services MakeServices() override {
    Services services = ReconcileTest::MakeServices();
    services.options.deployment = {.tenants = {"a"}, .patience = absl::Hours(1)};
    return services;
  }

  // Issued, and awaited.
  Domain MakeIssued() {
    StartReconciler();
    Domain domain = Add("a", "shop.example.com");
    EXPECT_TRUE(Reaches(domain, CertificateState::kActive));
    EXPECT_TRUE(CertificateOf(domain).deployment.has_value());
    return domain;
  }

  absl::StatusOr<CertificateDetails> Confirm(const Domain& domain, const std::string& serial,
                                             transport::Role role = transport::Role::kKeyReader) {
    Caller caller = Operator("a");
    caller.identity.roles = {role};
    return certificates_.ConfirmDeployment(
        caller, "tenants/a/certificates/" + domain.certificate.text(), serial);
  }

  std::string SerialOf(const Domain& domain) {
    const IssuanceId id = *CertificateOf(domain).issuance;
    return Read(TenantId("a"), [&](Transaction& it) { return it.GetIssuance(id); }).serial;
  }

  // As after an hour.
  void PassPatience(const Domain& domain) {
    Execute(
        "UPDATE padlock.certificates SET awaited_overdue_time = padlock.padlock_now() WHERE id = "
        "'" +
        domain.certificate.text() + "'");
  }
  ::testing::AssertionResult IsTold(const Domain& domain) {
    return Eventually([&] {
      HurryAll();
      const std::optional<Finding> finding = CertificateOf(domain).finding;
      return finding && finding->code == FindingCode::kNotDeployed;
    });
  }

  std::ptrdiff_t Count(const Domain& domain, EventType type) {
    return std::ranges::count(EventsOf(domain), type);
  }

  Certificates certificates_{store_, sealer_};
};

TEST_F(DeploymentTest, IsAwaitedUntilAConsumerConfirmsTheSerial) {
  const Domain domain = MakeIssued();
  const Certificate pending = CertificateOf(domain);
  EXPECT_LE(pending.progress.due_time, pending.deployment->overdue_time);
  const std::string serial = SerialOf(domain);
  ASSERT_THAT(Confirm(domain, serial), IsOk());
  EXPECT_EQ(CertificateOf(domain).deployment, std::nullopt);
  EXPECT_EQ(Count(domain, EventType::kDeployed), 1);
  ASSERT_THAT(Confirm(domain, serial), IsOk());
  EXPECT_EQ(Count(domain, EventType::kDeployed), 1);
  EXPECT_EQ(Count(domain, EventType::kDeploymentOverdue), 0);
}

TEST_F(DeploymentTest, OnlyAKeyReaderConfirmsAndOnlyWhatIsInUse) {
  const Domain domain = MakeIssued();
  const std::string serial = SerialOf(domain);
  EXPECT_THAT(Confirm(domain, serial, transport::Role::kReader),
              StatusIs(absl::StatusCode::kPermissionDenied));
  for (const char* wrong : {"", "0G", "0A", "0x1"}) {
    EXPECT_THAT(Confirm(domain, wrong), StatusIs(absl::StatusCode::kInvalidArgument));
  }
  const absl::Status other = Confirm(domain, "00").status();
  EXPECT_THAT(other, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(std::string(other.message()), HasSubstr(serial));
  EXPECT_TRUE(CertificateOf(domain).deployment.has_value());
}

TEST_F(DeploymentTest, OwnersAreToldOnceWhenNobodyConfirmsInTime) {
  const Domain domain = MakeIssued();
  PassPatience(domain);
  ASSERT_TRUE(IsTold(domain));
  HurryAll();
  EXPECT_EQ(Count(domain, EventType::kDeploymentOverdue), 1);
  EXPECT_EQ(CertificateOf(domain).progress.state, CertificateState::kActive);
  ASSERT_THAT(Confirm(domain, SerialOf(domain)), IsOk());
  EXPECT_EQ(CertificateOf(domain).finding, std::nullopt);
}

// The consumer still serves the first: that is what ends, whatever has been issued since.
TEST_F(DeploymentTest, RenewalsGoOnAndTheEndOfWhatIsServedIsKept) {
  const Domain domain = MakeIssued();
  const std::string first = SerialOf(domain);
  ASSERT_THAT(Confirm(domain, first), IsOk());
  const std::optional<absl::Time> end = CertificateOf(domain).expire_time;
  for (int renewal = 0; renewal < 2; ++renewal) {
    const IssuanceId before = *CertificateOf(domain).issuance;
    Execute("UPDATE padlock.certificates SET renew_time = now()");
    ASSERT_TRUE(Eventually([&] {
      HurryAll();
      const Certificate now = CertificateOf(domain);
      return now.issuance != before && now.progress.state == CertificateState::kActive;
    }));
  }
  const Certificate renewed = CertificateOf(domain);
  ASSERT_TRUE(renewed.deployment.has_value());
  EXPECT_EQ(renewed.deployment->served_until, end);
  EXPECT_EQ(renewed.deployment->awaited, std::vector<IssuanceId>{*renewed.issuance});
  EXPECT_THAT(Confirm(domain, first), StatusIs(absl::StatusCode::kFailedPrecondition));
  ASSERT_THAT(Confirm(domain, SerialOf(domain)), IsOk());
  EXPECT_EQ(CertificateOf(domain).deployment, std::nullopt);
}

TEST_F(DeploymentTest, OtherTenantsCertificatesAreInUseAtOnce) {
  StartReconciler();
  const Domain domain = Add("b", "shop.example.com");
  ASSERT_TRUE(Reaches(domain, CertificateState::kActive));
  EXPECT_EQ(CertificateOf(domain).deployment, std::nullopt);
}

}  // namespace
}  // namespace cert
