// Revocations: asked for once, done at the CA however often it takes, and what replaces them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "cert/app/certificates.h"
#include "cert/keys/caller_csr.h"
#include "cert/keys/keys.h"
#include "cert/keys/openssl_ptr.h"
#include "cert/reconcile/testing/reconcile_fixture.h"

namespace cert {
namespace {

using ::testing::Contains;
using ::testing::Not;

std::string PemOfRequest(X509_REQ* request) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509_REQ(bio.get(), request);
  return Written(bio.get());
}

// A proof that its signer has the key.
std::string ProofBy(const std::string& key_pem) {
  const KeyPtr key = ParsePrivateKey(key_pem);
  const RequestPtr request(X509_REQ_new());
  X509_REQ_set_version(request.get(), X509_REQ_VERSION_1);
  X509_REQ_set_pubkey(request.get(), key.get());
  const std::string name = kCompromiseName;
  X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(request.get()), "CN", MBSTRING_UTF8,
                             Octets(name), -1, -1, 0);
  X509_REQ_sign(request.get(), key.get(), EVP_sha256());
  return PemOfRequest(request.get());
}

class RevocationTest : public ReconcileTest {
 protected:
  Domain Issued(const CertificateSettings& settings = {}) {
    const auto made = domains_.Create(
        Operator("a"),
        {.parent = "tenants/a", .hostname = "shop.example.com", .settings = settings});
    EXPECT_THAT(made, IsOk());
    EXPECT_TRUE(Reaches(made->domain, CertificateState::kActive));
    return made->domain;
  }

  static Caller With(transport::Role role) {
    Caller caller = Operator("a");
    caller.identity.roles = {role};
    return caller;
  }

  absl::StatusOr<CertificateDetails> Revoke(const Domain& domain, RevocationReason reason,
                                            const std::string& proof = "",
                                            transport::Role role = transport::Role::kOperator) {
    return certificates_.Revoke(With(role),
                                {.name = "tenants/a/certificates/" + domain.certificate.text(),
                                 .reason = reason,
                                 .proof_pem = proof});
  }

  Issuance Get(const IssuanceId& id) {
    return Read(TenantId("a"), [&](Transaction& it) { return it.GetIssuance(id); });
  }
  bool IsRevoked(const IssuanceId& id) {
    const Issuance issuance = Get(id);
    return issuance.revocation.has_value() && issuance.revocation->revoke_time.has_value();
  }
  std::string KeyOf(const Domain& domain) {
    const auto fetched =
        certificates_.Fetch(With(transport::Role::kKeyReader),
                            "tenants/a/certificates/" + domain.certificate.text(), true);
    EXPECT_THAT(fetched, IsOk());
    return fetched->private_key_pem;
  }
  // Until the certificate has another issuance than `old`, and that one is revoked.
  ::testing::AssertionResult IsReplacedAndRevoked(const Domain& domain, const IssuanceId& old) {
    return Eventually([&] {
      return CertificateOf(domain).issuance != old && IsRevoked(old) &&
             CertificateOf(domain).progress.state == CertificateState::kActive;
    });
  }

  Certificates certificates_{store_, sealer_};
};

TEST_F(RevocationTest, TheCaRevokesAndAReplacementFollowsAtOnce) {
  StartReconciler();
  const Domain domain = Issued();
  const IssuanceId old = *CertificateOf(domain).issuance;
  const auto revoked = Revoke(domain, RevocationReason::kSuperseded);
  ASSERT_THAT(revoked, IsOk());
  EXPECT_EQ(revoked->issuance->revocation->reason, RevocationReason::kSuperseded);
  ASSERT_TRUE(IsReplacedAndRevoked(domain, old));
  EXPECT_EQ(ca_.Count(AcmeCall::kRevokeCertificate), 1);
  EXPECT_EQ(Get(*CertificateOf(domain).issuance).revocation, std::nullopt);
  EXPECT_THAT(EventsOf(domain), Contains(EventType::kRevocationRequested));
  EXPECT_THAT(EventsOf(domain), Contains(EventType::kCertificateRevoked));
}

TEST_F(RevocationTest, IsRepeatedAfterALostRequestALostReplyAndARefusal) {
  StartReconciler();
  const Domain domain = Issued();
  const IssuanceId old = *CertificateOf(domain).issuance;
  ca_.Disconnect(AcmeCall::kRevokeCertificate);
  ca_.Refuse(AcmeCall::kRevokeCertificate, {.type = "urn:ietf:params:acme:error:unauthorized",
                                            .detail = "not yours",
                                            .http_status = 403});
  ca_.LoseReply(AcmeCall::kRevokeCertificate);
  ASSERT_THAT(Revoke(domain, RevocationReason::kUnspecified), IsOk());
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    return IsRevoked(old);
  }));
  EXPECT_EQ(Get(old).revocation->finding, std::nullopt);
}

TEST_F(RevocationTest, ARefusalIsAFindingUntilItIsMended) {
  StartReconciler();
  const Domain domain = Issued();
  const IssuanceId old = *CertificateOf(domain).issuance;
  ca_.Refuse(AcmeCall::kRevokeCertificate, {.type = "urn:ietf:params:acme:error:unauthorized",
                                            .detail = "not yours",
                                            .http_status = 403});
  ASSERT_THAT(Revoke(domain, RevocationReason::kUnspecified), IsOk());
  ASSERT_TRUE(Eventually([&] { return Get(old).revocation->finding.has_value(); }));
  EXPECT_EQ(Get(old).revocation->finding->code, FindingCode::kRevocationRefused);
  EXPECT_THAT(Get(old).revocation->finding->sentence, ::testing::HasSubstr("not yours"));
  EXPECT_GT(Get(old).revocation->retry_time, Get(old).revocation->request_time);
  EXPECT_FALSE(IsRevoked(old));
}

// Whoever asked for it may die at once: another replica finds it.
TEST_F(RevocationTest, SurvivesTheReplicaThatWasAsked) {
  StartReconciler();
  const Domain domain = Issued();
  const IssuanceId old = *CertificateOf(domain).issuance;
  reconciler_.reset();
  ASSERT_THAT(Revoke(domain, RevocationReason::kUnspecified), IsOk());
  EXPECT_EQ(ca_.Count(AcmeCall::kRevokeCertificate), 0);
  StartReconciler();
  EXPECT_TRUE(IsReplacedAndRevoked(domain, old));
}

TEST_F(RevocationTest, AskingAgainAsksTheCaOnce) {
  StartReconciler();
  const Domain domain = Issued();
  const IssuanceId old = *CertificateOf(domain).issuance;
  reconciler_.reset();
  ASSERT_THAT(Revoke(domain, RevocationReason::kSuperseded), IsOk());
  ASSERT_THAT(Revoke(domain, RevocationReason::kUnspecified), IsOk());
  StartReconciler();
  ASSERT_TRUE(IsReplacedAndRevoked(domain, old));
  EXPECT_EQ(ca_.Count(AcmeCall::kRevokeCertificate), 1);
  EXPECT_EQ(Get(old).revocation->reason, RevocationReason::kSuperseded);
}

TEST_F(RevocationTest, AnExpiredCertificateIsNotRevokedAnyMore) {
  StartReconciler();
  const Domain domain = Issued();
  const IssuanceId old = *CertificateOf(domain).issuance;
  reconciler_.reset();
  ASSERT_THAT(Revoke(domain, RevocationReason::kUnspecified), IsOk());
  Execute("UPDATE padlock.issuances SET not_after = now() - interval '1 second'");
  StartReconciler();
  ASSERT_TRUE(Eventually([&] {
    const std::vector<EventType> events = EventsOf(domain);
    return std::ranges::count(events, EventType::kRevocationFailed) == 1;
  }));
  EXPECT_EQ(ca_.Count(AcmeCall::kRevokeCertificate), 0);
}

TEST_F(RevocationTest, NeedsAnOperatorOrAProof) {
  StartReconciler();
  const Domain domain = Issued();
  EXPECT_EQ(
      Revoke(domain, RevocationReason::kUnspecified, "", transport::Role::kReader).status().code(),
      absl::StatusCode::kPermissionDenied);
  const auto other = Revoke(domain, RevocationReason::kUnspecified,
                            ProofBy(*CreateKey(KeyType::kEcdsaP256)), transport::Role::kReader);
  EXPECT_EQ(other.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Get(*CertificateOf(domain).issuance).revocation, std::nullopt);
}

TEST_F(RevocationTest, WhoeverProvesToHaveTheKeyHasItRevokedAndReplaced) {
  StartReconciler();
  const Domain domain = Issued();
  const IssuanceId old = *CertificateOf(domain).issuance;
  const std::string key = KeyOf(domain);
  ASSERT_THAT(
      Revoke(domain, RevocationReason::kUnspecified, ProofBy(key), transport::Role::kReader),
      IsOk());
  ASSERT_TRUE(IsReplacedAndRevoked(domain, old));
  EXPECT_EQ(Get(old).revocation->reason, RevocationReason::kKeyCompromise);
  EXPECT_NE(KeyOf(domain), key);
  EXPECT_THAT(EventsOf(domain), Contains(EventType::kKeyCompromised));
}

TEST_F(RevocationTest, ACompromisedKeyIsNeverUsedAgain) {
  StartReconciler();
  const std::string key = *CreateKey(KeyType::kEcdsaP256);
  const std::string request =
      PemOfRequest(ParseRequest(*CreateCsr(key, {"shop.example.com"})).get());
  const Domain domain = Issued({.csr_pem = request});
  const IssuanceId old = *CertificateOf(domain).issuance;
  ASSERT_THAT(Revoke(domain, RevocationReason::kUnspecified, ProofBy(key)), IsOk());
  ASSERT_TRUE(Eventually([&] {
    const std::optional<Finding> finding = CertificateOf(domain).finding;
    return IsRevoked(old) && finding && finding->code == FindingCode::kKeyCompromised;
  }));
  EXPECT_EQ(ca_.Count(AcmeCall::kNewOrder), 1);
  const auto again = domains_.Create(
      Operator("b"),
      {.parent = "tenants/b", .hostname = "shop.example.com", .settings = {.csr_pem = request}});
  EXPECT_EQ(again.status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(RevocationTest, ADeletionRevokesOnRequestOnly) {
  StartReconciler();
  const Domain domain = Issued();
  const IssuanceId old = *CertificateOf(domain).issuance;
  const std::string name = "tenants/a/domains/" + domain.id.text();
  ASSERT_THAT(domains_.Delete(Operator("a"), name, /*revoke=*/true), IsOk());
  ASSERT_TRUE(Eventually([&] { return IsRevoked(old); }));
  EXPECT_EQ(Get(old).revocation->reason, RevocationReason::kCessationOfOperation);
  EXPECT_EQ(ca_.Count(AcmeCall::kNewOrder), 1);

  const Domain kept = Issued();
  const IssuanceId stays = *CertificateOf(kept).issuance;
  ASSERT_THAT(domains_.Delete(Operator("a"), "tenants/a/domains/" + kept.id.text()), IsOk());
  ASSERT_TRUE(
      Eventually([&] { return ReconcileTest::Get(kept).progress.state == DomainState::kDeleted; }));
  EXPECT_EQ(Get(stays).revocation, std::nullopt);
}

TEST_F(RevocationTest, WhoDeletedWithoutRevocationMayStillAskForIt) {
  StartReconciler();
  const Domain domain = Issued();
  const IssuanceId old = *CertificateOf(domain).issuance;
  const std::string name = "tenants/a/domains/" + domain.id.text();
  ASSERT_THAT(domains_.Delete(Operator("a"), name), IsOk());
  ASSERT_TRUE(Eventually(
      [&] { return ReconcileTest::Get(domain).progress.state == DomainState::kDeleted; }));
  ASSERT_THAT(Revoke(domain, RevocationReason::kCessationOfOperation), IsOk());
  ASSERT_TRUE(Eventually([&] { return IsRevoked(old); }));
  EXPECT_EQ(ca_.Count(AcmeCall::kNewOrder), 1);  // nothing replaces it
}

TEST_F(RevocationTest, ADeletionIsRepeatedToRevoke) {
  StartReconciler();
  const Domain domain = Issued();
  const IssuanceId old = *CertificateOf(domain).issuance;
  reconciler_.reset();  // it stays about to be deleted
  const std::string name = "tenants/a/domains/" + domain.id.text();
  ASSERT_THAT(domains_.Delete(Operator("a"), name), IsOk());
  ASSERT_THAT(domains_.Delete(Operator("a"), name), IsOk());
  EXPECT_EQ(Get(old).revocation, std::nullopt);
  ASSERT_THAT(domains_.Delete(Operator("a"), name, /*revoke=*/true), IsOk());
  EXPECT_EQ(Get(old).revocation->reason, RevocationReason::kCessationOfOperation);
}

TEST_F(RevocationTest, WhatHasExpiredCannotBeRevoked) {
  StartReconciler();
  const Domain domain = Issued();
  Execute("UPDATE padlock.issuances SET not_after = now() - interval '1 second'");
  EXPECT_EQ(Revoke(domain, RevocationReason::kUnspecified).status(),
            absl::FailedPreconditionError(
                "name: nothing is issued for this certificate that has not expired"));
}

}  // namespace
}  // namespace cert
