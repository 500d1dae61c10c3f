// Drawing private keys.

#include <openssl/rsa.h>

#include "absl/status/status.h"
#include "base/status_macros.h"
#include "cert/keys/key.h"
#include "cert/keys/keys.h"
#include "cert/keys/openssl_ptr.h"

namespace cert {

absl::StatusOr<KeyPtr> DrawKey(KeyType type) {
  if (type == KeyType::kCallers) return absl::InvalidArgumentError("the key is the caller's");
  KeyPtr key(type == KeyType::kEcdsaP256 ? EVP_EC_gen("P-256") : EVP_RSA_gen(2048));
  if (key == nullptr) return absl::InternalError("OpenSSL cannot draw a key");
  return key;
}

absl::StatusOr<std::string> ToPem(EVP_PKEY* key) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return absl::InternalError("OpenSSL cannot write a key");
  }
  return Written(bio.get());
}

absl::StatusOr<std::string> CreateKey(KeyType type) {
  ASSIGN_OR_RETURN(const KeyPtr key, DrawKey(type));
  return ToPem(key.get());
}

}  // namespace cert
