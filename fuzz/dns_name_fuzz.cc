// Names in master-file text and in wire form.

#include <cstddef>
#include <cstdint>
#include <string>

#include "fuzz/require.h"
#include "probe/core/dns_name.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text = fuzz::Text(data, size);
  const auto parsed = probe::DnsName::Parse(text);
  if (parsed.ok()) {
    fuzz::Require(parsed->wire().size() <= 254, "a name is bounded");
    const auto again = probe::DnsName::Parse(parsed->ToString());
    fuzz::Require(again.ok() && *again == *parsed, "a name's text is that name");
    fuzz::Require(parsed->IsSubdomainOf(parsed->Parent()), "a name lies below its parent");
  }
  if (const auto name = probe::DnsName::FromWire(text)) {
    fuzz::Require(name->wire().size() == size, "a name's wire form keeps its length");
  }
  fuzz::Require(probe::EscapeText(text).size() <= 4 * size, "escapes are bounded");
  return 0;
}
