// padlock-cert: the certificate service.
//
//   callers, workers ── gRPC, mutual TLS ──► Api ──► Database ─► PostgreSQL
//                                             │        ▲
//   CAs ── http-01 tokens ──► TokenServer ────┼────────┤
//                                        Dispatcher ◄─ Reconciler ─► Authorities ─► CA
//                                                      └─► DnsUpdatePublisher ─► delegation zone

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "base/admin_server.h"
#include "base/clock.h"
#include "base/core_dump.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/pulse.h"
#include "base/random.h"
#include "base/shutdown.h"
#include "base/status_macros.h"
#include "cert/authorities.h"
#include "cert/config.h"
#include "cert/database.h"
#include "cert/dispatch/dispatcher.h"
#include "cert/http/token_server.h"
#include "cert/janitor.h"
#include "cert/maintenance.h"
#include "cert/options.h"
#include "cert/publication/bounded_publisher.h"
#include "cert/publication/dns_update_publisher.h"
#include "cert/publication/metered_publisher.h"
#include "cert/reconcile/reconciler.h"
#include "cert/rollover.h"
#include "cert/rpc/api.h"
#include "cert/store/migrate.h"
#include "cert/store/notifications.h"
#include "transport/exit.h"
#include "transport/grpc_log.h"
#include "transport/text_config.h"
#include "transport/tls.h"

namespace cert {
namespace {

// For calls in progress, after the steps in progress have ended, which a lease bounds. A
// supervisor's patience must be longer than both together.
constexpr absl::Duration kDrainTime = absl::Seconds(15);
constexpr absl::Duration kJanitorInterval = absl::Minutes(10);

// Waits for the signal, then ends what is at work, from the outside in.
void RunUntil(const base::ShutdownSignal& shutdown, Api& api,
              std::unique_ptr<Notifications> notifications,
              std::unique_ptr<Reconciler> reconciler) {
  base::Log(base::LogLevel::kInfo, "padlock-cert is running", {{"version", PADLOCK_VERSION}});
  const int signal = shutdown.Wait();
  base::Log(base::LogLevel::kInfo, "padlock-cert is stopping", {{"signal", signal}});
  api.StopServing();
  notifications.reset();
  reconciler.reset();  // before its workers go: a check without workers is no evidence
  api.Shutdown(kDrainTime);
}

absl::StatusOr<std::unique_ptr<Publisher>> MakePublisher(const Config& config, base::Random& random,
                                                         base::Metrics& metrics) {
  ASSIGN_OR_RETURN(auto updates,
                   DnsUpdatePublisher::Create(PublisherOptions(config.delegation_zone), random));
  return std::make_unique<MeteredPublisher>(
      std::make_unique<BoundedPublisher>(std::move(updates), ShareOfThreads(config)), metrics);
}

std::unique_ptr<Notifications> Listen(const std::string& connection_string, Reconciler& reconciler,
                                      Api& api) {
  return std::make_unique<Notifications>(
      connection_string,
      Notifications::Handlers{.work = [&] { reconciler.Wake(); },
                              .events = [&](const TenantId& tenant) { api.Notify(tenant); }});
}

// Null where the configuration has none.
absl::StatusOr<std::unique_ptr<TokenServer>> StartTokenServer(const Config& config,
                                                              Database& database,
                                                              base::Metrics& metrics) {
  if (!config.http) return nullptr;
  return TokenServer::Start(TokenOptions(*config.http), database.http_tokens, metrics);
}

// Runs until SIGTERM or SIGINT. Destruction is the reverse of construction.
absl::Status Serve(const std::string& path) {
  const base::ShutdownSignal shutdown;
  ASSIGN_OR_RETURN(const Config config, LoadConfig(path));
  base::Random& random = base::SystemRandom();
  base::Metrics metrics;

  Database database(config.database, random);
  RETURN_IF_ERROR(CheckSchemaToServe(database.pool));
  ASSIGN_OR_RETURN(const Sealer sealer, Sealer::Create(config.key_encryption_keys));
  ASSIGN_OR_RETURN(const auto publisher, MakePublisher(config, random, metrics));
  const Authorities authorities(config, base::SystemClock(), metrics);
  Dispatcher dispatcher({.perspectives = PerspectiveNames(config.agreement)}, random, metrics);
  const Services services{.store = database.store,
                          .accounts = database.accounts,
                          .publisher = *publisher,
                          .prober = dispatcher,
                          .sealer = sealer,
                          .random = random,
                          .metrics = metrics,
                          .authorities = authorities.list(),
                          .options = StepOptionsOf(config)};
  auto reconciler =
      std::make_unique<Reconciler>(services, database.work, ReconcilerOptions(config));

  ASSIGN_OR_RETURN(const auto api, Api::Start(ApiOptions(config), {.store = database.store,
                                                                   .events = database.events,
                                                                   .sealer = sealer,
                                                                   .dispatcher = dispatcher,
                                                                   .random = random,
                                                                   .metrics = metrics}));
  Retention retention(database.pool, config.retention);
  const Janitor janitor(database.tenants, retention, kJanitorInterval);
  auto notifications = Listen(config.database.listen_connection_string, *reconciler, *api);
  ASSIGN_OR_RETURN(const auto http, StartTokenServer(config, database, metrics));
  const base::Pulses pulses{reconciler->claim_pulse(), reconciler->step_pulse(), dispatcher.pulse(),
                            api->pulse()};
  ASSIGN_OR_RETURN(
      const auto admin,
      base::AdminServer::Start(AdminOptions(config.admin, pulses, database.work), metrics));
  RunUntil(shutdown, *api, std::move(notifications), std::move(reconciler));
  return absl::OkStatus();
}

int Main(int argc, char** argv) {
  CLI::App app("Proves control of hostnames and keeps their certificates.", "padlock-cert");
  app.fallthrough();  // --config may stand behind the subcommand
  app.set_version_flag("--version", PADLOCK_VERSION);
  app.require_subcommand(1);
  std::string path;
  app.add_option("--config", path, "padlock.config.v1.CertConfig in text format")->required();
  const CLI::App* serve = app.add_subcommand("serve", "Run until SIGTERM");
  const CLI::App* migrate = app.add_subcommand("migrate", "Bring the database schema forward");
  const CLI::App* rotate = app.add_subcommand(
      "rotate-keys", "Seal all under the first key-encryption key, while the service runs");
  CLI::App* recover = app.add_subcommand(
      "recover", "After a backup was restored, before the service is started again");
  bool nothing_was_sent = false;
  recover->add_flag("--nothing-was-sent", nothing_was_sent,
                    "To any CA since the backup: their limits do not count as used up");
  std::string ca;
  CLI::App* rollover = app.add_subcommand(
      "rollover-account", "Replace the key of our account at a CA, while the service runs");
  rollover->add_option("--ca", ca, "Its configured name")->required();
  const CLI::App* check =
      app.add_subcommand("check-config", "Say whether the configuration is good");
  CLI11_PARSE(app, argc, argv);

  if (*check) return transport::TellCheck(CheckConfig(path));
  const absl::Status status = *serve     ? Serve(path)
                              : *migrate ? MigrateSchema(path)
                              : *rotate  ? RotateKeys(path)
                              : *recover ? RecoverFromBackup(path, nothing_was_sent)
                                         : RollOverAccountAt(path, ca);
  if (status.ok()) return 0;
  base::Log(base::LogLevel::kError, "padlock-cert cannot go on", {base::LogField(status)});
  return 1;
}

}  // namespace
}  // namespace cert

int main(int argc, char** argv) {
  base::PreventCoreDumps();
  transport::RequireTls13();
  base::InitLog("padlock-cert", base::LogLevel::kInfo);
  transport::LogGrpcAsJson();
  transport::Exit(cert::Main(argc, argv));
}
