#include "cli/files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/strings.h"
#include "base/testing/status_matchers.h"
#include "base/testing/temp_directory.h"

namespace cli {
namespace {

using ::base::testing::IsOk;
using ::base::testing::IsOkAndHolds;
using ::base::testing::StatusIs;

class FilesTest : public ::testing::Test {
 protected:
  static mode_t ModeOf(const std::string& path) {
    struct stat status {};
    EXPECT_EQ(stat(path.c_str(), &status), 0);
    return status.st_mode & 07777;
  }

  const base::testing::TempDirectory directory_;
};

TEST_F(FilesTest, WritesAKeyThatOnlyItsOwnerMayRead) {
  const std::string path = directory_.path() + "key.pem";
  ASSERT_THAT(WriteFile(path, "secret", 0600), IsOk());
  EXPECT_THAT(base::ReadFile(path), IsOkAndHolds("secret"));
  EXPECT_EQ(ModeOf(path), 0600U);
}

TEST_F(FilesTest, DoesNotKeepTheModeOfWhatItReplaces) {
  const std::string path = directory_.path() + "key.pem";
  std::ofstream(path) << "old and open to all";
  std::filesystem::permissions(path, std::filesystem::perms::all);
  ASSERT_THAT(WriteFile(path, "secret", 0600), IsOk());
  EXPECT_EQ(ModeOf(path), 0600U);
  EXPECT_THAT(base::ReadFile(path), IsOkAndHolds("secret"));
}

TEST_F(FilesTest, LeavesNothingBehindWhenItFails) {
  std::filesystem::create_directory(directory_.path() + "taken");
  EXPECT_FALSE(WriteFile(directory_.path() + "taken", "secret", 0600).ok());
  EXPECT_THAT(WriteFile(directory_.path() + "missing/key.pem", "secret", 0600),
              StatusIs(absl::StatusCode::kNotFound));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory_.path()), {}), 1);
}

}  // namespace
}  // namespace cli
