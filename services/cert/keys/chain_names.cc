// How CAs name a certificate and its chains.

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "cert/keys/keys.h"
#include "cert/keys/openssl_ptr.h"

namespace cert {
namespace {

constexpr int kMaxChainLength = 10;

std::string OctetsOf(const ASN1_STRING* string) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
          static_cast<std::size_t>(ASN1_STRING_length(string))};
}

CertificatePtr Next(BIO* bio) {
  CertificatePtr certificate(PEM_read_bio_X509(bio, nullptr, nullptr, nullptr));
  if (certificate == nullptr) ERR_clear_error();
  return certificate;
}

// The content octets of the DER INTEGER: big-endian two's complement (X.690, 8.3).
std::string SerialOctets(const X509* certificate) {
  std::string octets = OctetsOf(X509_get0_serialNumber(certificate));
  const bool looks_negative =
      octets.empty() || (static_cast<unsigned char>(octets[0]) & 0x80U) != 0;
  if (looks_negative) octets.insert(octets.begin(), '\0');
  return octets;
}

}  // namespace

absl::StatusOr<std::string> RenewalIdOf(const std::string& chain_pem) {
  const BioPtr bio = ReadFrom(chain_pem);
  const CertificatePtr leaf = Next(bio.get());
  if (leaf == nullptr) return absl::InvalidArgumentError("there is no certificate in the chain");
  const ASN1_OCTET_STRING* authority = X509_get0_authority_key_id(leaf.get());
  if (authority == nullptr) {
    ERR_clear_error();
    return absl::InvalidArgumentError("the certificate has no authority key identifier");
  }
  return absl::StrCat(base::Base64UrlEncode(OctetsOf(authority)), ".",
                      base::Base64UrlEncode(SerialOctets(leaf.get())));
}

absl::StatusOr<std::string> TopIssuerName(const std::string& chain_pem) {
  const BioPtr bio = ReadFrom(chain_pem);
  CertificatePtr last = Next(bio.get());
  if (last == nullptr) return absl::InvalidArgumentError("there is no certificate in the chain");
  for (int i = 1; i < kMaxChainLength; ++i) {
    CertificatePtr next = Next(bio.get());
    if (next == nullptr) break;
    last = std::move(next);
  }
  const X509_NAME* name = X509_get_issuer_name(last.get());
  const int position = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
  if (position < 0) return std::string();
  unsigned char* utf8 = nullptr;
  const int size =
      ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, position)));
  if (size < 0) {
    ERR_clear_error();
    return std::string();
  }
  const std::string text(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(size));
  OPENSSL_free(utf8);
  return text;
}

}  // namespace cert
