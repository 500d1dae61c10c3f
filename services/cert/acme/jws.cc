#include "cert/acme/jws.h"

#include <openssl/core_names.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <array>
#include <memory>
#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cert/keys/openssl_ptr.h"

namespace cert {
namespace {

using Json = nlohmann::json;  // its objects are sorted by key, as RFC 7638 wants them
using NumberPtr = std::unique_ptr<BIGNUM, OpenSslFree<BN_free>>;
using SignaturePtr = std::unique_ptr<ECDSA_SIG, OpenSslFree<ECDSA_SIG_free>>;

constexpr int kScalarSize = 32;  // of P-256

absl::StatusOr<KeyPtr> ParseP256(const std::string& pem) {
  KeyPtr key = ParsePrivateKey(pem);
  std::array<char, 32> group{};
  std::size_t size = 0;
  if (key == nullptr ||
      EVP_PKEY_get_group_name(key.get(), group.data(), group.size(), &size) != 1 ||
      std::string_view(group.data(), size) != "prime256v1") {
    ERR_clear_error();
    return absl::InternalError("an account key is not P-256");
  }
  return key;
}

// Big-endian with leading zeros, as JWA fixes it (RFC 7518, 3.4 and 6.2.1.2).
std::string FixedSize(const BIGNUM* number) {
  std::string octets(kScalarSize, '\0');
  BN_bn2binpad(number, Octets(octets), kScalarSize);
  return octets;
}

std::string Coordinate(const EVP_PKEY* key, const char* name) {
  BIGNUM* number = nullptr;
  EVP_PKEY_get_bn_param(key, name, &number);
  const NumberPtr owner(number);
  return base::Base64UrlEncode(FixedSize(number));
}

Json PublicJwk(const EVP_PKEY* key) {
  return {{"kty", "EC"},
          {"crv", "P-256"},
          {"x", Coordinate(key, OSSL_PKEY_PARAM_EC_PUB_X)},
          {"y", Coordinate(key, OSSL_PKEY_PARAM_EC_PUB_Y)}};
}

// A URL or key id from the configuration may be ill-formed UTF-8, which must not throw.
std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string Sha256(const std::string& text) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(Octets(std::string_view(text)), text.size(), Octets(digest));
  return digest;
}

absl::StatusOr<std::string> SignEs256(EVP_PKEY* key, const std::string& input) {
  const DigestPtr context(EVP_MD_CTX_new());
  std::string der(static_cast<std::size_t>(EVP_PKEY_get_size(key)), '\0');
  std::size_t size = der.size();
  if (EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key) != 1 ||
      EVP_DigestSign(context.get(), Octets(der), &size, Octets(std::string_view(input)),
                     input.size()) != 1) {
    ERR_clear_error();
    return absl::InternalError("OpenSSL cannot sign");
  }
  const unsigned char* cursor = Octets(der);
  const SignaturePtr signature(d2i_ECDSA_SIG(nullptr, &cursor, static_cast<long>(size)));
  return FixedSize(ECDSA_SIG_get0_r(signature.get())) +
         FixedSize(ECDSA_SIG_get0_s(signature.get()));
}

std::string SignHs256(const std::string& mac_key, const std::string& input) {
  std::string mac(SHA256_DIGEST_LENGTH, '\0');
  HMAC(EVP_sha256(), mac_key.data(), static_cast<int>(mac_key.size()),
       Octets(std::string_view(input)), input.size(), Octets(mac), nullptr);
  return mac;
}

Json Flattened(const std::string& header, const std::string& payload,
               const std::string& signature) {
  return {
      {"protected", header}, {"payload", payload}, {"signature", base::Base64UrlEncode(signature)}};
}

}  // namespace

struct AccountKey::Parts {
  KeyPtr key;
  Json jwk;
  std::string thumbprint;
};

absl::StatusOr<AccountKey> AccountKey::Parse(const std::string& key_pem) {
  auto parts = std::make_shared<Parts>();
  ASSIGN_OR_RETURN(parts->key, ParseP256(key_pem));
  parts->jwk = PublicJwk(parts->key.get());
  parts->thumbprint = base::Base64UrlEncode(Sha256(Dump(parts->jwk)));
  return AccountKey(std::move(parts));
}

const std::string& AccountKey::thumbprint() const { return parts_->thumbprint; }

absl::StatusOr<std::string> SignJws(const JwsRequest& request) {
  const AccountKey::Parts& key = *request.key.parts_;
  Json header = {{"alg", "ES256"}, {"nonce", request.nonce}, {"url", request.url}};
  if (request.kid.empty()) {
    header["jwk"] = key.jwk;
  } else {
    header["kid"] = request.kid;
  }
  const std::string encoded_header = base::Base64UrlEncode(Dump(header));
  const std::string payload = base::Base64UrlEncode(request.payload);
  ASSIGN_OR_RETURN(const std::string signature,
                   SignEs256(key.key.get(), encoded_header + "." + payload));
  return Dump(Flattened(encoded_header, payload, signature));
}

absl::StatusOr<std::string> BindExternalAccount(const ExternalAccount& external_account,
                                                const std::string& key_pem,
                                                const std::string& new_account_url) {
  ASSIGN_OR_RETURN(const KeyPtr key, ParseP256(key_pem));
  const Json header = {
      {"alg", "HS256"}, {"kid", external_account.key_id}, {"url", new_account_url}};
  const std::string encoded_header = base::Base64UrlEncode(Dump(header));
  const std::string payload = base::Base64UrlEncode(Dump(PublicJwk(key.get())));
  return Dump(Flattened(encoded_header, payload,
                        SignHs256(external_account.mac_key, encoded_header + "." + payload)));
}

absl::StatusOr<std::string> KeyChangePayload(const KeyChange& change) {
  ASSIGN_OR_RETURN(const KeyPtr old_key, ParseP256(change.old_key_pem));
  ASSIGN_OR_RETURN(const KeyPtr new_key, ParseP256(change.new_key_pem));
  const Json header = {
      {"alg", "ES256"}, {"jwk", PublicJwk(new_key.get())}, {"url", change.key_change_url}};
  const Json content = {{"account", change.account_url}, {"oldKey", PublicJwk(old_key.get())}};
  const std::string encoded_header = base::Base64UrlEncode(Dump(header));
  const std::string payload = base::Base64UrlEncode(Dump(content));
  ASSIGN_OR_RETURN(const std::string signature,
                   SignEs256(new_key.get(), encoded_header + "." + payload));
  return Dump(Flattened(encoded_header, payload, signature));
}

std::string KeyAuthorization(const std::string& token, const std::string& thumbprint) {
  return token + "." + thumbprint;
}

std::string Dns01Value(const std::string& token, const std::string& thumbprint) {
  return base::Base64UrlEncode(Sha256(KeyAuthorization(token, thumbprint)));
}

}  // namespace cert
