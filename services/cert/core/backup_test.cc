#include "cert/core/backup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cert {
namespace {

using ::testing::HasSubstr;

constexpr absl::Time kNoon = absl::FromUnixSeconds(1'800'000'000);
constexpr absl::Duration kDay = absl::Hours(24);

Issuance IssuedFor(absl::Duration age, absl::Duration left) {
  return {.id = IssuanceId("iss_used"),
          .ca = "first",
          .names = {"shop.test"},
          .validity = {.not_before = kNoon - age, .not_after = kNoon + left}};
}

Issuance Backup(absl::Duration left = 60 * kDay) {
  Issuance backup = IssuedFor(30 * kDay, left);
  backup.id = IssuanceId("iss_backup");
  backup.ca = "second";
  return backup;
}

TEST(BackupTest, IsTheSameCertificateElsewhere) {
  const Certificate certificate{.tenant = TenantId("a"),
                                .id = CertificateId("crt_a"),
                                .domain = DomainId("dom_a"),
                                .domains = {DomainId("dom_a")},
                                .names = {"shop.test"},
                                .settings = {.authorities = {"first", "second"},
                                             .profile = "shortlived",
                                             .keys = KeyChoice::kDual,
                                             .backup = true}};
  const Certificate backup = MakeBackup(certificate, CertificateId("crt_b"), "first", kNoon);
  EXPECT_EQ(backup.backup_of, certificate.id);
  EXPECT_EQ(backup.avoided_ca, "first");
  EXPECT_TRUE(backup.domain.empty());
  EXPECT_EQ(backup.domains, certificate.domains);
  EXPECT_EQ(backup.names, certificate.names);
  EXPECT_EQ(backup.settings,
            (CertificateSettings{.authorities = {"first", "second"}, .profile = "shortlived"}));
  EXPECT_EQ(backup.progress.due_time, kNoon);
}

TEST(BackupTest, HasAKeyOfTheMainType) {
  Certificate certificate{.settings = {.keys = KeyChoice::kRsa2048, .backup = true}};
  EXPECT_EQ(MakeBackup(certificate, {}, "", kNoon).settings.keys, KeyChoice::kRsa2048);
  certificate.settings.keys = KeyChoice::kDual;
  EXPECT_EQ(MakeBackup(certificate, {}, "", kNoon).settings.keys, KeyChoice::kEcdsaP256);
}

TEST(WhyUseBackupTest, LeavesACertificateAloneThatIsNotInDanger) {
  const Issuance used = IssuedFor(60 * kDay, 30 * kDay);
  EXPECT_EQ(WhyUseBackup({.issuance = used}, Backup(), kNoon), std::nullopt);
  EXPECT_EQ(WhyUseBackup({.issuance = used, .ca_is_down = true}, Backup(), kNoon), std::nullopt);
  EXPECT_EQ(WhyUseBackup({.issuance = used, .ca_wants_now = true}, Backup(), kNoon), std::nullopt);
}

TEST(WhyUseBackupTest, StepsInADayBeforeTheEnd) {
  const Issuance used = IssuedFor(89 * kDay, kDay);
  EXPECT_THAT(WhyUseBackup({.issuance = used}, Backup(), kNoon).value_or(""),
              HasSubstr("has no successor"));
  EXPECT_EQ(WhyUseBackup({.issuance = used}, Backup(), kNoon - absl::Seconds(1)), std::nullopt);
}

TEST(WhyUseBackupTest, StepsInLaterWhereTheLifetimeIsShort) {
  const Issuance used = IssuedFor(absl::Hours(13), absl::Hours(11));
  EXPECT_EQ(WhyUseBackup({.issuance = used}, Backup(), kNoon), std::nullopt);
  EXPECT_TRUE(WhyUseBackup({.issuance = used}, Backup(), kNoon + absl::Hours(5)).has_value());
}

TEST(WhyUseBackupTest, StepsInAfterTheEnd) {
  const Issuance used = IssuedFor(90 * kDay, -kDay);
  EXPECT_TRUE(WhyUseBackup({.issuance = used}, Backup(), kNoon).has_value());
}

TEST(WhyUseBackupTest, StepsInForWhatIsRevoked) {
  Issuance used = IssuedFor(kDay, 89 * kDay);
  used.revocation = Revocation{};
  EXPECT_THAT(WhyUseBackup({.issuance = used}, Backup(), kNoon).value_or(""),
              HasSubstr("revocation"));
}

TEST(WhyUseBackupTest, StepsInWhenTheCaWantsAReplacementAndIsDown) {
  const Issuance used = IssuedFor(kDay, 89 * kDay);
  const InUse urgent{.issuance = used, .ca_wants_now = true, .ca_is_down = true};
  EXPECT_THAT(WhyUseBackup(urgent, Backup(), kNoon).value_or(""), HasSubstr("first"));
}

TEST(WhyUseBackupTest, NeverTakesABackupThatIsNoBetter) {
  const Issuance used = IssuedFor(89 * kDay, kDay);
  EXPECT_EQ(WhyUseBackup({.issuance = used}, Backup(absl::Hours(23)), kNoon), std::nullopt);
  EXPECT_EQ(WhyUseBackup({.issuance = used}, Backup(-kDay), kNoon), std::nullopt);
  Issuance revoked = Backup();
  revoked.revocation = Revocation{};
  EXPECT_EQ(WhyUseBackup({.issuance = used}, revoked, kNoon), std::nullopt);
  Issuance narrow = Backup();
  narrow.names = {"other.test"};
  EXPECT_EQ(WhyUseBackup({.issuance = used}, narrow, kNoon), std::nullopt);
}

TEST(UseBackupTest, ServesItWhileTheRenewalStaysDue) {
  Certificate certificate{.issuance = IssuanceId("iss_used"),
                          .renew_time = kNoon - kDay,
                          .expire_time = kNoon + kDay,
                          .backup = CertificateId("crt_b")};
  UseBackup(Backup(), kNoon, certificate);
  EXPECT_EQ(certificate.issuance, IssuanceId("iss_backup"));
  EXPECT_EQ(certificate.renew_time, kNoon);
  EXPECT_EQ(certificate.expire_time, kNoon + 60 * kDay);
  EXPECT_EQ(certificate.backup, std::nullopt);
  EXPECT_EQ(certificate.backup_use_time, kNoon);
}

TEST(WithBackupInUseTest, SaysSoBesideTheCause) {
  const Finding cause{.code = FindingCode::kCaUnavailable, .sentence = "The CA is away."};
  EXPECT_EQ(WithBackupInUse(cause, std::nullopt), cause);
  EXPECT_EQ(WithBackupInUse(std::nullopt, std::nullopt), std::nullopt);
  const std::optional<Finding> both = WithBackupInUse(cause, kNoon);
  EXPECT_EQ(both->code, FindingCode::kCaUnavailable);
  EXPECT_THAT(both->sentence, HasSubstr("The CA is away. The backup"));
  EXPECT_EQ(WithBackupInUse(std::nullopt, kNoon)->code, FindingCode::kBackupInUse);
}

}  // namespace
}  // namespace cert
