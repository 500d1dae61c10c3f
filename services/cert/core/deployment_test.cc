#include "cert/core/deployment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cert {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr absl::Time kIssued = absl::FromUnixSeconds(1'800'000'000);
constexpr absl::Duration kDayLong = absl::Hours(24);
const DeploymentPolicy kConfirming{.tenants = {"shop", "acme"}, .patience = absl::Hours(2)};
const IssuanceId kFirst("iss_1");
const IssuanceId kSecond("iss_2");

Certificate Having(const IssuanceId& issuance) {
  Certificate certificate{.tenant = TenantId("acme")};
  certificate.issuance = issuance;
  return certificate;
}

Certificate Awaiting(std::optional<absl::Time> served_until) {
  Certificate certificate = Having(kFirst);
  AwaitDeployment(kConfirming, kFirst, served_until, kIssued, certificate);
  return certificate;
}

TEST(AwaitDeploymentTest, WaitsOnlyForThoseWhoConfirm) {
  Certificate certificate = Having(kFirst);
  AwaitDeployment({.tenants = {"shop"}}, kFirst, std::nullopt, kIssued, certificate);
  EXPECT_EQ(certificate.deployment, std::nullopt);
  Certificate backup = Having(kFirst);
  backup.backup_of = CertificateId("crt_1");
  AwaitDeployment(kConfirming, kFirst, std::nullopt, kIssued, backup);
  EXPECT_EQ(backup.deployment, std::nullopt);
  EXPECT_EQ(Awaiting(std::nullopt).deployment.value_or(Deployment{}).awaited,
            std::vector<IssuanceId>{kFirst});
}

TEST(AwaitDeploymentTest, NoLongerWaitsForATenantThatIsNotConfigured) {
  Certificate certificate = Awaiting(std::nullopt);
  certificate.issuance = kSecond;
  AwaitDeployment({}, kSecond, std::nullopt, kIssued, certificate);
  EXPECT_EQ(certificate.deployment, std::nullopt);
}

TEST(AwaitDeploymentTest, IsOverdueAfterPatienceOrADayBeforeTheOldEnd) {
  EXPECT_EQ(DeploymentTellTime(Awaiting(std::nullopt)), kIssued + absl::Hours(2));
  EXPECT_EQ(DeploymentTellTime(Awaiting(kIssued + 30 * kDayLong)), kIssued + absl::Hours(2));
  EXPECT_EQ(DeploymentTellTime(Awaiting(kIssued + kDayLong + absl::Hours(1))),
            kIssued + absl::Hours(1));
  EXPECT_EQ(DeploymentTellTime(Awaiting(kIssued + absl::Hours(3))), kIssued);
  EXPECT_EQ(DeploymentTellTime(Having(kFirst)), absl::InfiniteFuture());
}

// Its consumers have been served the same old one all the time.
TEST(AwaitDeploymentTest, ASuccessorOfWhatIsAwaitedGetsNoMoreTime) {
  Certificate certificate = Awaiting(kIssued + 3 * kDayLong);
  certificate.issuance = kSecond;
  AwaitDeployment(kConfirming, kSecond, kIssued + 9 * kDayLong, kIssued + kDayLong, certificate);
  EXPECT_THAT(certificate.deployment->awaited, ElementsAre(kSecond));
  EXPECT_EQ(certificate.deployment->served_until, kIssued + 3 * kDayLong);
  EXPECT_EQ(DeploymentTellTime(certificate), kIssued + absl::Hours(2));
}

TEST(ConfirmDeployedTest, IsOverWithTheLastOfTwo) {
  Certificate dual = Having(kFirst);
  dual.settings.keys = KeyChoice::kDual;
  AwaitDeployment(kConfirming, kFirst, std::nullopt, kIssued, dual);
  dual.second_issuance = kSecond;
  AwaitDeployment(kConfirming, kSecond, std::nullopt, kIssued, dual);
  EXPECT_FALSE(ConfirmDeployed(IssuanceId("iss_0"), dual));
  EXPECT_TRUE(ConfirmDeployed(kFirst, dual));
  EXPECT_TRUE(dual.deployment.has_value());
  EXPECT_FALSE(ConfirmDeployed(kFirst, dual));
  EXPECT_TRUE(ConfirmDeployed(kSecond, dual));
  EXPECT_EQ(dual.deployment, std::nullopt);
  EXPECT_FALSE(ConfirmDeployed(kSecond, dual));
}

TEST(ConfirmDeployedTest, TakesItsOwnFindingAwayAndNoOther) {
  for (const FindingCode code : {FindingCode::kNotDeployed, FindingCode::kCaaForbids}) {
    Certificate certificate = Awaiting(std::nullopt);
    certificate.finding = Finding{.code = code};
    EXPECT_TRUE(ConfirmDeployed(kFirst, certificate));
    EXPECT_EQ(certificate.finding.has_value(), code == FindingCode::kCaaForbids);
  }
}

TEST(WithDeploymentTest, TellsOnceItIsOverdueWhatIsServedInstead) {
  const Certificate certificate = Awaiting(kIssued + 3 * kDayLong);
  const absl::Time overdue_time = kIssued + absl::Hours(2);
  EXPECT_EQ(WithDeployment(std::nullopt, certificate, overdue_time - absl::Seconds(1)),
            std::nullopt);
  const std::optional<Finding> finding = WithDeployment(std::nullopt, certificate, overdue_time);
  ASSERT_TRUE(finding.has_value());
  EXPECT_EQ(finding->code, FindingCode::kNotDeployed);
  EXPECT_THAT(finding->sentence, HasSubstr("issued at 2027-01-15 08:00:00 UTC"));
  EXPECT_THAT(finding->sentence, HasSubstr("valid until 2027-01-18 08:00:00 UTC"));
}

TEST(WithDeploymentTest, LeavesWhatStopsTheRenewalFirst) {
  const Finding cause{.code = FindingCode::kCaaForbids, .sentence = "CAA forbids it."};
  const Certificate certificate = Awaiting(std::nullopt);
  EXPECT_EQ(WithDeployment(cause, certificate, kIssued), cause);
  const std::optional<Finding> finding = WithDeployment(cause, certificate, kIssued + kDayLong);
  EXPECT_EQ(finding->code, FindingCode::kCaaForbids);
  EXPECT_THAT(finding->sentence, HasSubstr("CAA forbids it. The certificate that was issued"));
}

}  // namespace
}  // namespace cert
