// Where Location headers of strangers lead.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "fuzz/require.h"
#include "probe/core/http_url.h"
#include "probe/core/ip_address.h"

namespace {

using probe::HttpUrl;

void RequireSafe(const HttpUrl& url, const probe::HttpPorts& ports) {
  fuzz::Require(url.port == ports.http || url.port == ports.https, "only web ports are named");
  fuzz::Require(probe::IsHostName(url.host), "a host is a name");
  fuzz::Require(!probe::IpAddress::Parse(url.host).has_value(), "a host is no address");
  fuzz::Require(url.target.starts_with('/'), "a target is a path");
  fuzz::Require(std::ranges::all_of(url.target, [](char c) { return c > ' ' && c < '\x7f'; }),
                "a target is printable");
  fuzz::Require(url.target.find('#') == std::string::npos, "fragments stay behind");
}

}  // namespace

// The first line is a redirect of the challenge's page, the rest one of the page it led to.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text = fuzz::Text(data, size);
  const std::size_t end = std::min(text.find('\n'), size);
  const probe::HttpPorts ports;
  const HttpUrl base = probe::PlainUrl("www.shop.test", "/.well-known/acme-challenge/token", ports);
  const auto first = probe::ResolveLocation(base, text.substr(0, end), ports);
  if (!first.ok()) return 0;
  RequireSafe(*first, ports);
  if (first->ToString().size() <= probe::kMaxLocation) {
    const auto again = probe::ResolveLocation(base, first->ToString(), ports);
    fuzz::Require(again.ok() && *again == *first, "a URL's text is that URL");
  }
  if (end == size) return 0;
  const auto second = probe::ResolveLocation(*first, text.substr(end + 1), ports);
  if (second.ok()) RequireSafe(*second, ports);
  return 0;
}
