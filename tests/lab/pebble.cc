#include "lab/pebble.h"

#include <csignal>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "lab/configuration.h"
#include "lab/https.h"

namespace lab {
namespace {

std::string Configuration(const std::string& address, const Credentials& tls,
                          const Pebble::Options& options) {
  const nlohmann::json pebble = {
      {"listenAddress", absl::StrFormat("%s:%d", address, kAcmePort)},
      {"managementListenAddress", absl::StrFormat("%s:%d", address, kPebbleManagementPort)},
      {"certificate", tls.certificate_file},
      {"privateKey", tls.private_key_file},
      {"httpPort", kCertHttpPort},
      {"tlsPort", 5001},
      {"ocspResponderURL", ""},
      {"domainBlocklist", options.blocked_names},
      {"externalAccountBindingRequired", !options.external_accounts.empty()},
      {"externalAccountMACKeys", options.external_accounts},
  };
  return nlohmann::json{{"pebble", pebble}}.dump(2);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Pebble>> Pebble::Start(const Stack& stack,
                                                      const CertificateAuthority& authority,
                                                      Options options) {
  ASSIGN_OR_RETURN(std::string directory, stack.MakeDirectory(options.name));
  const std::string address = stack.Address(options.host);
  // The proxy in front of it forwards the client's Host, and checks this certificate as well.
  ASSIGN_OR_RETURN(const Credentials tls,
                   authority.Mint({.name = options.name, .ip_addresses = {address}}));
  RETURN_IF_ERROR(WriteFile(directory + "/pebble.json", Configuration(address, tls, options)));
  std::unique_ptr<Pebble> server(
      new Pebble(stack, std::move(directory), tls.ca_file, std::move(options)));
  RETURN_IF_ERROR(server->Launch());
  return server;
}

Pebble::Pebble(const Stack& stack, std::string directory, std::string tls_ca_file, Options options)
    : stack_(stack),
      directory_(std::move(directory)),
      tls_ca_file_(std::move(tls_ca_file)),
      options_(std::move(options)) {}

std::string Pebble::address() const { return stack_.Address(options_.host); }

std::string Pebble::DirectoryUrl() const {
  return absl::StrFormat("https://%s:%d/dir", address(), kAcmePort);
}

absl::StatusOr<std::string> Pebble::RootPem() const {
  return HttpsGet({.address = address(), .port = kPebbleManagementPort, .ca_file = tls_ca_file_},
                  "/roots/0");
}

absl::StatusOr<std::string> Pebble::CertificateStatus(const std::string& serial) const {
  return HttpsGet({.address = address(), .port = kPebbleManagementPort, .ca_file = tls_ca_file_},
                  "/cert-status-by-serial/" + serial);
}

void Pebble::Kill() {
  if (process_ != nullptr) process_->Kill();
  process_.reset();
}

absl::Status Pebble::Pause() {
  if (process_ == nullptr) return absl::FailedPreconditionError("pebble is not running");
  return process_->Signal(SIGSTOP);
}

absl::Status Pebble::Resume() { return process_ == nullptr ? Launch() : process_->Signal(SIGCONT); }

absl::Status Pebble::Launch() {
  const std::string resolver = absl::StrFormat("%s:%d", options_.resolver_address, kDnsPort);
  std::vector<std::string> environment = {
      "GOMAXPROCS=1",
      absl::StrFormat("PEBBLE_WFE_NONCEREJECT=%d", options_.nonce_reject_percent),
      absl::StrFormat("PEBBLE_AUTHZREUSE=%d", options_.authorization_reuse_percent),
      absl::StrFormat("PEBBLE_VA_NOSLEEP=%d", options_.sleeps ? 0 : 1),
      absl::StrFormat("PEBBLE_VA_ALWAYS_VALID=%d", options_.validates ? 0 : 1),
      absl::StrFormat("PEBBLE_ALTERNATE_ROOTS=%d", options_.alternate_roots),
  };
  ASSIGN_OR_RETURN(process_,
                   Process::Start({.name = options_.name,
                                   .command = {"pebble", "-config", directory_ + "/pebble.json",
                                               "-dnsserver", resolver},
                                   .environment = std::move(environment),
                                   .directory = directory_,
                                   .log_file = stack_.LogFile(options_.name),
                                   .pid_directory = stack_.pid_directory()}));
  const base::Deadline deadline = base::Deadline::After(kStartTimeout);
  RETURN_IF_ERROR(process_->AwaitPort(address(), kPebbleManagementPort, deadline));
  return process_->AwaitPort(address(), kAcmePort, deadline);
}

}  // namespace lab
