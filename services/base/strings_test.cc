#include "base/strings.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <optional>
#include <string>

#include "base/testing/status_matchers.h"
#include "base/testing/temp_directory.h"

namespace base {
namespace {

using ::base::testing::IsOkAndHolds;
using ::base::testing::StatusIs;

// Whatever the machine's zone is.
TEST(UtcTextTest, GivesDateAndTimeInUtc) {
  EXPECT_EQ(UtcText(absl::FromUnixSeconds(1'800'000'000)), "2027-01-15 08:00:00 UTC");
}

TEST(Base64UrlTest, EncodesWithoutPaddingInTheUrlAlphabet) {
  EXPECT_EQ(Base64UrlEncode("\xfb\xef\xff"), "--__");
  EXPECT_EQ(Base64UrlEncode("a"), "YQ");
  EXPECT_EQ(Base64UrlEncode(""), "");
}

TEST(Base64UrlTest, DecodesWhatItEncoded) {
  std::string octets;
  for (int i = 0; i < 256; ++i) {
    octets.push_back(static_cast<char>(i));
    EXPECT_EQ(Base64UrlDecode(Base64UrlEncode(octets)), octets);
  }
}

class Base64UrlRefusalTest : public ::testing::TestWithParam<const char*> {};

TEST_P(Base64UrlRefusalTest, OnlyTheCanonicalSpellingDecodes) {
  EXPECT_EQ(Base64UrlDecode(GetParam()), std::nullopt);
}

INSTANTIATE_TEST_SUITE_P(All, Base64UrlRefusalTest,
                         ::testing::Values("YQ==", "YQ=", "Y Q", "YQ\n", "YR", "Y", "-_+/", "YQ!"));

class ReadFileTest : public ::testing::Test {
 protected:
  void Write(const std::string& content) { directory_.Write("file", content); }

  const testing::TempDirectory directory_;
  const std::string path_ = directory_.path() + "file";
};

TEST_F(ReadFileTest, ReturnsAllOctets) {
  Write(std::string("a\0b\n", 4));
  EXPECT_THAT(ReadFile(path_), IsOkAndHolds(std::string("a\0b\n", 4)));
}

TEST_F(ReadFileTest, TheLimitItselfIsAllowedAndOneMoreIsNot) {
  Write("four");
  EXPECT_THAT(ReadFile(path_, 4), IsOkAndHolds("four"));
  EXPECT_THAT(ReadFile(path_, 3), StatusIs(absl::StatusCode::kResourceExhausted));
}

TEST_F(ReadFileTest, AMissingFileIsNotFound) {
  EXPECT_THAT(ReadFile(path_), StatusIs(absl::StatusCode::kNotFound));
}

}  // namespace
}  // namespace base
