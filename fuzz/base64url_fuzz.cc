// The base64url of tokens, keys and signatures.

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/strings.h"
#include "fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text = fuzz::Text(data, size);
  const auto decoded = base::Base64UrlDecode(text);
  if (decoded) fuzz::Require(base::Base64UrlEncode(*decoded) == text, "there is one spelling");
  fuzz::Require(base::Base64UrlDecode(base::Base64UrlEncode(text)) == text, "nothing is lost");
  return 0;
}
