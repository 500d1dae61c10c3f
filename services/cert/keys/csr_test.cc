#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/status_matchers.h"
#include "cert/keys/keys.h"
#include "cert/keys/openssl_ptr.h"
#include "cert/keys/testing/minted_certificate.h"

namespace cert {
namespace {

using ::base::testing::IsOk;
using ::base::testing::StatusIs;
using ::testing::ElementsAre;

class CsrTest : public testing::TestWithParam<KeyType> {};

TEST_P(CsrTest, HoldsExactlyTheNamesAndAnEmptySubject) {
  const std::string key = *CreateKey(GetParam());
  const auto der = CreateCsr(key, {"example.test", "*.example.test"});
  ASSERT_THAT(der, IsOk());
  const RequestPtr request = ParseRequest(*der);
  ASSERT_NE(request, nullptr);
  EXPECT_THAT(RequestedNames(*der), ElementsAre("example.test", "*.example.test"));
  EXPECT_EQ(X509_NAME_entry_count(X509_REQ_get_subject_name(request.get())), 0);
}

TEST_P(CsrTest, IsSignedByItsKey) {
  const std::string pem = *CreateKey(GetParam());
  const RequestPtr request = ParseRequest(*CreateCsr(pem, {"example.test"}));
  const KeyPtr key = ParsePrivateKey(pem);
  EXPECT_EQ(X509_REQ_verify(request.get(), key.get()), 1);
  EXPECT_EQ(EVP_PKEY_eq(X509_REQ_get0_pubkey(request.get()), key.get()), 1);
}

TEST_P(CsrTest, IsMadeWithItsKeyAtOnce) {
  const auto made = CreateKeyAndCsr(GetParam(), {"example.test"});
  ASSERT_THAT(made, IsOk());
  const RequestPtr request = ParseRequest(made->csr_der);
  EXPECT_EQ(X509_REQ_verify(request.get(), ParsePrivateKey(made->key_pem).get()), 1);
  EXPECT_THAT(RequestedNames(made->csr_der), ElementsAre("example.test"));
}

INSTANTIATE_TEST_SUITE_P(Keys, CsrTest, testing::Values(KeyType::kEcdsaP256, KeyType::kRsa2048),
                         [](const auto& test) {
                           return test.param == KeyType::kEcdsaP256 ? "EcdsaP256" : "Rsa2048";
                         });

TEST(CreateKeyTest, WritesPkcs8OfTheSizeAskedFor) {
  const std::string ecdsa = *CreateKey(KeyType::kEcdsaP256);
  EXPECT_THAT(ecdsa, testing::StartsWith("-----BEGIN PRIVATE KEY-----\n"));
  EXPECT_EQ(EVP_PKEY_get_bits(ParsePrivateKey(ecdsa).get()), 256);
  EXPECT_EQ(EVP_PKEY_get_bits(ParsePrivateKey(*CreateKey(KeyType::kRsa2048)).get()), 2048);
}

TEST(CreateKeyTest, DrawsADifferentKeyEachTime) {
  EXPECT_NE(*CreateKey(KeyType::kEcdsaP256), *CreateKey(KeyType::kEcdsaP256));
}

TEST(CreateCsrTest, TakesANameThatLooksLikeConfigurationAsOneName) {
  const std::string odd = "a.test,DNS:b.test";
  const auto der = CreateCsr(*CreateKey(KeyType::kEcdsaP256), {odd});
  ASSERT_THAT(der, IsOk());
  EXPECT_THAT(RequestedNames(*der), ElementsAre(odd));
}

TEST(CreateCsrTest, RefusesNoNamesAndABadKey) {
  const auto code = absl::StatusCode::kInvalidArgument;
  EXPECT_THAT(CreateCsr(*CreateKey(KeyType::kEcdsaP256), {}), StatusIs(code));
  EXPECT_THAT(CreateCsr("no key", {"example.test"}), StatusIs(code));
  EXPECT_THAT(CreateCsr("", {"example.test"}), StatusIs(code));
}

}  // namespace
}  // namespace cert
