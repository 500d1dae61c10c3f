#include "transport/grpc_log.h"

#include <grpc/support/log.h>

#include <string>

#include "base/log.h"

namespace transport {

void LogGrpcAsJson() {
  gpr_set_log_verbosity(GPR_LOG_SEVERITY_ERROR);
  gpr_set_log_function([](gpr_log_func_args* line) {
    base::Log(base::LogLevel::kWarning, "grpc", {{"error", std::string(line->message)}});
  });
}

void SilenceGrpcLog() {
  gpr_set_log_function([](gpr_log_func_args*) {});
}

}  // namespace transport
