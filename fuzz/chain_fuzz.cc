// PEM chains as a CA returns them, and PEM keys.

#include <cstddef>
#include <cstdint>

#include "cert/keys/keys.h"
#include "fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string pem = fuzz::Text(data, size);
  const cert::ChainExpectation expected{
      .names = {"a.test"}, .csr_der = pem, .now = absl::FromUnixSeconds(1'800'000'000)};
  fuzz::Require(!cert::VerifyChain(pem, expected).ok(), "no chain holds the key of a PEM text");
  const auto leaf = cert::LeafDer(pem);
  if (leaf.ok()) fuzz::Require(!leaf->empty(), "a leaf is not empty");
  const auto csr = cert::CreateCsr(pem, {"a.test"});
  if (!csr.ok()) return 0;
  fuzz::Require(!cert::VerifyChain(pem, {.names = {"a.test"}, .csr_der = *csr}).ok(),
                "a key is no chain");
  return 0;
}
