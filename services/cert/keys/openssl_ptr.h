// Ownership of OpenSSL's objects, for .cc files, private headers and tests only: nothing of OpenSSL
// shows in the interfaces of this folder.

#pragma once

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace cert {

template <auto kFree>
struct OpenSslFree {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};

inline void FreeExtensions(STACK_OF(X509_EXTENSION) * stack) {
  sk_X509_EXTENSION_pop_free(stack, X509_EXTENSION_free);
}
// The certificates of such a stack belong to somebody else.
inline void FreeCertificateList(STACK_OF(X509) * stack) { sk_X509_free(stack); }

using BioPtr = std::unique_ptr<BIO, OpenSslFree<BIO_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, OpenSslFree<EVP_PKEY_free>>;
using DigestPtr = std::unique_ptr<EVP_MD_CTX, OpenSslFree<EVP_MD_CTX_free>>;
using CipherPtr = std::unique_ptr<EVP_CIPHER_CTX, OpenSslFree<EVP_CIPHER_CTX_free>>;
using CertificatePtr = std::unique_ptr<X509, OpenSslFree<X509_free>>;
using RequestPtr = std::unique_ptr<X509_REQ, OpenSslFree<X509_REQ_free>>;
using NamesPtr = std::unique_ptr<GENERAL_NAMES, OpenSslFree<GENERAL_NAMES_free>>;
using ExtensionsPtr = std::unique_ptr<STACK_OF(X509_EXTENSION), OpenSslFree<FreeExtensions>>;
using CertificateListPtr = std::unique_ptr<STACK_OF(X509), OpenSslFree<FreeCertificateList>>;
using StorePtr = std::unique_ptr<X509_STORE, OpenSslFree<X509_STORE_free>>;
using StoreContextPtr = std::unique_ptr<X509_STORE_CTX, OpenSslFree<X509_STORE_CTX_free>>;

inline const unsigned char* Octets(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
inline unsigned char* Octets(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

// A read-only BIO over `text`, which must outlive it.
inline BioPtr ReadFrom(std::string_view text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// What was written to a memory BIO.
inline std::string Written(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return size > 0 ? std::string(data, static_cast<std::size_t>(size)) : std::string();
}

// What one of OpenSSL's i2d_ functions makes of `value`.
template <typename T>
absl::StatusOr<std::string> ToDer(int (*write)(const T*, unsigned char**), const T* value) {
  unsigned char* octets = nullptr;
  const int size = write(value, &octets);
  if (size <= 0) return absl::InternalError("OpenSSL cannot write DER");
  std::string der(reinterpret_cast<const char*>(octets), static_cast<std::size_t>(size));
  OPENSSL_free(octets);
  return der;
}

// Null when `pem` holds no unencrypted private key.
inline KeyPtr ParsePrivateKey(std::string_view pem) {
  // OpenSSL would ask the terminal for the passphrase of an encrypted key.
  const auto refuse = [](char*, int, int, void*) { return 0; };
  const BioPtr bio = ReadFrom(pem);
  KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, refuse, nullptr));
  if (key == nullptr) ERR_clear_error();
  return key;
}

// Null when `der` is not exactly one PKCS#10 request.
inline RequestPtr ParseRequest(std::string_view der) {
  const unsigned char* cursor = Octets(der);
  RequestPtr request(d2i_X509_REQ(nullptr, &cursor, static_cast<long>(der.size())));
  if (request == nullptr) ERR_clear_error();
  if (cursor != Octets(der) + der.size()) return nullptr;
  return request;
}

}  // namespace cert
