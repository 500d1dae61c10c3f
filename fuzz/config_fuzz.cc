// The configuration of all three programs. Its directory holds the files that one names.

#include <unistd.h>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

#include "cert/config.h"
#include "cert/keys/testing/minted_certificate.h"
#include "cli/settings.h"
#include "fuzz/require.h"
#include "probe/config.h"

namespace {

class TemporaryDirectory {
 public:
  TemporaryDirectory()
      : path_(std::filesystem::temp_directory_path() /
              ("padlock_config_fuzz_" + std::to_string(getpid()))) {
    std::filesystem::create_directories(path_);
    std::ofstream(path_ / "ca.pem")
        << cert::Mint({.common_name = "Root",
                       .not_before = absl::FromUnixSeconds(1'700'000'000),
                       .not_after = absl::FromUnixSeconds(1'900'000'000),
                       .authority = true})
               .pem;
    for (const char* name : {"cert.pem", "key.pem"}) std::ofstream(path_ / name) << "pem";
    std::ofstream(path_ / "kek") << std::string(32, 'k');
    for (const char* name : {"tsig", "mac"}) std::ofstream(path_ / name) << "c2VjcmV0\n";
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  const std::filesystem::path path_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const TemporaryDirectory directory;
  const std::string path = directory.path() / "config.textproto";
  std::ofstream(path, std::ios::binary) << fuzz::Text(data, size);
  const auto service = cert::LoadConfig(path);
  if (service.ok()) {
    fuzz::Require(service->grpc.port > 0 && service->grpc.port < 65'536, "a port is one");
    fuzz::Require(!service->certificate_authorities.empty(), "there is a CA");
  }
  const auto worker = probe::ReadConfig(path);
  if (worker.ok()) fuzz::Require(!worker->perspective.empty(), "a worker has a perspective");
  const auto settings = cli::LoadSettings(path);
  if (settings.ok()) fuzz::Require(!settings->server.empty(), "there is a server");
  return 0;
}
