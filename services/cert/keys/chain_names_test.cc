#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/strings.h"
#include "base/testing/status_matchers.h"
#include "cert/keys/keys.h"
#include "cert/keys/openssl_ptr.h"
#include "cert/keys/testing/minted_certificate.h"

namespace cert {
namespace {

using ::base::testing::IsOkAndHolds;
using ::base::testing::StatusIs;

constexpr absl::Time kMintTime = absl::FromUnixSeconds(1'800'000'000);

MintedCertificate MintNamed(const std::string& name, const MintedCertificate* issuer) {
  return Mint({.common_name = name,
               .not_before = kMintTime,
               .not_after = kMintTime + absl::Hours(24),
               .authority = true,
               .issuer = issuer});
}

// A certificate with the key identifier and serial of RFC 9773, appendix A.
std::string ExampleOfTheRfc() {
  const CertificatePtr certificate(X509_new());
  const KeyPtr key(EVP_EC_gen("P-256"));
  X509_set_version(certificate.get(), X509_VERSION_3);
  X509_set_pubkey(certificate.get(), key.get());
  ASN1_TIME_set(X509_getm_notBefore(certificate.get()), absl::ToTimeT(kMintTime));
  ASN1_TIME_set(X509_getm_notAfter(certificate.get()), absl::ToTimeT(kMintTime));
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()), 0x87654321U);
  std::string octets;
  octets.assign("\x69\x88\x5B\x6B\x87\x46\x40\x41\xE1\xB3", 10);
  octets.append("\x7B\x84\x7B\xA0\xAE\x2C\xDE\x01\xC8\xD4", 10);
  AUTHORITY_KEYID* identifier = AUTHORITY_KEYID_new();
  identifier->keyid = ASN1_OCTET_STRING_new();
  ASN1_OCTET_STRING_set(identifier->keyid, Octets(octets), static_cast<int>(octets.size()));
  X509_add1_ext_i2d(certificate.get(), NID_authority_key_identifier, identifier, 0, 0);
  AUTHORITY_KEYID_free(identifier);
  X509_sign(certificate.get(), key.get(), EVP_sha256());
  const BioPtr bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(bio.get(), certificate.get());
  return Written(bio.get());
}

TEST(RenewalIdTest, IsTheOneOfTheRfcsExample) {
  EXPECT_THAT(RenewalIdOf(ExampleOfTheRfc()), IsOkAndHolds("aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE"));
}

TEST(RenewalIdTest, NeedsAnAuthorityKeyIdentifier) {
  EXPECT_THAT(RenewalIdOf(MintNamed("Root", nullptr).pem),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(RenewalIdOf("no PEM"), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(TopIssuerNameTest, IsTheIssuerOfTheLastCertificate) {
  const MintedCertificate root = MintNamed("Root X9", nullptr);
  const MintedCertificate middle = MintNamed("Middle", &root);
  const MintedCertificate leaf = MintNamed("leaf", &middle);
  EXPECT_THAT(TopIssuerName(leaf.pem + middle.pem), IsOkAndHolds("Root X9"));
  EXPECT_THAT(TopIssuerName(leaf.pem), IsOkAndHolds("Middle"));
  EXPECT_THAT(TopIssuerName(""), StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace cert
