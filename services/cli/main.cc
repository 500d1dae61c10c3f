// padlock: the command line of the cert service, for one tenant. Exit codes: 0 done; 1 failed, with
// the reason on standard error; 2 wrong usage.

#include <sys/ioctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <functional>
#include <iostream>
#include <string>

#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/status_macros.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/screen.h"
#include "cli/settings.h"
#include "cli/text.h"
#include "cli/watch.h"
#include "transport/exit.h"
#include "transport/grpc_log.h"
#include "transport/tls.h"

namespace cli {
namespace {

constexpr int kFailed = 1;
constexpr int kUsage = 2;
constexpr char kBackupHelp[] = "keep another certificate, from another CA, for when it is needed";

struct Arguments {
  std::string config = "cli.textproto";
  bool json = false;
  std::string domain;
  Client::NewDomain new_domain;
  KeyOptions keys;
  bool revoke = false;
  RevokeOptions revocation;
  std::string serial;
  Client::NewCertificate new_certificate;
  std::string method;
  FetchFiles files;
  std::string state;
  bool fresh = false;
  bool until_issued = false;
  std::string timeout;
};

using Command = std::function<absl::Status(Context&)>;

absl::Status RunWatch(Context& context, const Arguments& arguments) {
  absl::Duration timeout = absl::InfiniteDuration();
  if (!arguments.timeout.empty() && !absl::ParseDuration(arguments.timeout, &timeout)) {
    return absl::InvalidArgumentError("--timeout: is not a time like 90s or 2m");
  }
  winsize size{};
  const bool is_terminal = !arguments.json && isatty(STDOUT_FILENO) == 1 &&
                           ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 2;
  Screen screen = is_terminal ? Screen(context.out, {.columns = size.ws_col, .rows = size.ws_row})
                              : Screen(context.out);
  Watcher watcher(
      context.client, screen, base::SystemClock(),
      {.json = arguments.json, .until_issued = arguments.until_issued, .timeout = timeout});
  return watcher.Run(arguments.domain);
}

// A subcommand about one domain.
CLI::App* AddDomainCommand(CLI::App& app, const std::string& name, const std::string& help,
                           Arguments& arguments) {
  CLI::App* const command = app.add_subcommand(name, help);
  command->add_option("domain", arguments.domain, "hostname or id")->required();
  return command;
}

void DeclareOrder(CLI::App& app, Arguments& arguments, Command& chosen) {
  Client::NewCertificate& certificate = arguments.new_certificate;
  CLI::App* const order =
      app.add_subcommand("order", "Order one certificate for several names, wildcards included");
  order->add_option("names", certificate.names, "in A-labels")->required();
  order->add_option("--method", certificate.method, "of names that are not there yet, as for add");
  order->add_flag("--partial", certificate.partial, "issue for the names that pass; others follow");
  order->add_flag("--backup", certificate.backup, kBackupHelp);
  order->add_option("--ca", certificate.authorities,
                    "order from these configured CAs only, in this order");
  order->add_option("--request-id", certificate.request_id, "makes the command safe to repeat");
  order->callback([&] {
    chosen = [&](Context& context) { return Order(context, arguments.new_certificate); };
  });
}

void DeclareChanges(CLI::App& app, Arguments& arguments, Command& chosen) {
  CLI::App* const add = app.add_subcommand("add", "Add a hostname; shows the records to create");
  add->add_option("hostname", arguments.new_domain.hostname, "in A-labels")->required();
  add->add_flag("--wildcard", arguments.new_domain.wildcard, "also cover *.<hostname>");
  add->add_option("--method", arguments.new_domain.method,
                  "delegation (a CNAME, once), txt (records for each order) or http");
  add->add_option("--ca", arguments.new_domain.authorities,
                  "order from these configured CAs only, in this order");
  add->add_flag("--challenge", arguments.new_domain.challenge,
                "even while another tenant holds it, to take it over by proof");
  add->add_option("--key-type", arguments.keys.type, "ecdsa-p256, rsa-2048 or dual");
  add->add_option("--csr", arguments.keys.csr_file,
                  "a PKCS#10 request in PEM for exactly these names, whose key stays with you");
  add->add_flag("--backup", arguments.new_domain.backup, kBackupHelp);
  add->add_option("--request-id", arguments.new_domain.request_id,
                  "makes the command safe to repeat");
  add->callback([&] {
    chosen = [&](Context& context) { return Add(context, arguments.new_domain, arguments.keys); };
  });
  DeclareOrder(app, arguments, chosen);
  CLI::App* const method =
      AddDomainCommand(app, "method", "Validate a domain by another method", arguments);
  method->add_option("method", arguments.method, "delegation, txt or http")->required();
  method->callback([&] {
    chosen = [&](Context& context) {
      return ChangeMethod(context, arguments.domain, arguments.method);
    };
  });
  AddDomainCommand(app, "recheck", "Look at the records at once", arguments)->callback([&] {
    chosen = [&](Context& context) { return Recheck(context, arguments.domain); };
  });
  CLI::App* const remove = AddDomainCommand(
      app, "delete", "Delete a domain and its certificate, or one of several names", arguments);
  remove->add_flag("--revoke", arguments.revoke, "also have the CA revoke what was issued");
  remove->callback([&] {
    chosen = [&](Context& context) { return Delete(context, arguments.domain, arguments.revoke); };
  });
  CLI::App* const revoke = AddDomainCommand(
      app, "revoke", "Have the CA revoke what was issued, and order a replacement", arguments);
  revoke->add_option("--reason", arguments.revocation.reason,
                     "key-compromise, affiliation-changed, superseded or cessation-of-operation");
  revoke->add_option("--proof", arguments.revocation.proof_file,
                     "a PKCS#10 request in PEM, subject \"CN=Proof of Key Compromise\", signed by "
                     "the key: then no operator is needed");
  revoke->callback([&] {
    chosen = [&](Context& context) {
      return Revoke(context, arguments.domain, arguments.revocation);
    };
  });
}

void DeclareConfirm(CLI::App& app, Arguments& arguments, Command& chosen) {
  CLI::App* const confirm =
      AddDomainCommand(app, "confirm", "Say that a consumer serves what was issued", arguments);
  confirm->add_option("serial", arguments.serial, "its serial number, in hexadecimal")->required();
  confirm->callback([&] {
    chosen = [&](Context& context) { return Confirm(context, arguments.domain, arguments.serial); };
  });
}

void DeclareLooks(CLI::App& app, Arguments& arguments, Command& chosen) {
  CLI::App* const list = app.add_subcommand("list", "All domains");
  list->add_option("--state", arguments.state, "only those in this state");
  list->callback(
      [&] { chosen = [&](Context& context) { return List(context, arguments.state); }; });
  AddDomainCommand(app, "show", "Everything about a domain: what is wrong, where, what to do",
                   arguments)
      ->callback(
          [&] { chosen = [&](Context& context) { return Show(context, arguments.domain); }; });
  CLI::App* const diagnose = AddDomainCommand(
      app, "diagnose", "All that is wrong with a domain, the most important first", arguments);
  diagnose->add_flag("--fresh", arguments.fresh, "look now instead of telling the latest check");
  diagnose->callback([&] {
    chosen = [&](Context& context) { return Diagnose(context, arguments.domain, arguments.fresh); };
  });
  CLI::App* const certificates = app.add_subcommand("certificates", "All certificates");
  certificates->add_option("--state", arguments.state, "only those in this state");
  certificates->callback([&] {
    chosen = [&](Context& context) { return ListCertificates(context, arguments.state); };
  });
  CLI::App* const fetch = AddDomainCommand(app, "fetch", "Fetch chain and key", arguments);
  fetch->add_option("--chain", arguments.files.chain, "file for the PEM chain; - for output")
      ->required();
  fetch->add_option("--key", arguments.files.key, "file for the private key (mode 0600)");
  fetch->add_option("--key-type", arguments.files.key_type, "of a dual: ecdsa-p256 or rsa-2048");
  fetch->callback([&] {
    chosen = [&](Context& context) { return Fetch(context, arguments.domain, arguments.files); };
  });
  CLI::App* const watch =
      app.add_subcommand("watch", "Follow one domain, or all, as things happen");
  CLI::Option* const domain = watch->add_option("domain", arguments.domain, "hostname or id");
  watch->add_flag("--until-issued", arguments.until_issued, "end with the certificate")
      ->needs(domain);
  watch->add_option("--timeout", arguments.timeout, "give up after that long: 90s, 2m");
  watch->callback([&] { chosen = [&](Context& context) { return RunWatch(context, arguments); }; });
}

absl::Status Run(const Arguments& arguments, const Command& chosen) {
  ASSIGN_OR_RETURN(const Settings settings, LoadSettings(arguments.config));
  ASSIGN_OR_RETURN(const std::unique_ptr<Client> client, Client::Create(settings));
  Context context{.client = *client,
                  .out = std::cout,
                  .json = arguments.json,
                  .now = base::SystemClock().TimeNow()};
  return chosen(context);
}

int Main(int argc, char** argv) {
  transport::RequireTls13();
  transport::SilenceGrpcLog();
  Arguments arguments;
  Command chosen;
  CLI::App app("Automatic certificates for verified web domains", "padlock");
  app.require_subcommand(1);
  app.fallthrough();
  app.add_option("--config", arguments.config, "configuration file (padlock.config.v1.CliConfig)")
      ->capture_default_str();
  app.add_flag("--json", arguments.json, "JSON, one object per line");
  DeclareChanges(app, arguments, chosen);
  DeclareConfirm(app, arguments, chosen);
  DeclareLooks(app, arguments, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  const absl::Status status = Run(arguments, chosen);
  if (status.ok()) return 0;
  std::cout.flush();
  std::cerr << absl::StrFormat("padlock: %s (%s)\n", Printable(std::string(status.message())),
                               absl::StatusCodeToString(status.code()));
  return kFailed;
}

}  // namespace
}  // namespace cli

int main(int argc, char** argv) { transport::Exit(cli::Main(argc, argv)); }
