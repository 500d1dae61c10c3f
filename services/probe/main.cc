// padlock-probe: a stateless DNS probe worker.
//
//   cert service <== mutual TLS ==> DispatchStream --checks--> ResolverPool <== DNS ==> servers
//                                                 <--reports--
//   kubelet, Prometheus --plain HTTP--> AdminServer

#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include "base/admin_server.h"
#include "base/clock.h"
#include "base/core_dump.h"
#include "base/deadline.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/pulse.h"
#include "base/random.h"
#include "base/shutdown.h"
#include "base/status_macros.h"
#include "probe/config.h"
#include "probe/resolver/resolver_pool.h"
#include "probe/rpc/dispatch_stream.h"
#include "transport/exit.h"
#include "transport/grpc_log.h"
#include "transport/text_config.h"
#include "transport/tls.h"

namespace probe {
namespace {

// Longer than any check, shorter than a supervisor's patience with us (30 s in Kubernetes).
constexpr absl::Duration kDrainTime = absl::Seconds(20);

// Unique among the workers of the moment, and telling in a log.
std::string WorkerId(base::Random& random) {
  char host[40] = "";
  gethostname(host, sizeof host - 1);
  return absl::StrFormat("%s-%s", host, random.Token().substr(0, 8));
}

DispatchStream::Options StreamOptions(const Config& config, base::Random& random) {
  DispatchStream::Options options;
  options.hosts = config.coordinator.hosts;
  options.port = config.coordinator.port;
  options.tls_server_name = config.coordinator.tls_server_name;
  options.capacity = static_cast<std::uint32_t>(config.resolver.capacity);
  options.greeting.worker_id = WorkerId(random);
  options.greeting.perspective = config.perspective;
  options.greeting.version = PADLOCK_VERSION;
  return options;
}

// Each engine keeps a socket for each of its source ports, hundreds of them; what a shell or
// systemd gives by default is too few. Where more are not allowed, engines make do with fewer.
void RaiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = std::max(limit.rlim_cur, std::min<rlim_t>(limit.rlim_max, 65'536));
  static_cast<void>(setrlimit(RLIMIT_NOFILE, &limit));
}

absl::Status CheckConfig(const std::string& path) {
  ASSIGN_OR_RETURN(const Config config, ReadConfig(path));
  return transport::MakeChannelCredentials(config.tls).status();
}

// Runs until SIGTERM or SIGINT. Destruction is the reverse of construction.
absl::Status Serve(const std::string& path) {
  const base::ShutdownSignal shutdown;
  RaiseDescriptorLimit();
  ASSIGN_OR_RETURN(const Config config, ReadConfig(path));
  ASSIGN_OR_RETURN(const auto credentials, transport::MakeChannelCredentials(config.tls));
  base::Random& random = base::SystemRandom();
  base::Metrics metrics;
  ASSIGN_OR_RETURN(const auto pool,
                   ResolverPool::Create(config.resolver, base::SystemClock(), random, metrics));
  DispatchStream stream(StreamOptions(config, random), credentials, *pool, random, metrics);
  base::Pulses pulses = pool->pulses();
  pulses.push_back(stream.pulse());
  ASSIGN_OR_RETURN(const auto admin, base::AdminServer::Start(
                                         {.address = config.admin.address,
                                          .port = config.admin.port,
                                          .live = [&pulses] { return base::CheckPulses(pulses); },
                                          .ready = [&stream] { return stream.Ready(); }},
                                         metrics));
  base::Log(base::LogLevel::kInfo, "padlock-probe is running",
            {{"perspective", config.perspective}, {"version", PADLOCK_VERSION}});
  const int signal = shutdown.Wait();
  base::Log(base::LogLevel::kInfo, "padlock-probe is stopping", {{"signal", signal}});
  stream.Drain(base::Deadline::After(kDrainTime));
  return absl::OkStatus();
}

int Main(int argc, char** argv) {
  CLI::App app("Asks the DNS on behalf of padlock-cert.", "padlock-probe");
  app.fallthrough();  // --config may stand behind the subcommand
  app.set_version_flag("--version", PADLOCK_VERSION);
  std::string path;
  app.add_option("--config", path, "padlock.config.v1.ProbeConfig in text format")->required();
  const CLI::App* check =
      app.add_subcommand("check-config", "Say whether the configuration is good");
  CLI11_PARSE(app, argc, argv);

  if (*check) return transport::TellCheck(CheckConfig(path));
  const absl::Status status = Serve(path);
  if (status.ok()) return 0;
  base::Log(base::LogLevel::kError, "padlock-probe cannot run", {base::LogField(status)});
  return 1;
}

}  // namespace
}  // namespace probe

int main(int argc, char** argv) {
  base::PreventCoreDumps();
  transport::RequireTls13();
  base::InitLog("padlock-probe", base::LogLevel::kInfo);
  transport::LogGrpcAsJson();
  transport::Exit(probe::Main(argc, argv));
}
