#include "cert/acme/jws.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/hmac.h>

#include <nlohmann/json.hpp>

#include "base/strings.h"
#include "base/testing/status_matchers.h"
#include "cert/keys/keys.h"
#include "cert/keys/openssl_ptr.h"

namespace cert {
namespace {

using ::base::testing::IsOk;
using ::base::testing::StatusIs;
using nlohmann::json;

// A key made for this test; what follows from it was computed independently.
constexpr char kKey[] = R"(-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgVv8aqUffWAO1htw7
6FAm1YPekrhItyaa8hSXtpeYvrqhRANCAASb5sOImLrdbCmuVZSKiNQJl24px6PD
Zo1IWnTXynRuHL/84KDiss/irQp7ugv5LDq4QiZbLjHXXcS63Haj93ve
-----END PRIVATE KEY-----
)";
constexpr char kX[] = "m-bDiJi63WwprlWUiojUCZduKcejw2aNSFp018p0bhw";
constexpr char kY[] = "v_zgoOKyz-KtCnu6C_ksOrhCJlsuMdddxLrcdqP3e94";
constexpr char kThumbprint[] = "az3vmY1_OmWUfrYhPErHC_s_Jie941kRZwuq0jhcUp8";

json Decoded(const json& field) {
  return json::parse(*base::Base64UrlDecode(field.get<std::string>()));
}

// r | s back to DER, as OpenSSL wants it.
bool Verifies(const json& jws) {
  const std::string raw = *base::Base64UrlDecode(jws["signature"].get<std::string>());
  if (raw.size() != 64) return false;
  ECDSA_SIG* signature = ECDSA_SIG_new();
  ECDSA_SIG_set0(signature, BN_bin2bn(Octets(std::string_view(raw)), 32, nullptr),
                 BN_bin2bn(Octets(std::string_view(raw)) + 32, 32, nullptr));
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(signature, &der);
  ECDSA_SIG_free(signature);
  const std::string input =
      jws["protected"].get<std::string>() + "." + jws["payload"].get<std::string>();
  const KeyPtr key = ParsePrivateKey(kKey);
  const DigestPtr context(EVP_MD_CTX_new());
  EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get());
  const int verified = EVP_DigestVerify(context.get(), der, static_cast<std::size_t>(size),
                                        Octets(std::string_view(input)), input.size());
  OPENSSL_free(der);
  return verified == 1;
}

TEST(SignJwsTest, NamesTheAccountByItsUrl) {
  const auto body = SignJws({.key = *AccountKey::Parse(kKey),
                             .kid = "https://ca.test/account/1",
                             .nonce = "n0nce",
                             .url = "https://ca.test/new-order",
                             .payload = R"({"a":1})"});
  ASSERT_THAT(body, IsOk());
  const json jws = json::parse(*body);
  EXPECT_EQ(Decoded(jws["protected"]), (json{{"alg", "ES256"},
                                             {"kid", "https://ca.test/account/1"},
                                             {"nonce", "n0nce"},
                                             {"url", "https://ca.test/new-order"}}));
  EXPECT_EQ(Decoded(jws["payload"]), (json{{"a", 1}}));
  EXPECT_TRUE(Verifies(jws));
}

TEST(SignJwsTest, SendsThePublicKeyOfAnAccountWithoutUrl) {
  const auto body = SignJws({.key = *AccountKey::Parse(kKey),
                             .kid = "",
                             .nonce = "n",
                             .url = "https://ca.test/a",
                             .payload = "{}"});
  ASSERT_THAT(body, IsOk());
  const json header = Decoded(json::parse(*body)["protected"]);
  EXPECT_EQ(header["jwk"], (json{{"crv", "P-256"}, {"kty", "EC"}, {"x", kX}, {"y", kY}}));
  EXPECT_FALSE(header.contains("kid"));
}

TEST(SignJwsTest, LeavesThePayloadOfPostAsGetEmpty) {
  const auto body = SignJws({.key = *AccountKey::Parse(kKey),
                             .kid = "k",
                             .nonce = "n",
                             .url = "https://ca.test/a",
                             .payload = ""});
  ASSERT_THAT(body, IsOk());
  EXPECT_EQ(json::parse(*body)["payload"], "");
}

// One scalar in 256 starts with a zero octet, which must not be lost.
TEST(SignJwsTest, MakesEverySignature64OctetsLong) {
  for (int i = 0; i < 600; ++i) {
    const auto body = SignJws({.key = *AccountKey::Parse(kKey),
                               .kid = "k",
                               .nonce = std::to_string(i),
                               .url = "https://ca.test/a",
                               .payload = ""});
    ASSERT_TRUE(Verifies(json::parse(*body))) << i;
  }
}

TEST(AccountKeyTest, RefusesAKeyThatIsNotP256) {
  EXPECT_THAT(AccountKey::Parse(*CreateKey(KeyType::kRsa2048)),
              StatusIs(absl::StatusCode::kInternal));
  EXPECT_THAT(AccountKey::Parse("no key"), StatusIs(absl::StatusCode::kInternal));
}

TEST(AccountKeyTest, HashesTheCanonicalKey) {
  EXPECT_EQ(AccountKey::Parse(kKey)->thumbprint(), kThumbprint);
}

TEST(Dns01ValueTest, HashesTheKeyAuthorization) {
  EXPECT_EQ(Dns01Value("evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA", kThumbprint),
            "Eg6kZIfDwR8-qtwF_FZ2cfF2_rL-FVPgybns895BHQA");
}

TEST(BindExternalAccountTest, AuthenticatesThePublicKeyWithTheMacKey) {
  const auto body = BindExternalAccount({.key_id = "kid-1", .mac_key = "secret"}, kKey,
                                        "https://ca.test/new-account");
  ASSERT_THAT(body, IsOk());
  const json jws = json::parse(*body);
  EXPECT_EQ(Decoded(jws["protected"]),
            (json{{"alg", "HS256"}, {"kid", "kid-1"}, {"url", "https://ca.test/new-account"}}));
  EXPECT_EQ(Decoded(jws["payload"]), (json{{"crv", "P-256"}, {"kty", "EC"}, {"x", kX}, {"y", kY}}));
  const std::string input =
      jws["protected"].get<std::string>() + "." + jws["payload"].get<std::string>();
  std::string mac(32, '\0');
  HMAC(EVP_sha256(), "secret", 6, Octets(std::string_view(input)), input.size(), Octets(mac),
       nullptr);
  EXPECT_EQ(jws["signature"], base::Base64UrlEncode(mac));
}

}  // namespace
}  // namespace cert
