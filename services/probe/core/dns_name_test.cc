#include "probe/core/dns_name.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/hash/hash.h"
#include "absl/strings/ascii.h"
#include "base/testing/status_matchers.h"
#include "probe/core/testing/messages.h"

namespace probe {
namespace {

using ::base::testing::StatusIs;
using ::probe::testing::Name;

TEST(DnsNameTest, IsTheSameInAnyLetterCaseWithOrWithoutTheTrailingDot) {
  EXPECT_EQ(Name("WWW.Example.TEST."), Name("www.example.test"));
  EXPECT_EQ(Name("WWW.Example.TEST.").ToString(), "www.example.test");
}

TEST(DnsNameTest, RootIsEmptyAndItsOwnParent) {
  EXPECT_TRUE(Name(".").IsRoot());
  EXPECT_EQ(Name(""), DnsName());
  EXPECT_EQ(DnsName().Parent(), DnsName());
  EXPECT_EQ(DnsName().ToString(), ".");
}

TEST(DnsNameTest, KeepsEscapedOctets) {
  const DnsName name = Name("a\\.b\\032c\\200.test");
  EXPECT_EQ(name.LabelCount(), 2);
  EXPECT_EQ(name.ToString(), "a\\.b\\032c\\200.test");
  EXPECT_EQ(Name(name.ToString()), name);
}

TEST(DnsNameTest, RefusesWhatIsNoName) {
  const std::vector<std::string> bad = {"a..b", ".a", "a\\", "a\\25", "a\\256", "a\\2x5",
                                        std::string(64, 'a') + ".test",
                                        // 4 labels of 63 octets need 256 with the root's.
                                        std::string(63, 'a') + "." + std::string(63, 'b') + "." +
                                            std::string(63, 'c') + "." + std::string(63, 'd')};
  for (const std::string& text : bad) {
    EXPECT_THAT(DnsName::Parse(text), StatusIs(absl::StatusCode::kInvalidArgument)) << text;
  }
}

TEST(DnsNameTest, TakesTheLongestNameThereIs) {
  const std::string longest = std::string(63, 'a') + "." + std::string(63, 'b') + "." +
                              std::string(63, 'c') + "." + std::string(61, 'd');
  EXPECT_EQ(Name(longest).wire().size(), 254);
}

TEST(DnsNameTest, IsBelowItselfAndItsAncestorsByWholeLabelsOnly) {
  EXPECT_TRUE(Name("a.b.test").IsSubdomainOf(Name("b.test")));
  EXPECT_TRUE(Name("b.test").IsSubdomainOf(Name("b.test")));
  EXPECT_TRUE(Name("b.test").IsSubdomainOf(DnsName()));
  EXPECT_FALSE(Name("ab.test").IsSubdomainOf(Name("b.test")));
  EXPECT_FALSE(Name("b.test").IsSubdomainOf(Name("a.b.test")));
  // An escaped dot separates nothing.
  EXPECT_FALSE(Name("a\\.b.test").IsSubdomainOf(Name("b.test")));
  EXPECT_EQ(Name("a.b.test").Parent(), Name("b.test"));
}

TEST(DnsNameTest, LowersLettersAndNothingElseOnTheWire) {
  std::string upper(1, '\x3f');
  std::string lower(1, '\x3f');
  for (int octet = '@'; octet < '@' + 63; ++octet) {
    upper += static_cast<char>(octet);
    lower += static_cast<char>(octet >= 'A' && octet <= 'Z' ? octet - 'A' + 'a' : octet);
  }
  for (const std::string end : {"", "\x03XyZ", "\x07\xc1\xda\xe1\xfaQqQ"}) {
    std::string lowered = end;
    for (char& octet : lowered) {
      if (octet >= 'A' && octet <= 'Z') octet = static_cast<char>(octet - 'A' + 'a');
    }
    const std::optional<DnsName> name = DnsName::FromWire(upper + end);
    ASSERT_TRUE(name.has_value());
    EXPECT_EQ(name->wire(), lower + lowered);
  }
}

TEST(DnsNameTest, RefusesWireFormThatIsNoName) {
  EXPECT_FALSE(DnsName::FromWire(std::string("\x03"
                                             "ab",
                                             3))
                   .has_value());
  EXPECT_FALSE(DnsName::FromWire(std::string("\x01"
                                             "a\x00"
                                             "b",
                                             4))
                   .has_value());
  EXPECT_FALSE(DnsName::FromWire(std::string(255, '\x01')).has_value());
  EXPECT_EQ(DnsName::FromWire(std::string("\x01"
                                          "A\x04"
                                          "test",
                                          7)),
            Name("a.test"));
}

TEST(DnsNameTest, StandsUnderAnotherNameUnlessThatGetsTooLong) {
  const DnsName name = *DnsName::Parse("_token.www.shop.test");
  EXPECT_EQ(name.Under(*DnsName::Parse("Shop.test"))->ToString(), "_token.www.shop.test.shop.test");
  EXPECT_EQ(name.Under(DnsName()), name);
  std::string text = "a";
  for (int i = 0; i < 126; ++i) text += ".a";  // 254 octets
  const DnsName longest = *DnsName::Parse(text);
  EXPECT_TRUE(longest.Under(DnsName()).has_value());
  EXPECT_FALSE(longest.Under(name).has_value());
  EXPECT_FALSE(DnsName().Under(longest)->Under(*DnsName::Parse("a")).has_value());
}

// Names of more than 55 octets are kept elsewhere.
TEST(DnsNameTest, NamesCompareAndHashAlikeWhateverTheirLength) {
  for (const int label : {1, 50, 51, 52, 53, 63}) {
    const std::string text = std::string(static_cast<std::size_t>(label), 'a') + ".b";
    const DnsName name = Name(text);
    const DnsName copy = name;
    EXPECT_EQ(name, copy);
    EXPECT_EQ(name, Name(absl::AsciiStrToUpper(text)));
    EXPECT_EQ(absl::HashOf(name), absl::HashOf(copy));
    EXPECT_EQ(copy.ToString(), text);
    EXPECT_EQ(copy.Parent(), Name("b"));
    EXPECT_NE(name, Name(text + "c"));
    EXPECT_LT(name, Name(text + "c"));
  }
}

}  // namespace
}  // namespace probe
