#include "cli/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "base/testing/status_matchers.h"

namespace cli {
namespace {

using ::base::testing::StatusIs;
using ::testing::StartsWith;

absl::StatusOr<Settings> Load(const std::string& text) {
  const std::string path =
      ::testing::TempDir() + "padlock_cli_" + std::to_string(getpid()) + ".textproto";
  std::ofstream(path) << text;
  absl::StatusOr<Settings> settings = LoadSettings(path);
  std::remove(path.c_str());
  return settings;
}

TEST(LoadSettingsTest, ResolvesFilesAgainstTheFilesDirectory) {
  const auto settings = Load(
      "server: 'a:7443' tenant: 'acme'"
      "tls { ca_file: 'ca.pem' certificate_file: '/c.pem' private_key_file: 'k.pem' }");
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_EQ(settings->tls.ca_file, ::testing::TempDir() + "ca.pem");
  EXPECT_EQ(settings->tls.certificate_file, "/c.pem");
  EXPECT_EQ(settings->tenant, "acme");
}

TEST(LoadSettingsTest, NamesTheFieldThatIsMissing) {
  const auto settings =
      Load("server: 'a:7443' tls { ca_file: 'a' certificate_file: 'b' private_key_file: 'c' }");
  EXPECT_THAT(settings, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(std::string(settings.status().message()), StartsWith("tenant: "));
}

}  // namespace
}  // namespace cli
