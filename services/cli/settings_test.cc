#include "cli/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "base/testing/status_matchers.h"
#include "base/testing/temp_directory.h"

namespace cli {
namespace {

using ::base::testing::StatusIs;
using ::base::testing::TempDirectory;
using ::testing::StartsWith;

const TempDirectory& Directory() {
  static const TempDirectory directory;
  return directory;
}

absl::StatusOr<Settings> Load(const std::string& text) {
  return LoadSettings(Directory().Write("cli.textproto", text));
}

TEST(LoadSettingsTest, ResolvesFilesAgainstTheFilesDirectory) {
  const auto settings = Load(
      "server: 'a:7443' tenant: 'acme'"
      "tls { ca_file: 'ca.pem' certificate_file: '/c.pem' private_key_file: 'k.pem' }");
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_EQ(settings->tls.ca_file, Directory().path() + "ca.pem");
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
