// What is signed comes from a CA: its nonces, its URLs. Always JSON, whatever the octets.

#include <cstddef>
#include <cstdint>
#include <string>

#include "cert/acme/json_object.h"
#include "cert/acme/jws.h"
#include "cert/keys/keys.h"
#include "fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const cert::AccountKey key =
      *cert::AccountKey::Parse(*cert::CreateKey(cert::KeyType::kEcdsaP256));
  const std::string text = fuzz::Text(data, size);
  const auto jws =
      cert::SignJws({.key = key, .kid = text, .nonce = text, .url = text, .payload = text});
  fuzz::Require(jws.ok(), "any text can be signed");
  const auto object = cert::JsonObject::Parse(*jws);
  fuzz::Require(object.ok() && object->String("signature").has_value(), "a JWS is JSON");
  (void)cert::AccountKey::Parse(text);
  return 0;
}
