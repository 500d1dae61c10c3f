#include "lab/certificate_authority.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <array>
#include <ctime>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "lab/stack.h"

namespace lab {
namespace {

template <auto free>
struct Freer {
  template <typename T>
  void operator()(T* object) const {
    free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freer<X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Freer<X509_EXTENSION_free>>;
using Bio = std::unique_ptr<BIO, Freer<BIO_free>>;
using Crl = std::unique_ptr<X509_CRL, Freer<X509_CRL_free>>;
using Revoked = std::unique_ptr<X509_REVOKED, Freer<X509_REVOKED_free>>;
using Asn1Time = std::unique_ptr<ASN1_TIME, Freer<ASN1_STRING_free>>;

constexpr int kSerialBits = 127;
constexpr int kVersion3 = 2;
constexpr absl::Duration kRootLifetime = absl::Hours(30 * 24);
constexpr absl::Duration kBackdate = absl::Minutes(5);

absl::Status OpensslError(const char* what) {
  std::array<char, 256> text{};
  ERR_error_string_n(ERR_get_error(), text.data(), text.size());
  return absl::InternalError(absl::StrFormat("%s: %s", what, text.data()));
}

struct Fields {
  std::string common_name;
  absl::Duration lifetime;
  std::vector<std::pair<int, std::string>> extensions;  // NID and value, as in openssl.cnf
};

bool SetSerial(X509* certificate) {
  const std::unique_ptr<BIGNUM, Freer<BN_free>> serial(BN_new());
  return BN_rand(serial.get(), kSerialBits, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
         BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool SetName(X509* certificate, const std::string& common_name) {
  return X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(common_name.c_str()), -1,
                                    -1, 0) == 1;
}

bool AddExtensions(X509* certificate, X509* issuer, const Fields& fields) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  for (const auto& [nid, value] : fields.extensions) {
    const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
    if (extension == nullptr || X509_add_ext(certificate, extension.get(), -1) != 1) return false;
  }
  return true;
}

// Self-signed when there is no issuer.
absl::StatusOr<Certificate> Sign(const Fields& fields, EVP_PKEY* key, X509* issuer,
                                 EVP_PKEY* issuer_key) {
  Certificate certificate(X509_new());
  X509* const made = certificate.get();
  if (X509_set_version(made, kVersion3) != 1 || !SetSerial(made) ||
      !SetName(made, fields.common_name) || X509_set_pubkey(made, key) != 1) {
    return OpensslError("filling a certificate");
  }
  X509_gmtime_adj(X509_getm_notBefore(made), -absl::ToInt64Seconds(kBackdate));
  X509_gmtime_adj(X509_getm_notAfter(made), absl::ToInt64Seconds(fields.lifetime));
  X509* const signer = issuer == nullptr ? made : issuer;
  if (X509_set_issuer_name(made, X509_get_subject_name(signer)) != 1 ||
      !AddExtensions(made, signer, fields) || X509_sign(made, issuer_key, EVP_sha256()) == 0) {
    return OpensslError("signing a certificate");
  }
  return certificate;
}

std::string Contents(BIO* bio) {
  char* data = nullptr;
  const auto size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

absl::Status WriteCertificate(const std::string& path, X509* certificate) {
  const Bio bio(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_X509(bio.get(), certificate) != 1) return OpensslError("writing a certificate");
  return WriteFile(path, Contents(bio.get()));
}

absl::Status WriteKey(const std::string& path, EVP_PKEY* key) {
  const Bio bio(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return OpensslError("writing a key");
  }
  return WriteFile(path, Contents(bio.get()));
}

// The certificate in the file, as revoked since `time`.
absl::Status AddRevoked(const std::string& file, ASN1_TIME* time, X509_CRL* crl) {
  const Bio bio(BIO_new_file(file.c_str(), "r"));
  if (bio == nullptr) return OpensslError("opening a certificate");
  const Certificate certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  if (certificate == nullptr) return OpensslError("reading a certificate");
  Revoked revoked(X509_REVOKED_new());
  if (X509_REVOKED_set_serialNumber(revoked.get(), X509_get_serialNumber(certificate.get())) != 1 ||
      X509_REVOKED_set_revocationDate(revoked.get(), time) != 1 ||
      X509_CRL_add0_revoked(crl, revoked.get()) != 1) {
    return OpensslError("revoking a certificate");
  }
  static_cast<void>(revoked.release());  // the list's
  return absl::OkStatus();
}

std::string AlternativeNames(const CertificateAuthority::Request& request) {
  std::vector<std::string> names;
  for (const std::string& uri : request.uris) names.push_back("URI:" + uri);
  for (const std::string& name : request.dns_names) names.push_back("DNS:" + name);
  for (const std::string& address : request.ip_addresses) names.push_back("IP:" + address);
  return absl::StrJoin(names, ",");
}

}  // namespace

struct CertificateAuthority::Root {
  Key key;
  Certificate certificate;
};

absl::StatusOr<std::unique_ptr<CertificateAuthority>> CertificateAuthority::Create(
    const std::string& directory) {
  auto root = std::make_unique<Root>();
  root->key.reset(EVP_EC_gen("P-256"));
  if (root->key == nullptr) return OpensslError("making a key");
  const Fields fields{.common_name = "Padlock lab root",
                      .lifetime = kRootLifetime,
                      .extensions = {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
                                     {NID_key_usage, "critical,keyCertSign,cRLSign"},
                                     {NID_subject_key_identifier, "hash"}}};
  ASSIGN_OR_RETURN(root->certificate,
                   Sign(fields, root->key.get(), /*issuer=*/nullptr, root->key.get()));
  std::unique_ptr<CertificateAuthority> authority(
      new CertificateAuthority(directory, std::move(root)));
  RETURN_IF_ERROR(WriteCertificate(authority->root_file(), authority->root_->certificate.get()));
  return authority;
}

CertificateAuthority::CertificateAuthority(std::string directory, std::unique_ptr<Root> root)
    : directory_(std::move(directory)), root_(std::move(root)) {}

CertificateAuthority::~CertificateAuthority() = default;

absl::StatusOr<Credentials> CertificateAuthority::Mint(const Request& request) const {
  const Key key(EVP_EC_gen("P-256"));
  if (key == nullptr) return OpensslError("making a key");
  Fields fields{.common_name = request.name,
                .lifetime = request.lifetime,
                .extensions = {{NID_basic_constraints, "critical,CA:FALSE"},
                               {NID_key_usage, "critical,digitalSignature"},
                               {NID_ext_key_usage, "serverAuth,clientAuth"},
                               {NID_authority_key_identifier, "keyid"}}};
  const std::string names = AlternativeNames(request);
  if (!names.empty()) fields.extensions.emplace_back(NID_subject_alt_name, names);
  ASSIGN_OR_RETURN(const Certificate certificate,
                   Sign(fields, key.get(), root_->certificate.get(), root_->key.get()));
  Credentials credentials{
      .ca_file = root_file(),
      .certificate_file = absl::StrFormat("%s/%s.pem", directory_, request.name),
      .private_key_file = absl::StrFormat("%s/%s.key", directory_, request.name)};
  RETURN_IF_ERROR(WriteKey(credentials.private_key_file, key.get()));
  RETURN_IF_ERROR(WriteCertificate(credentials.certificate_file, certificate.get()));
  return credentials;
}

absl::Status CertificateAuthority::WriteRevocations(
    const std::vector<std::string>& certificate_files, const std::string& directory,
    int number) const {
  X509* const issuer = root_->certificate.get();
  const Crl crl(X509_CRL_new());
  const std::time_t now = std::time(nullptr);
  const Asn1Time from(ASN1_TIME_set(nullptr, now - absl::ToInt64Seconds(kBackdate) + number));
  const Asn1Time until(ASN1_TIME_set(nullptr, now + absl::ToInt64Seconds(kRootLifetime)));
  if (X509_CRL_set_version(crl.get(), X509_CRL_VERSION_2) != 1 ||
      X509_CRL_set_issuer_name(crl.get(), X509_get_subject_name(issuer)) != 1 ||
      X509_CRL_set1_lastUpdate(crl.get(), from.get()) != 1 ||
      X509_CRL_set1_nextUpdate(crl.get(), until.get()) != 1) {
    return OpensslError("filling a revocation list");
  }
  for (const std::string& file : certificate_files) {
    RETURN_IF_ERROR(AddRevoked(file, from.get(), crl.get()));
  }
  X509_CRL_sort(crl.get());
  if (X509_CRL_sign(crl.get(), root_->key.get(), EVP_sha256()) == 0) {
    return OpensslError("signing a revocation list");
  }
  const Bio bio(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_X509_CRL(bio.get(), crl.get()) != 1) {
    return OpensslError("writing a revocation list");
  }
  const auto hash = X509_NAME_hash_ex(X509_get_subject_name(issuer), nullptr, nullptr, nullptr);
  return WriteFile(absl::StrFormat("%s/%08x.r%d", directory, hash, number), Contents(bio.get()));
}

}  // namespace lab
