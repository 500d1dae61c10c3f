// Resource names, cursors and page tokens of the API: one spelling each.

#include <cstddef>
#include <cstdint>
#include <string>

#include "cert/app/event_reader.h"
#include "cert/app/resource_name.h"
#include "cert/rpc/page_token.h"
#include "fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text = fuzz::Text(data, size);
  if (const auto name = cert::ParseDomainName(text); name.ok()) {
    fuzz::Require(cert::FormatName(name->tenant, name->domain) == text, "a domain has one name");
  }
  if (const auto name = cert::ParseCertificateName(text); name.ok()) {
    fuzz::Require(cert::FormatName(name->tenant, name->certificate) == text,
                  "a certificate has one name");
  }
  if (const auto parent = cert::ParseParent(text); parent.ok()) {
    fuzz::Require("tenants/" + parent->text() == text, "a tenant has one name");
  }
  if (const auto cursor = cert::ParseCursor(text); cursor.ok()) {
    fuzz::Require(cert::FormatCursor(*cursor) == text, "a cursor has one spelling");
  }
  const std::string list = "domains tenants/acme";
  if (const auto after = cert::ReadPageToken(list, text); after.ok() && !text.empty()) {
    fuzz::Require(cert::MakePageToken(list, *after) == text, "a page token has one spelling");
  }
  return 0;
}
