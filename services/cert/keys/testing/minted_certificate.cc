#include "cert/keys/testing/minted_certificate.h"

#include <cstdlib>

#include "cert/keys/openssl_ptr.h"

namespace cert {
namespace {

void Check(bool ok) {
  if (ok) return;
  ERR_print_errors_fp(stderr);
  std::abort();
}

CertificatePtr ParseCertificate(const std::string& pem) {
  const BioPtr bio = ReadFrom(pem);
  CertificatePtr certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  Check(certificate != nullptr);
  return certificate;
}

std::string KeyPem(EVP_PKEY* key) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  Check(PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return Written(bio.get());
}

void AddExtension(X509* certificate, int nid, const std::string& value, X509* issuer = nullptr) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer == nullptr ? certificate : issuer, certificate, nullptr, nullptr,
                 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  Check(extension != nullptr);
  Check(X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

void AddKeyIdentifiers(X509* certificate, const MintOptions& options) {
  AddExtension(certificate, NID_subject_key_identifier, "hash");
  if (options.issuer == nullptr) return;
  const CertificatePtr issuer = ParseCertificate(options.issuer->pem);
  AddExtension(certificate, NID_authority_key_identifier, "keyid:always", issuer.get());
}

void AddExtensions(X509* certificate, const MintOptions& options) {
  if (options.authority) {
    AddExtension(certificate, NID_basic_constraints, "critical,CA:TRUE");
    AddExtension(certificate, NID_key_usage, "critical,keyCertSign,cRLSign");
  } else {
    AddExtension(certificate, NID_key_usage, "critical,digitalSignature");
    if (options.server_auth) AddExtension(certificate, NID_ext_key_usage, "serverAuth");
  }
  std::string names;
  for (const std::string& name : options.dns_names) names += ",DNS:" + name;
  for (const std::string& address : options.addresses) names += ",IP:" + address;
  if (!names.empty()) AddExtension(certificate, NID_subject_alt_name, names.substr(1));
}

void SetSerial(X509* certificate) {
  BIGNUM* number = BN_new();
  Check(BN_rand(number, 64, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1);
  Check(BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nullptr);
  BN_free(number);
}

void SetNames(X509* certificate, const MintOptions& options) {
  X509_NAME* subject = X509_get_subject_name(certificate);
  if (!options.common_name.empty()) {
    Check(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, Octets(options.common_name), -1,
                                     -1, 0) == 1);
  }
  X509_NAME* issuer = subject;
  CertificatePtr parent;
  if (options.issuer != nullptr) {
    parent = ParseCertificate(options.issuer->pem);
    issuer = X509_get_subject_name(parent.get());
  }
  Check(X509_set_issuer_name(certificate, issuer) == 1);
}

KeyPtr CertifiedKey(const MintOptions& options) {
  if (options.csr_der.empty()) return KeyPtr(EVP_EC_gen("P-256"));
  const RequestPtr request = ParseRequest(options.csr_der);
  Check(request != nullptr);
  return KeyPtr(X509_REQ_get_pubkey(request.get()));
}

// Turns one bit over in the last octet of the signature, which keeps the DER well formed.
void BreakSignature(X509* certificate) {
  const ASN1_BIT_STRING* signature = nullptr;
  X509_get0_signature(&signature, nullptr, certificate);
  signature->data[signature->length - 1] ^= 1;
}

}  // namespace

MintedCertificate Mint(const MintOptions& options) {
  const KeyPtr key = CertifiedKey(options);
  const CertificatePtr certificate(X509_new());
  Check(X509_set_version(certificate.get(), X509_VERSION_3) == 1);
  Check(X509_set_pubkey(certificate.get(), key.get()) == 1);
  ASN1_TIME_set(X509_getm_notBefore(certificate.get()), absl::ToTimeT(options.not_before));
  ASN1_TIME_set(X509_getm_notAfter(certificate.get()), absl::ToTimeT(options.not_after));
  SetSerial(certificate.get());
  SetNames(certificate.get(), options);
  AddExtensions(certificate.get(), options);
  AddKeyIdentifiers(certificate.get(), options);
  const KeyPtr issuer_key =
      options.issuer == nullptr ? nullptr : ParsePrivateKey(options.issuer->key_pem);
  EVP_PKEY* signer = issuer_key == nullptr ? key.get() : issuer_key.get();
  Check(X509_sign(certificate.get(), signer, EVP_sha256()) > 0);
  if (options.break_signature) BreakSignature(certificate.get());

  const BioPtr bio(BIO_new(BIO_s_mem()));
  Check(PEM_write_bio_X509(bio.get(), certificate.get()) == 1);
  return {.pem = Written(bio.get()),
          .key_pem = options.csr_der.empty() ? KeyPem(key.get()) : std::string()};
}

std::vector<std::string> RequestedNames(const std::string& csr_der) {
  std::vector<std::string> names;
  const RequestPtr request = ParseRequest(csr_der);
  if (request == nullptr) return names;
  if (X509_REQ_verify(request.get(), X509_REQ_get0_pubkey(request.get())) != 1) return names;
  const ExtensionsPtr extensions(X509_REQ_get_extensions(request.get()));
  const NamesPtr entries(static_cast<GENERAL_NAMES*>(
      X509V3_get_d2i(extensions.get(), NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; i < sk_GENERAL_NAME_num(entries.get()); ++i) {
    const ASN1_IA5STRING* text = sk_GENERAL_NAME_value(entries.get(), i)->d.dNSName;
    names.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                       static_cast<std::size_t>(ASN1_STRING_length(text)));
  }
  return names;
}

}  // namespace cert
