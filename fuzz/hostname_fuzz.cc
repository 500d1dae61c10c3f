// Hostnames as customers give them.

#include <cstddef>
#include <cstdint>

#include "cert/core/hostname.h"
#include "cert/core/names.h"
#include "fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto host = cert::Hostname::Parse(fuzz::Text(data, size));
  if (!host.ok()) return 0;
  const auto again = cert::Hostname::Parse(host->text());
  fuzz::Require(again.ok() && *again == *host, "a hostname's text is that hostname");
  fuzz::Require(host->text().size() <= 253, "a hostname is bounded");
  fuzz::Require(cert::IsInside(host->text(), host->text()), "a hostname lies inside itself");
  const auto names = cert::DerivedNames::Of(*host, "abcdefghijklmnop", "dcv.example.net");
  if (names.ok()) {
    fuzz::Require(names->claim.size() <= 253 && names->challenge.size() <= 253 &&
                      names->delegation_target.size() <= 253,
                  "derived names are bounded");
  }
  return 0;
}
