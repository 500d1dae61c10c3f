#include "cli/settings.h"

#include <array>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "padlock/config/v1/config.pb.h"
#include "transport/text_config.h"

namespace cli {

absl::StatusOr<Settings> LoadSettings(const std::string& path) {
  padlock::config::v1::CliConfig config;
  RETURN_IF_ERROR(transport::ReadTextConfig(path, config));
  const std::array<std::pair<const char*, const std::string*>, 5> required{{
      {"server", &config.server()},
      {"tls.ca_file", &config.tls().ca_file()},
      {"tls.certificate_file", &config.tls().certificate_file()},
      {"tls.private_key_file", &config.tls().private_key_file()},
      {"tenant", &config.tenant()},
  }};
  for (const auto& [field, value] : required) {
    if (value->empty())
      return absl::InvalidArgumentError(absl::StrFormat("%s: is required", field));
  }
  const auto resolve = [&](const std::string& name) { return transport::ResolvePath(path, name); };
  return Settings{.server = config.server(),
                  .tls_server_name = config.tls_server_name(),
                  .tls = {.ca_file = resolve(config.tls().ca_file()),
                          .certificate_file = resolve(config.tls().certificate_file()),
                          .private_key_file = resolve(config.tls().private_key_file())},
                  .tenant = config.tenant()};
}

}  // namespace cli
