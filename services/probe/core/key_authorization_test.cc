#include "probe/core/key_authorization.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/testing/status_matchers.h"

namespace probe {
namespace {

using ::base::testing::IsOk;
using ::base::testing::StatusIs;
using ::testing::HasSubstr;

const std::string kAcmeToken = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA";
const std::string kKeyThumbprint = "9jg46WB3rR_AHD-EBXdN7cBkH1WOu0tA3M9fm21mqTI";

TEST(KeyAuthorizationTest, NamesTheResourceByItsToken) {
  const auto parsed = KeyAuthorization::Parse(kAcmeToken + "." + kKeyThumbprint);
  ASSERT_THAT(parsed, IsOk());
  EXPECT_EQ(parsed->Path(), "/.well-known/acme-challenge/" + kAcmeToken);
  EXPECT_EQ(parsed->text(), kAcmeToken + "." + kKeyThumbprint);
}

TEST(KeyAuthorizationTest, TakesTheShortestTokenThatHolds128Bits) {
  EXPECT_THAT(KeyAuthorization::Parse(std::string(22, 'a') + "." + kKeyThumbprint), IsOk());
  const auto shorter = KeyAuthorization::Parse(std::string(21, 'a') + "." + kKeyThumbprint);
  EXPECT_THAT(shorter, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(std::string(shorter.status().message()), HasSubstr("21 characters"));
}

TEST(KeyAuthorizationTest, RefusesTokensThatWouldChooseAnotherPath) {
  for (const std::string bad : {"/../", "%2e%", "?a=b", "#abc", "a b ", "a\nb\r", "+/==", "\\..\\",
                                "\xc3\xa4"
                                "bc"}) {
    EXPECT_THAT(KeyAuthorization::Parse(kAcmeToken + bad + "." + kKeyThumbprint),
                StatusIs(absl::StatusCode::kInvalidArgument))
        << bad;
  }
  EXPECT_THAT(KeyAuthorization::Parse(std::string(kAcmeToken).replace(5, 1, 1, '\0') + "." +
                                      kKeyThumbprint),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(KeyAuthorizationTest, RefusesWhatHasNoThumbprintOfAKey) {
  for (const std::string& bad :
       {kAcmeToken, kAcmeToken + ".", kAcmeToken + "." + kKeyThumbprint + "A",
        kAcmeToken + "." + kKeyThumbprint.substr(1), "." + kKeyThumbprint,
        kAcmeToken + "." + kKeyThumbprint + "\n", kAcmeToken + ".." + kKeyThumbprint,
        std::string()}) {
    EXPECT_THAT(KeyAuthorization::Parse(bad), StatusIs(absl::StatusCode::kInvalidArgument)) << bad;
  }
}

}  // namespace
}  // namespace probe
