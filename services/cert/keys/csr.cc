// PKCS#10 requests (RFC 2986) as RFC 8555, 7.4 wants them: the names are in the subject alternative
// names only. The extension is built from values, never from OpenSSL's configuration syntax, in
// which a name could smuggle others in.

#include "absl/status/status.h"
#include "base/status_macros.h"
#include "cert/keys/key.h"
#include "cert/keys/keys.h"
#include "cert/keys/openssl_ptr.h"

namespace cert {
namespace {

NamesPtr DnsNames(const std::vector<std::string>& names) {
  NamesPtr all(GENERAL_NAMES_new());
  for (const std::string& name : names) {
    GENERAL_NAME* entry = GENERAL_NAME_new();
    ASN1_IA5STRING* text = ASN1_IA5STRING_new();
    ASN1_STRING_set(text, name.data(), static_cast<int>(name.size()));
    GENERAL_NAME_set0_value(entry, GEN_DNS, text);
    sk_GENERAL_NAME_push(all.get(), entry);
  }
  return all;
}

bool AddNames(X509_REQ* request, const std::vector<std::string>& names) {
  const NamesPtr values = DnsNames(names);
  STACK_OF(X509_EXTENSION)* stack = nullptr;
  const int added = X509V3_add1_i2d(&stack, NID_subject_alt_name, values.get(), 0, 0);
  const ExtensionsPtr extensions(stack);
  return added == 1 && X509_REQ_add_extensions(request, extensions.get()) == 1;
}

absl::StatusOr<std::string> CsrOf(EVP_PKEY* key, const std::vector<std::string>& names) {
  if (names.empty()) return absl::InvalidArgumentError("a certificate request needs a name");
  const RequestPtr request(X509_REQ_new());
  if (X509_REQ_set_version(request.get(), X509_REQ_VERSION_1) != 1 ||
      X509_REQ_set_pubkey(request.get(), key) != 1 || !AddNames(request.get(), names) ||
      X509_REQ_sign(request.get(), key, EVP_sha256()) <= 0) {
    ERR_clear_error();
    return absl::InvalidArgumentError("the key cannot sign a certificate request");
  }
  return ToDer(i2d_X509_REQ, request.get());
}

}  // namespace

absl::StatusOr<std::string> CreateCsr(const std::string& key_pem,
                                      const std::vector<std::string>& names) {
  const KeyPtr key = ParsePrivateKey(key_pem);
  if (key == nullptr) return absl::InvalidArgumentError("not a private key in PEM");
  return CsrOf(key.get(), names);
}

absl::StatusOr<KeyAndCsr> CreateKeyAndCsr(KeyType type, const std::vector<std::string>& names) {
  ASSIGN_OR_RETURN(const KeyPtr key, DrawKey(type));
  KeyAndCsr made;
  ASSIGN_OR_RETURN(made.key_pem, ToPem(key.get()));
  ASSIGN_OR_RETURN(made.csr_der, CsrOf(key.get(), names));
  return made;
}

}  // namespace cert
