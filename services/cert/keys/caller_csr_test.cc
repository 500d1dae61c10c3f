#include "cert/keys/caller_csr.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "base/testing/status_matchers.h"
#include "cert/keys/keys.h"
#include "cert/keys/openssl_ptr.h"
#include "cert/keys/testing/minted_certificate.h"

namespace cert {
namespace {

using ::base::testing::IsOk;
using ::testing::HasSubstr;

const std::vector<std::string> kRequestedNames{"shop.example.com", "*.shop.example.com"};

// A request in PEM, right by default; `change` makes it wrong before it is signed.
struct RequestOptions {
  std::string extension = "DNS:shop.example.com,DNS:*.shop.example.com";
  std::string common_name = {};
  const EVP_MD* digest = EVP_sha256();
  std::function<void(X509_REQ*)> change = [](X509_REQ*) {};
  std::function<void(STACK_OF(X509_EXTENSION)*)> extend = [](STACK_OF(X509_EXTENSION)*) {};
};

void ExpectBad(const absl::Status& status, const std::string& why) {
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(why));
}

std::string PemOf(X509_REQ* request) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509_REQ(bio.get(), request);
  return Written(bio.get());
}

RequestPtr MakeRequest(EVP_PKEY* key, const RequestOptions& options = {}) {
  RequestPtr request(X509_REQ_new());
  X509_REQ_set_version(request.get(), X509_REQ_VERSION_1);
  X509_REQ_set_pubkey(request.get(), key);
  if (!options.common_name.empty()) {
    X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(request.get()), "CN", MBSTRING_UTF8,
                               Octets(options.common_name), -1, -1, 0);
  }
  const ExtensionsPtr extensions(sk_X509_EXTENSION_new_null());
  if (!options.extension.empty()) {
    sk_X509_EXTENSION_push(
        extensions.get(),
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, options.extension.c_str()));
  }
  options.extend(extensions.get());
  if (sk_X509_EXTENSION_num(extensions.get()) > 0) {
    X509_REQ_add_extensions(request.get(), extensions.get());
  }
  options.change(request.get());
  X509_REQ_sign(request.get(), key, options.digest);
  return request;
}

std::string MakePem(EVP_PKEY* key, const RequestOptions& options = {}) {
  return PemOf(MakeRequest(key, options).get());
}

class CallerCsrTest : public testing::Test {
 protected:
  void ExpectRefused(const RequestOptions& options, const std::string& why) {
    ExpectBad(CheckCallerCsr(MakePem(key_.get(), options), kRequestedNames).status(), why);
  }
  void ExpectNoRequest(const std::string& text) {
    ExpectBad(CheckCallerCsr(text, kRequestedNames).status(), "exactly one");
  }

  const KeyPtr key_{EVP_EC_gen("P-256")};
};

TEST_F(CallerCsrTest, GivesTheRequestAndTheHashOfItsKey) {
  const auto checked = CheckCallerCsr("\n" + MakePem(key_.get()) + "\n", kRequestedNames);
  ASSERT_THAT(checked, IsOk());
  EXPECT_THAT(checked->key_hash, testing::MatchesRegex("[0-9a-f]{64}"));
  const MintedCertificate root = Mint({.common_name = "Root",
                                       .not_before = absl::FromUnixSeconds(0),
                                       .not_after = absl::FromUnixSeconds(1),
                                       .authority = true});
  const MintedCertificate minted = Mint({.common_name = "",
                                         .dns_names = kRequestedNames,
                                         .csr_der = checked->der,
                                         .not_before = absl::FromUnixSeconds(0),
                                         .not_after = absl::FromUnixSeconds(1),
                                         .issuer = &root});
  EXPECT_EQ(*KeyHashOfChain(minted.pem), checked->key_hash);
}

TEST_F(CallerCsrTest, TakesRsaP384OurOwnRequestsAndACommonNameThatIsAName) {
  const KeyPtr rsa(EVP_RSA_gen(2048));
  const KeyPtr p384(EVP_EC_gen("P-384"));
  EXPECT_THAT(CheckCallerCsr(MakePem(rsa.get()), kRequestedNames), IsOk());
  EXPECT_THAT(CheckCallerCsr(MakePem(p384.get(), {.digest = EVP_sha384()}), kRequestedNames),
              IsOk());
  EXPECT_THAT(
      CheckCallerCsr(MakePem(key_.get(), {.common_name = "Shop.Example.com"}), kRequestedNames),
      IsOk());
  const RequestPtr ours = ParseRequest(
      *CreateCsr(*CreateKey(KeyType::kEcdsaP256), {kRequestedNames[0], kRequestedNames[1]}));
  EXPECT_THAT(CheckCallerCsr(PemOf(ours.get()), kRequestedNames), IsOk());
}

TEST_F(CallerCsrTest, NamesMayBeInAnyOrderAndLetterCase) {
  const RequestOptions options{.extension = "DNS:*.SHOP.example.com,DNS:shop.EXAMPLE.com"};
  EXPECT_THAT(CheckCallerCsr(MakePem(key_.get(), options), kRequestedNames), IsOk());
}

TEST_F(CallerCsrTest, RefusesNamesThatAreNotExactlyThoseOfTheCertificate) {
  ExpectRefused({.extension = "DNS:shop.example.com"}, "lacks the name \"*.shop.example.com\"");
  ExpectRefused({.extension = "DNS:shop.example.com,DNS:*.shop.example.com,DNS:a.test"},
                "a name too many: \"a.test\"");
  ExpectRefused({.extension = "DNS:shop.example.com,DNS:shop.example.com"}, "there twice");
  ExpectRefused({.extension = "DNS:shop.example.com,IP:192.0.2.1"}, "must be a DNS name");
  ExpectRefused({.extension = "DNS:shop.example.com,email:a@example.com"}, "must be a DNS name");
}

TEST_F(CallerCsrTest, RefusesWhatIsAskedForBesides) {
  ExpectRefused({.extension = ""}, "must ask for subject alternative names");
  ExpectRefused({.extend =
                     [](STACK_OF(X509_EXTENSION) * stack) {
                       sk_X509_EXTENSION_push(
                           stack,
                           X509V3_EXT_conf_nid(nullptr, nullptr, NID_basic_constraints, "CA:TRUE"));
                     }},
                "no extension but subject alternative names");
  ExpectRefused({.change =
                     [](X509_REQ* request) {
                       X509_REQ_add1_attr_by_NID(request, NID_pkcs9_challengePassword, MBSTRING_ASC,
                                                 reinterpret_cast<const unsigned char*>("x"), 1);
                     }},
                "no other attribute");
  ExpectRefused({.common_name = "other.example.com"}, "common name must be one of");
  ExpectRefused({.change =
                     [](X509_REQ* request) {
                       X509_NAME_add_entry_by_txt(
                           X509_REQ_get_subject_name(request), "O", MBSTRING_ASC,
                           reinterpret_cast<const unsigned char*>("Shop"), -1, -1, 0);
                     }},
                "nothing but a common name");
}

TEST_F(CallerCsrTest, RefusesASignatureThatIsWeakOrNotOfItsKey) {
  ExpectRefused({.digest = EVP_sha1()}, "signed with SHA-256");
  const KeyPtr other(EVP_EC_gen("P-256"));
  const RequestPtr request = MakeRequest(key_.get());
  X509_REQ_set_pubkey(request.get(), other.get());
  ExpectBad(CheckCallerCsr(PemOf(request.get()), kRequestedNames).status(), "not that of its key");
}

TEST_F(CallerCsrTest, RefusesAWeakKey) {
  const KeyPtr weak(EVP_RSA_gen(1024));
  ExpectBad(CheckCallerCsr(MakePem(weak.get()), kRequestedNames).status(), "1024 bits");
}

TEST_F(CallerCsrTest, RefusesWhatIsNotExactlyOneRequest) {
  const std::string pem = MakePem(key_.get());
  ExpectNoRequest("");
  ExpectNoRequest("no request");
  ExpectNoRequest(pem + pem);
  ExpectNoRequest(pem + *CreateKey(KeyType::kEcdsaP256));
  ExpectNoRequest("a remark\n" + pem);
  ExpectNoRequest(*CreateKey(KeyType::kEcdsaP256));
  ExpectNoRequest(pem.substr(0, pem.size() / 2));
  ExpectBad(CheckCallerCsr(std::string(40'000, '-'), kRequestedNames).status(), "longer than");
}

TEST(CompromiseProofTest, NamesTheKeyThatSignedIt) {
  const KeyPtr key(EVP_EC_gen("P-256"));
  const auto proved =
      CheckCompromiseProof(MakePem(key.get(), {.extension = "", .common_name = kCompromiseName}));
  ASSERT_THAT(proved, IsOk());
  EXPECT_EQ(*proved, CheckCallerCsr(MakePem(key.get()), kRequestedNames)->key_hash);
}

TEST(CompromiseProofTest, IsNoOrdinaryRequestAndNoneOfAnotherKey) {
  const KeyPtr key(EVP_EC_gen("P-256"));
  const KeyPtr other(EVP_EC_gen("P-256"));
  ExpectBad(CheckCompromiseProof(MakePem(key.get())).status(), kCompromiseName);
  const RequestPtr stolen =
      MakeRequest(other.get(), {.extension = "", .common_name = kCompromiseName});
  X509_REQ_set_pubkey(stolen.get(), key.get());
  ExpectBad(CheckCompromiseProof(PemOf(stolen.get())).status(), "not that of its key");
}

}  // namespace
}  // namespace cert
