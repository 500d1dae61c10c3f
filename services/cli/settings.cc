#include "cli/settings.h"

#include <utility>

#include "base/status_macros.h"
#include "padlock/config/v1/config.pb.h"
#include "transport/config_fields.h"
#include "transport/text_config.h"

namespace cli {

absl::StatusOr<Settings> LoadSettings(const std::string& path) {
  padlock::config::v1::CliConfig config;
  RETURN_IF_ERROR(transport::ReadTextConfig(path, config));
  RETURN_IF_ERROR(transport::RequireField("server", config.server()));
  RETURN_IF_ERROR(transport::RequireField("tenant", config.tenant()));
  ASSIGN_OR_RETURN(transport::TlsFiles tls, transport::ReadTls(config.tls(), path));
  return Settings{.server = config.server(),
                  .tls_server_name = config.tls_server_name(),
                  .tls = std::move(tls),
                  .tenant = config.tenant()};
}

}  // namespace cli
