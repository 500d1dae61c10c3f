// Which keys a certificate's issuances have: of both types one after the other, or the caller's.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cert/app/certificates.h"
#include "cert/keys/caller_csr.h"
#include "cert/keys/keys.h"
#include "cert/keys/openssl_ptr.h"
#include "cert/reconcile/testing/reconcile_fixture.h"

namespace cert {
namespace {

using ::testing::HasSubstr;

const std::vector<std::string> kShopNames{"shop.example.com", "*.shop.example.com"};

std::string RequestPem(const std::string& key_pem, const std::vector<std::string>& names) {
  const RequestPtr request = ParseRequest(*CreateCsr(key_pem, names));
  const BioPtr bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509_REQ(bio.get(), request.get());
  return Written(bio.get());
}

// KeyHash() of the key itself.
std::string KeyHashOf(const std::string& key_pem) {
  return CheckCallerCsr(RequestPem(key_pem, kShopNames), kShopNames)->key_hash;
}

class KeysTest : public ReconcileTest {
 protected:
  absl::StatusOr<DomainDetails> Create(const CertificateSettings& settings) {
    return domains_.Create(Operator("a"), {.parent = "tenants/a",
                                           .hostname = "shop.example.com",
                                           .wildcard = true,
                                           .settings = settings});
  }

  Domain Make(const CertificateSettings& settings) {
    const absl::StatusOr<DomainDetails> made = Create(settings);
    EXPECT_THAT(made, IsOk());
    return made->domain;
  }

  absl::StatusOr<FetchedIssuance> Fetch(const Domain& domain, bool with_key,
                                        std::optional<KeyType> type = std::nullopt) {
    Caller caller = Operator("a");
    caller.identity.roles = {transport::Role::kKeyReader};
    return Certificates(store_, sealer_)
        .Fetch(caller, "tenants/a/certificates/" + domain.certificate.text(), with_key, type);
  }

  void ExpectPair(const Domain& domain, KeyType type, const char* algorithm) {
    const auto fetched = Fetch(domain, /*with_key=*/true, type);
    ASSERT_THAT(fetched, IsOk());
    const KeyPtr key = ParsePrivateKey(fetched->private_key_pem);
    ASSERT_NE(key, nullptr);
    EXPECT_EQ(EVP_PKEY_is_a(key.get(), algorithm), 1);
    EXPECT_EQ(*KeyHashOfChain(fetched->issuance.chain_pem), KeyHashOf(fetched->private_key_pem));
  }
};

TEST_F(KeysTest, ADualHasAnIssuanceOfEachKeyAndOneOrderAtATime) {
  StartReconciler();
  const Domain domain = Make({.keys = KeyChoice::kDual});
  ASSERT_TRUE(Eventually([&] {
    const Certificate certificate = CertificateOf(domain);
    return certificate.second_issuance && certificate.progress.state == CertificateState::kActive;
  }));
  EXPECT_EQ(ca_.Count(AcmeCall::kNewOrder), 2);
  EXPECT_EQ(ca_.Count(AcmeCall::kFinalize), 2);
  ExpectPair(domain, KeyType::kEcdsaP256, "EC");
  ExpectPair(domain, KeyType::kRsa2048, "RSA");
  EXPECT_EQ(Fetch(domain, true)->issuance.key_type, KeyType::kEcdsaP256);
}

TEST_F(KeysTest, EachTwinIsRenewedAtItsOwnTime) {
  StartReconciler();
  const Domain domain = Make({.keys = KeyChoice::kDual});
  ASSERT_TRUE(Eventually([&] {
    const Certificate certificate = CertificateOf(domain);
    return certificate.second_issuance && certificate.progress.state == CertificateState::kActive;
  }));
  const Certificate before = CertificateOf(domain);
  Execute("UPDATE padlock.certificates SET second_renew_time = now()");
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    return CertificateOf(domain).second_issuance != before.second_issuance;
  }));
  EXPECT_EQ(CertificateOf(domain).issuance, before.issuance);
  ExpectPair(domain, KeyType::kRsa2048, "RSA");
}

TEST_F(KeysTest, RsaOnRequest) {
  StartReconciler();
  const Domain domain = Make({.keys = KeyChoice::kRsa2048});
  ASSERT_TRUE(Reaches(domain, CertificateState::kActive));
  ExpectPair(domain, KeyType::kRsa2048, "RSA");
  EXPECT_EQ(Fetch(domain, true, KeyType::kEcdsaP256).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(KeysTest, ACallersRequestIsIssuedForAndItsKeyIsNotHere) {
  StartReconciler();
  const std::string key = *CreateKey(KeyType::kEcdsaP256);
  const Domain domain = Make({.csr_pem = RequestPem(key, kShopNames)});
  ASSERT_TRUE(Reaches(domain, CertificateState::kActive));
  const auto fetched = Fetch(domain, /*with_key=*/false);
  ASSERT_THAT(fetched, IsOk());
  EXPECT_EQ(*KeyHashOfChain(fetched->issuance.chain_pem), KeyHashOf(key));
  EXPECT_EQ(Fetch(domain, /*with_key=*/true).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(EventsOf(domain), ::testing::Not(::testing::Contains(EventType::kKeyRead)));
}

TEST_F(KeysTest, ARequestForOtherNamesIsRefusedAtOnce) {
  const auto made =
      Create({.csr_pem = RequestPem(*CreateKey(KeyType::kEcdsaP256), {"shop.example.com"})});
  EXPECT_EQ(made.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(made.status().message()),
              ::testing::StartsWith("certificate_settings.certificate_signing_request: "));
  EXPECT_THAT(std::string(made.status().message()), HasSubstr("*.shop.example.com"));
}

}  // namespace
}  // namespace cert
