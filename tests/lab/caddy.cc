#include "lab/caddy.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "lab/descriptor.h"
#include "lab/pebble.h"

namespace lab {
namespace {

constexpr char kConfigFile[] = "/caddy.json";
constexpr char kResolvConf[] = "/resolv.conf";
constexpr char kStorage[] = "/storage";
// With $1 as its /etc/resolv.conf, which only it sees; the rest is the command.
constexpr char kUnderResolvConf[] = R"(mount --bind "$1" /etc/resolv.conf && shift && exec "$@")";

// Root needs no user namespace, and may have none.
std::vector<std::string> InMountNamespace(std::vector<std::string> command) {
  std::vector<std::string> words = {"unshare", "--mount"};
  if (geteuid() != 0) words.emplace_back("--map-root-user");
  words.insert(words.end(), std::make_move_iterator(command.begin()),
               std::make_move_iterator(command.end()));
  return words;
}

std::string Configuration(const std::string& address, const std::string& storage,
                          const Credentials& tls) {
  const nlohmann::json files = {{"certificate", tls.certificate_file},
                                {"key", tls.private_key_file}};
  const nlohmann::json server = {
      {"listen", {absl::StrFormat("%s:%d", address, kAcmePort)}},
      {"automatic_https", {{"disable", true}}},
      {"tls_connection_policies", nlohmann::json::array({nlohmann::json::object()})},
      {"routes", nlohmann::json::array(
                     {{{"handle", nlohmann::json::array({{{"handler", "acme_server"}}})}}})},
  };
  const nlohmann::json config = {
      {"admin", {{"disabled", true}}},
      {"storage", {{"module", "file_system"}, {"root", storage}}},
      {"apps",
       {{"pki", {{"certificate_authorities", {{"local", {{"install_trust", false}}}}}}},
        {"tls", {{"certificates", {{"load_files", nlohmann::json::array({files})}}}}},
        {"http", {{"servers", {{"acme", server}}}}}}},
  };
  return config.dump(2);
}

absl::Status CanListen(const std::string& address, int port) {
  const Descriptor listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  sockaddr_in place{};
  place.sin_family = AF_INET;
  place.sin_port = htons(static_cast<in_port_t>(port));
  inet_pton(AF_INET, address.c_str(), &place.sin_addr);
  if (bind(listener.get(), reinterpret_cast<const sockaddr*>(&place), sizeof(place)) == 0) {
    return absl::OkStatus();
  }
  return absl::PermissionDeniedError(
      absl::StrFormat("nothing of ours may listen at %s:%d", address, port));
}

}  // namespace

absl::Status Caddy::IsAllowed(const Stack& stack) {
  const absl::Status mounts =
      RunCommand(InMountNamespace({"mount", "--bind", "/etc/hostname", "/etc/resolv.conf"}))
          .status();
  if (!mounts.ok()) {
    return absl::PermissionDeniedError(absl::StrCat("no mount namespace: ", mounts.message()));
  }
  RETURN_IF_ERROR(CanListen(stack.Address(host::kCaResolver), kStandardDnsPort));
  return CanListen(stack.Address(host::kFirstCert), kStandardHttpPort);
}

absl::StatusOr<std::unique_ptr<Caddy>> Caddy::Start(const Stack& stack,
                                                    const CertificateAuthority& authority,
                                                    const Options& options) {
  ASSIGN_OR_RETURN(std::string directory, stack.MakeDirectory("caddy"));
  std::unique_ptr<Caddy> server(new Caddy(stack, std::move(directory)));
  ASSIGN_OR_RETURN(const Credentials tls,
                   authority.Mint({.name = "caddy", .ip_addresses = {server->address()}}));
  const std::string& files = server->directory_;
  RETURN_IF_ERROR(
      WriteFile(files + kConfigFile, Configuration(server->address(), files + kStorage, tls)));
  RETURN_IF_ERROR(
      WriteFile(files + kResolvConf, absl::StrFormat("nameserver %s\n", options.resolver_address)));
  RETURN_IF_ERROR(server->Launch());
  return server;
}

Caddy::Caddy(const Stack& stack, std::string directory)
    : stack_(stack), directory_(std::move(directory)) {}

std::string Caddy::address() const { return stack_.Address(host::kCaddy); }

std::string Caddy::DirectoryUrl() const {
  return absl::StrFormat("https://%s:%d/acme/local/directory", address(), kAcmePort);
}

absl::StatusOr<std::string> Caddy::RootPem() const {
  const std::string path = directory_ + kStorage + "/pki/authorities/local/root.crt";
  std::ifstream file(path);
  std::ostringstream pem;
  pem << file.rdbuf();
  if (!file) return absl::NotFoundError(path);
  return pem.str();
}

absl::Status Caddy::Launch() {
  ASSIGN_OR_RETURN(
      process_, Process::Start({.name = "caddy",
                                .command = InMountNamespace(
                                    {"sh", "-c", kUnderResolvConf, "sh", directory_ + kResolvConf,
                                     "caddy", "run", "--config", directory_ + kConfigFile}),
                                .environment = {"HOME=" + directory_},
                                .directory = directory_,
                                .log_file = stack_.LogFile("caddy"),
                                .pid_directory = stack_.pid_directory()}));
  return process_->AwaitPort(address(), kAcmePort, base::Deadline::After(kStartTimeout));
}

}  // namespace lab
