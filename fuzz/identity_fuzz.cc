// The names in a client certificate.

#include <cstddef>
#include <cstdint>
#include <string>

#include "fuzz/require.h"
#include "transport/identity.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string name = fuzz::Text(data, size);
  const auto identity = transport::ParseIdentity({.uris = {name}}, {});
  if (identity.ok()) {
    fuzz::Require(identity->name == name, "an identity keeps its name");
    fuzz::Require(identity->tenant.empty() != identity->perspective.empty(),
                  "an identity is a tenant's or a probe's");
    fuzz::Require(identity->May(transport::Role::kProbe) == identity->tenant.empty(),
                  "only probes are probes");
  }
  fuzz::Require(transport::Describe({.uris = {name}, .dns_names = {name}}).size() <= 256,
                "what is shown of names is bounded");
  fuzz::Require(!transport::ParseIdentity({.dns_names = {name}}, {}).ok(),
                "a DNS name means nothing unless it is configured");
  return 0;
}
