// Retry-After and Link headers of a CA.

#include <cstddef>
#include <cstdint>

#include "cert/acme/reply_headers.h"
#include "fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text = fuzz::Text(data, size);
  const absl::Time now = absl::FromUnixSeconds(1'800'000'000);
  if (const auto wait = cert::ParseRetryAfter(text, now)) {
    fuzz::Require(*wait >= absl::ZeroDuration() && *wait <= absl::Hours(31 * 24),
                  "a wait is bounded");
  }
  for (const std::string& url : cert::LinksOf("next", {text})) {
    fuzz::Require(cert::IsHttpsUrl(url), "a link is an https URL");
  }
  return 0;
}
