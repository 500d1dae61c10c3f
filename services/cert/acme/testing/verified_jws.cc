#include "cert/acme/testing/verified_jws.h"

#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/sha.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "base/strings.h"
#include "cert/keys/openssl_ptr.h"

namespace cert {
namespace {

using Json = nlohmann::json;
using NumberPtr = std::unique_ptr<BIGNUM, OpenSslFree<BN_free>>;
using SignaturePtr = std::unique_ptr<ECDSA_SIG, OpenSslFree<ECDSA_SIG_free>>;
using KeyContextPtr = std::unique_ptr<EVP_PKEY_CTX, OpenSslFree<EVP_PKEY_CTX_free>>;

constexpr std::size_t kScalar = 32;  // octets, of P-256

absl::Status Bad(const std::string& why) { return absl::InvalidArgumentError(why); }

Json ParseJson(const std::string& text) { return Json::parse(text, nullptr, false); }

// A member that is a string; empty otherwise.
std::string Member(const Json& json, const char* name) {
  if (!json.is_object() || !json.contains(name) || !json[name].is_string()) return {};
  return json[name].get<std::string>();
}

std::string Decoded(const std::string& text) { return base::Base64UrlDecode(text).value_or(""); }

KeyPtr KeyOf(const Json& jwk) {
  const std::string point = '\x04' + Decoded(Member(jwk, "x")) + Decoded(Member(jwk, "y"));
  if (Member(jwk, "crv") != "P-256" || point.size() != 1 + 2 * kScalar) return nullptr;
  std::string octets = point;
  std::string group = "prime256v1";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group.data(), 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, octets.data(), octets.size()),
      OSSL_PARAM_construct_end()};
  const KeyContextPtr context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  EVP_PKEY* key = nullptr;
  if (EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY,
                        const_cast<OSSL_PARAM*>(parameters)) != 1) {
    ERR_clear_error();
    return nullptr;
  }
  return KeyPtr(key);
}

NumberPtr Number(std::string_view octets) {
  return NumberPtr(BN_bin2bn(Octets(octets), static_cast<int>(octets.size()), nullptr));
}

// From JWA's form (RFC 7518, 3.4) to DER.
std::string DerOf(const std::string& signature) {
  if (signature.size() != 2 * kScalar) return {};
  const SignaturePtr parts(ECDSA_SIG_new());
  NumberPtr r = Number(std::string_view(signature).substr(0, kScalar));
  NumberPtr s = Number(std::string_view(signature).substr(kScalar));
  ECDSA_SIG_set0(parts.get(), r.release(), s.release());
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(parts.get(), &der);
  std::string text(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return text;
}

bool IsSignedBy(const Json& jwk, const std::string& input, const std::string& signature) {
  const KeyPtr key = KeyOf(jwk);
  const std::string der = DerOf(signature);
  if (key == nullptr || der.empty()) return false;
  const DigestPtr context(EVP_MD_CTX_new());
  const bool good =
      EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) == 1 &&
      EVP_DigestVerify(context.get(), Octets(std::string_view(der)), der.size(),
                       Octets(std::string_view(input)), input.size()) == 1;
  ERR_clear_error();
  return good;
}

}  // namespace

absl::StatusOr<VerifiedJws> VerifyJws(
    const std::string& body, const std::function<std::string(const std::string&)>& key_of) {
  const Json jws = ParseJson(body);
  const Json header = ParseJson(Decoded(Member(jws, "protected")));
  if (Member(header, "alg") != "ES256") return Bad("the algorithm is not ES256");
  VerifiedJws result{.payload = Decoded(Member(jws, "payload")),
                     .nonce = Member(header, "nonce"),
                     .url = Member(header, "url"),
                     .kid = Member(header, "kid")};
  const bool has_key = header.contains("jwk") && header["jwk"].is_object();
  if (has_key == !result.kid.empty()) return Bad("exactly one of jwk and kid is needed");
  result.jwk = has_key ? header["jwk"].dump() : key_of(result.kid);
  if (result.jwk.empty()) return absl::NotFoundError("no such account");
  const std::string input = Member(jws, "protected") + "." + Member(jws, "payload");
  if (!IsSignedBy(ParseJson(result.jwk), input, Decoded(Member(jws, "signature")))) {
    return Bad("the signature is wrong");
  }
  result.thumbprint = ThumbprintOfJwk(result.jwk);
  return result;
}

std::string ThumbprintOfJwk(const std::string& jwk) {
  const Json json = ParseJson(jwk);
  if (Member(json, "crv") != "P-256") return {};
  const std::string canonical = Json{
      {"crv", "P-256"},
      {"kty", "EC"},
      {"x", Member(json, "x")},
      {"y", Member(json, "y")}}.dump();
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(Octets(std::string_view(canonical)), canonical.size(), Octets(digest));
  return base::Base64UrlEncode(digest);
}

}  // namespace cert
