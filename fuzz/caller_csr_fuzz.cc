// Certificate requests that callers bring, in PEM.

#include <cstddef>
#include <cstdint>

#include "cert/keys/caller_csr.h"
#include "fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string pem = fuzz::Text(data, size);
  const auto request = cert::CheckCallerCsr(pem, {"shop.example.com", "*.shop.example.com"});
  if (request.ok()) {
    fuzz::Require(request->key_hash.size() == 64, "a good request names a key");
    fuzz::Require(!cert::CheckCompromiseProof(pem).ok(), "a request for a certificate is no proof");
  }
  const auto proof = cert::CheckCompromiseProof(pem);
  if (proof.ok()) fuzz::Require(proof->size() == 64, "a proof names a key");
  (void)cert::KeyHashOfChain(pem);
  return 0;
}
