#include "probe/core/host_addresses.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_format.h"
#include "probe/core/testing/messages.h"

namespace probe {
namespace {

using namespace ::probe::testing;  // NOLINT: the records of these tests
using observation::Outcome;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const Question kAQuestion{Name("www.shop.test"), RrType::kA};

Reply AnsweredWith(Message message) {
  return {.kind = Reply::Kind::kAnswered, .message = std::move(message)};
}
std::vector<IpAddress> ParsedAddresses(const std::vector<std::string>& texts) {
  std::vector<IpAddress> addresses;
  for (const std::string& text : texts) addresses.push_back(*IpAddress::Parse(text));
  return addresses;
}
AddressAnswer Without(Outcome outcome) { return {.gap = AddressGap{outcome, ""}}; }
Outcome GapOf(const AddressAnswer& answer) { return answer.gap ? answer.gap->outcome : Outcome{}; }

TEST(ReadAddressesTest, TakesTheAddressesOfTheAskedNameAlone) {
  const auto answer =
      ReadAddresses(AnsweredWith(Authoritative({Address("www.shop.test", "192.0.2.1"),
                                                Address("www.shop.test", "192.0.2.2"),
                                                Address("mail.shop.test", "192.0.2.3")})),
                    kAQuestion);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->addresses, ParsedAddresses({"192.0.2.1", "192.0.2.2"}));
  EXPECT_FALSE(answer->gap);
}

TEST(ReadAddressesTest, FollowsACnameRatherThanWhatStandsBehindIt) {
  const auto answer = ReadAddresses(AnsweredWith(Authoritative({Alias("www.shop.test", "cdn.test"),
                                                                Address("cdn.test", "192.0.2.3")})),
                                    kAQuestion);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->alias, Name("cdn.test"));
  EXPECT_THAT(answer->addresses, IsEmpty());
}

TEST(ReadAddressesTest, TellsNoNameFromNoAddress) {
  EXPECT_EQ(GapOf(*ReadAddresses(AnsweredWith(Authoritative({}, {}, kRcodeNameError)), kAQuestion)),
            Outcome::kNoSuchName);
  EXPECT_EQ(GapOf(*ReadAddresses(AnsweredWith(Authoritative({})), kAQuestion)), Outcome::kNoData);
}

TEST(ReadAddressesTest, SaysForHowLongANoIsKept) {
  const auto negative = [](int ttl, int minimum, int rcode) {
    return *ReadAddresses(AnsweredWith(Authoritative({}, {Soa("test", ttl, minimum)}, rcode)),
                          kAQuestion);
  };
  const AddressAnswer no_name = negative(300, 60, kRcodeNameError);
  EXPECT_EQ(no_name.gap->negative_ttl, absl::Seconds(60));
  const AddressAnswer no_data = negative(30, 60, kRcodeNoError);
  EXPECT_EQ(no_data.gap->negative_ttl, absl::Seconds(30));
  EXPECT_EQ(JoinAddresses(no_data, no_data).gap->negative_ttl, absl::Seconds(30));
}

TEST(ReadAddressesTest, LeavesUselessAnswersToTheNextServer) {
  Message referral = Delegation({NsRecord("shop.test", "ns.shop.test")});
  Message truncated = Authoritative({Address("www.shop.test", "192.0.2.1")});
  truncated.truncated = true;
  const std::vector<std::pair<Reply, Outcome>> cases = {
      {{.kind = Reply::Kind::kTimeout}, Outcome::kTimeout},
      {{.kind = Reply::Kind::kUnreachable}, Outcome::kUnreachable},
      {{.kind = Reply::Kind::kMalformed}, Outcome::kMalformed},
      {{.kind = Reply::Kind::kNotAsked}, Outcome::kNotAsked},
      {AnsweredWith(referral), Outcome::kLame},
      {AnsweredWith(truncated), Outcome::kTruncated},
      {AnsweredWith(Authoritative({}, {}, kRcodeRefused)), Outcome::kRefused},
      {AnsweredWith(Authoritative({}, {}, kRcodeServerFailure)), Outcome::kServfail}};
  for (const auto& [reply, outcome] : cases) {
    EXPECT_FALSE(ReadAddresses(reply, kAQuestion)) << observation::OutcomeName(outcome);
    EXPECT_EQ(FailureOf(reply), outcome);
  }
}

TEST(JoinAddressesTest, PutsIpv6First) {
  const AddressAnswer joined = JoinAddresses({.addresses = ParsedAddresses({"2001:db8::1"})},
                                             {.addresses = ParsedAddresses({"192.0.2.1"})});
  EXPECT_EQ(joined.addresses, ParsedAddresses({"2001:db8::1", "192.0.2.1"}));
  EXPECT_FALSE(joined.gap);
}

TEST(JoinAddressesTest, NeedsOnlyOneOfTheTypes) {
  const AddressAnswer joined =
      JoinAddresses(Without(Outcome::kNoData), {.addresses = ParsedAddresses({"192.0.2.1"})});
  EXPECT_THAT(joined.addresses, SizeIs(1));
  EXPECT_FALSE(joined.gap);
}

TEST(JoinAddressesTest, SaysThatAddressesMayBeMissing) {
  const AddressAnswer joined =
      JoinAddresses(Without(Outcome::kTimeout), {.addresses = ParsedAddresses({"192.0.2.1"})});
  EXPECT_THAT(joined.addresses, SizeIs(1));
  EXPECT_EQ(GapOf(joined), Outcome::kTimeout);
}

TEST(JoinAddressesTest, ANameWithoutAddressesHasAReason) {
  EXPECT_EQ(GapOf(JoinAddresses(Without(Outcome::kNoData), Without(Outcome::kNoData))),
            Outcome::kNoData);
  EXPECT_EQ(GapOf(JoinAddresses(Without(Outcome::kNoData), Without(Outcome::kNoSuchName))),
            Outcome::kNoSuchName);
  EXPECT_EQ(GapOf(JoinAddresses(Without(Outcome::kNoSuchName), Without(Outcome::kServfail))),
            Outcome::kServfail);
}

TEST(JoinAddressesTest, FollowsACnameUnlessTheTypesContradictEachOther) {
  const AddressAnswer cdn{.alias = Name("cdn.test")};
  EXPECT_EQ(JoinAddresses(cdn, cdn).alias, Name("cdn.test"));
  EXPECT_EQ(JoinAddresses(cdn, Without(Outcome::kTimeout)).alias, Name("cdn.test"));
  for (const AddressAnswer& other : {AddressAnswer{.alias = Name("elsewhere.test")},
                                     AddressAnswer{.addresses = ParsedAddresses({"192.0.2.1"})}}) {
    EXPECT_EQ(GapOf(JoinAddresses(cdn, other)), Outcome::kCnameInTheWay);
    EXPECT_FALSE(JoinAddresses(cdn, other).alias);
  }
}

TEST(JoinAddressesTest, SaysThatItAsksOnlySoMany) {
  AddressAnswer many;
  for (int i = 0; i < 20; ++i) {
    many.addresses.push_back(*IpAddress::Parse(absl::StrFormat("192.0.2.%d", i)));
  }
  const AddressAnswer joined = JoinAddresses(Without(Outcome::kNoData), many);
  EXPECT_THAT(joined.addresses, SizeIs(kMaxHostAddresses));
  EXPECT_EQ(GapOf(joined), Outcome::kNotAsked);
}

}  // namespace
}  // namespace probe
