#include "cli/text.h"

#include <gtest/gtest.h>

namespace cli {
namespace {

TEST(PrintableTest, EscapesWhatATerminalWouldObey) {
  EXPECT_EQ(Printable("v=spf1 ok"), "v=spf1 ok");
  EXPECT_EQ(Printable("\x1b[2J"), "\\027[2J");
  EXPECT_EQ(Printable("a\r\nb\tc"), "a\\013\\010b\\009c");
  EXPECT_EQ(Printable("\xc2\x9b"
                      "31m"),
            "\\194\\15531m");  // CSI as one C1 character
  EXPECT_EQ(Printable(std::string("\0\x7f", 2)), "\\000\\127");
}

TEST(WordOfTest, TurnsEnumNamesIntoWords) {
  EXPECT_EQ(WordOf("STATE_", "STATE_AWAITING_DOMAIN"), "awaiting domain");
  EXPECT_EQ(WordOf("STATE_", ""), "");
}

TEST(FormatRelativeTest, SaysHowFarAwayATimeIs) {
  const absl::Time now = absl::FromUnixSeconds(1'800'000'000);
  EXPECT_EQ(FormatRelative(now + absl::Milliseconds(300), now), "now");
  EXPECT_EQ(FormatRelative(now + absl::Seconds(5), now), "in 5 s");
  EXPECT_EQ(FormatRelative(now - absl::Minutes(10), now), "10 min ago");
  EXPECT_EQ(FormatRelative(now + absl::Hours(24 * 60), now), "in 60 days");
}

TEST(FormatTimeTest, IsInUtc) {
  google::protobuf::Timestamp timestamp;
  timestamp.set_seconds(1'800'000'000);
  EXPECT_EQ(FormatTime(timestamp), "2027-01-15 08:00:00 UTC");
}

TEST(IdOfTest, IsTheLastSegment) {
  EXPECT_EQ(IdOf("tenants/acme/domains/dom_a"), "dom_a");
  EXPECT_EQ(IdOf(""), "");
}

}  // namespace
}  // namespace cli
