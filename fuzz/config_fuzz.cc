// The configuration of all three programs. Its directory holds the files that one names.

#include <unistd.h>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "cert/config.h"
#include "cli/settings.h"
#include "fuzz/require.h"
#include "probe/config.h"

namespace {

const std::string& Directory() {
  static const std::string directory = [] {
    const auto path = std::filesystem::temp_directory_path() /
                      ("padlock_config_fuzz_" + std::to_string(getpid()));
    std::filesystem::create_directories(path);
    for (const char* name : {"ca.pem", "cert.pem", "key.pem"}) std::ofstream(path / name) << "pem";
    std::ofstream(path / "kek") << std::string(32, 'k');
    std::ofstream(path / "tsig") << "c2VjcmV0\n";
    std::atexit([] { std::filesystem::remove_all(Directory()); });
    return path.string();
  }();
  return directory;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string path = Directory() + "/config.textproto";
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
