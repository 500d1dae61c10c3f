#include "cert/rpc/page_token.h"

#include <gtest/gtest.h>

#include "base/strings.h"
#include "base/testing/status_matchers.h"

namespace cert {
namespace {

using ::base::testing::IsOkAndHolds;
using ::base::testing::StatusIs;

constexpr char kList[] = "domains tenants/acme";

TEST(PageTokenTest, IsReadBackByTheSameList) {
  EXPECT_THAT(ReadPageToken(kList, MakePageToken(kList, "dom_a2")), IsOkAndHolds("dom_a2"));
  EXPECT_THAT(ReadPageToken(kList, ""), IsOkAndHolds(""));
}

TEST(PageTokenTest, OfAnotherListIsRefused) {
  EXPECT_THAT(ReadPageToken("domains tenants/other", MakePageToken(kList, "dom_a2")),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

class BadPageTokenTest : public ::testing::TestWithParam<std::string> {};

TEST_P(BadPageTokenTest, IsRefused) {
  const auto read = ReadPageToken(kList, GetParam());
  EXPECT_THAT(read, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_TRUE(std::string(read.status().message()).starts_with("page_token: "));
}

INSTANTIATE_TEST_SUITE_P(
    Tokens, BadPageTokenTest,
    ::testing::Values("x", "dom_a2", "%%%", std::string(4096, 'A'), MakePageToken(kList, ""),
                      MakePageToken(kList, "dom_a2\n"), MakePageToken(kList, "' OR 1=1"),
                      MakePageToken(kList, std::string(65, 'a')),
                      base::Base64UrlEncode(std::string("2\n") + kList + "\ndom_a2")));

}  // namespace
}  // namespace cert
