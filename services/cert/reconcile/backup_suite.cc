// Backups: ordered from another CA beside what they stand by for, used when that is in danger, and
// in nobody's way.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cert/reconcile/testing/backup_fixture.h"

namespace cert {
namespace {

using ::base::testing::StatusIs;
using ::testing::Contains;
using ::testing::HasSubstr;

TEST_F(BackupTest, IsIssuedByAnotherCaWithAnotherKeyAndNotServed) {
  StartReconciler();
  const Domain domain = Make();
  ASSERT_TRUE(EventuallyHasBackup(domain));
  const Certificate certificate = CertificateOf(domain);
  const Certificate backup = BackupOf(domain);
  EXPECT_EQ(IssuedBy(certificate), "fake");
  EXPECT_EQ(IssuedBy(backup), "second");
  EXPECT_EQ(backup.backup_of, certificate.id);
  EXPECT_EQ(Get(*backup.issuance).names, Get(*certificate.issuance).names);
  EXPECT_NE(Get(*backup.issuance).key->octets, Get(*certificate.issuance).key->octets);
  EXPECT_EQ(ca_.Count(AcmeCall::kNewOrder), 1);
  EXPECT_EQ(second_.Count(AcmeCall::kNewOrder), 1);

  const auto fetched = certificates_.Fetch(With(transport::Role::kKeyReader),
                                           NameOf(certificate.id), /*with_key=*/true);
  ASSERT_THAT(fetched, IsOk());
  EXPECT_EQ(fetched->issuance.id, certificate.issuance);
  EXPECT_THAT(certificates_.Fetch(With(transport::Role::kKeyReader), NameOf(backup.id), true),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  const auto listed = certificates_.List(With(transport::Role::kReader), "tenants/a", std::nullopt,
                                         {.size = 10, .after_id = ""});
  ASSERT_THAT(listed, IsOk());
  ASSERT_EQ(listed->items.size(), 1U);
  EXPECT_EQ(listed->items.front().certificate.backup, backup.id);
  const auto shown = certificates_.Get(With(transport::Role::kReader), NameOf(backup.id),
                                       Certificates::View::kBasic);
  ASSERT_THAT(shown, IsOk());
  EXPECT_EQ(shown->certificate.backup_of, certificate.id);
}

TEST_F(BackupTest, NeedsASecondCa) {
  const auto made = Create({.authorities = {"second"}, .backup = true});
  EXPECT_THAT(made, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(std::string(made.status().message()), HasSubstr("certificate_settings.backup: "));
  EXPECT_THAT(std::string(made.status().message()), HasSubstr("second"));
}

TEST_F(BackupTest, ThatCannotBeHadStopsNothingAndIsTriedAgain) {
  Block(second_);
  StartReconciler();
  const Domain domain = Make();
  ASSERT_TRUE(Reaches(domain, CertificateState::kActive));
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    const std::optional<Finding> finding = BackupOf(domain).finding;
    return finding && finding->code == FindingCode::kNameBlocked;
  }));
  EXPECT_EQ(CertificateOf(domain).progress.state, CertificateState::kActive);
  EXPECT_EQ(CertificateOf(domain).finding, std::nullopt);
  EXPECT_EQ(ca_.Count(AcmeCall::kNewOrder), 1);  // nor is it ordered at the certificate's CA
}

TEST_F(BackupTest, IsNeverGivenUpForGood) {
  for (int i = 0; i < 3; ++i) {
    second_.Refuse(AcmeCall::kNewOrder, {.type = "urn:ietf:params:acme:error:rejectedIdentifier",
                                         .detail = "policy forbids this name",
                                         .http_status = 400});
  }
  StartReconciler();
  const Domain domain = Make();
  ASSERT_TRUE(EventuallyHasBackup(domain));
  EXPECT_EQ(second_.Count(AcmeCall::kNewOrder), 4);
}

TEST_F(BackupTest, IsRenewedByItsOwnTime) {
  StartReconciler();
  const Domain domain = Make();
  ASSERT_TRUE(EventuallyHasBackup(domain));
  const IssuanceId used = *CertificateOf(domain).issuance;
  const Certificate backup = BackupOf(domain);
  Execute("UPDATE padlock.certificates SET renew_time = now() WHERE id = '" + backup.id.text() +
          "'");
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    return BackupOf(domain).issuance != backup.issuance;
  }));
  EXPECT_EQ(BackupOf(domain).id, backup.id);
  EXPECT_EQ(IssuedBy(BackupOf(domain)), "second");
  EXPECT_EQ(CertificateOf(domain).issuance, used);
}

TEST_F(BackupTest, IsServedInTheLastDayUntilAnOrderBringsASuccessor) {
  StartReconciler();
  const Domain domain = Make();
  ASSERT_TRUE(EventuallyHasBackup(domain));
  const Certificate backup = BackupOf(domain);
  Block(ca_);
  Block(second_);
  BringToLastDay(domain);
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    return CertificateOf(domain).issuance == backup.issuance;
  }));
  const Certificate served = CertificateOf(domain);
  EXPECT_TRUE(served.backup_use_time.has_value());
  EXPECT_EQ(served.expire_time, Get(*backup.issuance).validity.not_after);
  EXPECT_EQ(served.backup, std::nullopt);
  EXPECT_EQ(Get(*served.issuance).certificate, served.id);
  EXPECT_EQ(Get(backup.id).progress.state, CertificateState::kDeleted);
  EXPECT_THAT(EventsOf(domain), Contains(EventType::kBackupUsed));
  EXPECT_THAT(served.finding.value_or(Finding{}).sentence, HasSubstr("The backup certificate"));
  const auto fetched =
      certificates_.Fetch(With(transport::Role::kKeyReader), NameOf(served.id), /*with_key=*/true);
  ASSERT_THAT(fetched, IsOk());
  EXPECT_EQ(fetched->issuance.id, backup.issuance);
  EXPECT_THAT(fetched->private_key_pem, HasSubstr("PRIVATE KEY"));
}

TEST_F(BackupTest, IsFollowedByASuccessorAndTheNextBackup) {
  StartReconciler();
  const Domain domain = Make();
  ASSERT_TRUE(EventuallyHasBackup(domain));
  const Certificate backup = BackupOf(domain);
  BringToLastDay(domain);
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    const Certificate now = CertificateOf(domain);
    return now.progress.state == CertificateState::kActive && now.backup && now.backup != backup.id;
  }));
  ASSERT_TRUE(EventuallyHasBackup(domain));
  const Certificate certificate = CertificateOf(domain);
  EXPECT_NE(certificate.issuance, backup.issuance);
  EXPECT_EQ(certificate.backup_use_time, std::nullopt);
  EXPECT_EQ(certificate.finding, std::nullopt);
  EXPECT_EQ(IssuedBy(certificate), "fake");
  EXPECT_EQ(IssuedBy(BackupOf(domain)), "second");
  EXPECT_THAT(EventsOf(domain), Contains(EventType::kBackupUsed));
}

TEST_F(BackupTest, MovesAwayFromTheCaThatTheCertificateComesFromNow) {
  StartReconciler();
  const Domain domain = Make();
  ASSERT_TRUE(EventuallyHasBackup(domain));
  ca_.Refuse(AcmeCall::kNewOrder, {.type = "urn:ietf:params:acme:error:rejectedIdentifier",
                                   .detail = "policy forbids this name",
                                   .http_status = 400});
  Execute("UPDATE padlock.certificates SET renew_time = now() WHERE backup IS NOT NULL");
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    return IssuedBy(CertificateOf(domain)) == "second" && IssuedBy(BackupOf(domain)) == "fake";
  }));
}

TEST_F(BackupTest, StepsInWhenTheKeyInUseIsCompromised) {
  StartReconciler();
  const Domain domain = Make();
  ASSERT_TRUE(EventuallyHasBackup(domain));
  const Certificate backup = BackupOf(domain);
  Block(ca_);
  Block(second_);
  ASSERT_THAT(certificates_.Revoke(
                  With(transport::Role::kOperator),
                  {.name = NameOf(domain.certificate), .reason = RevocationReason::kKeyCompromise}),
              IsOk());
  ASSERT_TRUE(Eventually([&] { return CertificateOf(domain).issuance == backup.issuance; }));
  EXPECT_EQ(Get(*backup.issuance).revocation, std::nullopt);
}

TEST_F(BackupTest, IsRevokedWithItsCertificateForAnyOtherReason) {
  StartReconciler();
  const Domain domain = Make();
  ASSERT_TRUE(EventuallyHasBackup(domain));
  const IssuanceId used = *CertificateOf(domain).issuance;
  const IssuanceId backup = *BackupOf(domain).issuance;
  ASSERT_THAT(certificates_.Revoke(With(transport::Role::kOperator),
                                   {.name = NameOf(domain.certificate),
                                    .reason = RevocationReason::kAffiliationChanged}),
              IsOk());
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    const Certificate other = BackupOf(domain);
    return CertificateOf(domain).issuance != used && other.issuance && other.issuance != backup;
  }));
  ASSERT_TRUE(Eventually(
      [&] { return Get(used).revocation->revoke_time && Get(backup).revocation->revoke_time; }));
  EXPECT_NE(CertificateOf(domain).issuance, backup);
}

TEST_F(BackupTest, IsDeletedAndRevokedWithItsDomain) {
  StartReconciler();
  const Domain domain = Make();
  ASSERT_TRUE(EventuallyHasBackup(domain));
  const Certificate backup = BackupOf(domain);
  ASSERT_THAT(all_domains_.Delete(Operator("a"), "tenants/a/domains/" + domain.id.text(), true),
              IsOk());
  EXPECT_EQ(Get(backup.id).progress.state, CertificateState::kDeleted);
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    return Get(*backup.issuance).revocation->revoke_time.has_value();
  }));
}

TEST_F(BackupTest, IsDeletedOnlyWithItsCertificate) {
  StartReconciler();
  const Domain domain = Make();
  ASSERT_TRUE(EventuallyHasBackup(domain));
  EXPECT_THAT(shared_.Delete(Operator("a"), NameOf(BackupOf(domain).id), false),
              StatusIs(absl::StatusCode::kFailedPrecondition));
}

// A CA may answer newOrder with the order that the account has open for the same names.
TEST_F(BackupTest, GivesWayWhereItsCertificateIsOrderedAtItsCa) {
  StartReconciler();
  const Domain domain = Make();
  ASSERT_TRUE(EventuallyHasBackup(domain));
  ASSERT_TRUE(OpensBackupOrder(domain));
  const OrderId order_of_backup = *BackupOf(domain).order;
  OrderAtSecond(domain);
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    return IsOrdered(CertificateOf(domain), "second", OrderState::kPropagating);
  }));
  const Order closed =
      Read(TenantId("a"), [&](Transaction& it) { return it.GetOrder(order_of_backup); });
  EXPECT_NE(closed.progress.state, OrderState::kPropagating);
}

}  // namespace
}  // namespace cert
