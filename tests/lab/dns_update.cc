#include "lab/dns_update.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_format.h"
#include "base/random.h"
#include "lab/process.h"
#include "lab/stack.h"

namespace lab {
namespace {

constexpr std::size_t kSecretBytes = 32;

}  // namespace

TsigKey NewTsigKey(const std::string& name) {
  return {.name = name, .secret = absl::Base64Escape(base::SystemRandom().Bytes(kSecretBytes))};
}

absl::Status SendUpdate(const std::string& address, const std::string& zone,
                        const std::optional<TsigKey>& key, const std::vector<std::string>& lines) {
  std::string script =
      absl::StrFormat("server %s %d\nzone %s.\n", address, kDnsPort, zone == "." ? "" : zone);
  if (key.has_value()) {
    script += absl::StrFormat("key hmac-sha256:%s %s\n", key->name, key->secret);
  }
  for (const std::string& line : lines) script += absl::StrFormat("update %s\n", line);
  return RunCommand({"knsupdate"}, {.input = script + "send\n"}).status();
}

}  // namespace lab
