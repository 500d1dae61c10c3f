#include "probe/check/address_lookup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "probe/check/testing/http_world.h"

namespace probe {
namespace {

using namespace ::probe::testing;  // NOLINT: the records of these tests
using observation::Outcome;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

class AddressLookupTest : public ::testing::Test {
 protected:
  AddressLookupTest() { world_.AddZone("shop.test", "199.9.14.1"); }

  HostAddresses Find(const std::string& host) {
    std::optional<HostAddresses> found;
    const auto lookup = std::make_shared<AddressLookup>(
        world_.environment(), Name(host), [&](HostAddresses done) { found = std::move(done); });
    lookup->Begin();
    world_.Run();
    EXPECT_TRUE(found);
    return found.value_or(HostAddresses{});
  }
  static std::vector<std::string> Texts(const HostAddresses& found) {
    std::vector<std::string> texts;
    for (const IpAddress& address : found.addresses) texts.push_back(address.ToString());
    return texts;
  }
  static Outcome GapOf(const HostAddresses& found) {
    return found.gap ? found.gap->outcome : Outcome{};
  }

  HttpWorld world_;
};

TEST_F(AddressLookupTest, FindsEveryAddressWithIpv6First) {
  world_.Add(Address("www.shop.test", "192.0.2.1"));
  world_.Add(Address("www.shop.test", "192.0.2.2"));
  world_.Add(Address("www.shop.test", "2001:db8::1"));
  const HostAddresses found = Find("www.shop.test");
  EXPECT_THAT(Texts(found), ElementsAre("2001:db8::1", "192.0.2.1", "192.0.2.2"));
  EXPECT_FALSE(found.gap);
  EXPECT_EQ(found.zone, Name("shop.test"));
}

TEST_F(AddressLookupTest, FollowsCnamesFromZoneToZone) {
  world_.AddZone("cdn.test", "199.9.14.2");
  world_.Add(Alias("www.shop.test", "shop.cdn.test"));
  world_.Add(Alias("shop.cdn.test", "edge.cdn.test"));
  world_.Add(Address("edge.cdn.test", "192.0.2.1"));
  const HostAddresses found = Find("www.shop.test");
  EXPECT_THAT(Texts(found), ElementsAre("192.0.2.1"));
  EXPECT_THAT(found.cname_chain, ElementsAre(Name("shop.cdn.test"), Name("edge.cdn.test")));
  EXPECT_EQ(found.zone, Name("cdn.test"));
}

TEST_F(AddressLookupTest, NamesLoops) {
  world_.Add(Alias("a.shop.test", "b.shop.test"));
  world_.Add(Alias("b.shop.test", "a.shop.test"));
  EXPECT_EQ(GapOf(Find("a.shop.test")), Outcome::kCnameLoop);
}

TEST_F(AddressLookupTest, StopsAtALongChain) {
  for (int i = 0; i < 20; ++i) {
    world_.Add(
        Alias("a" + std::to_string(i) + ".shop.test", "a" + std::to_string(i + 1) + ".shop.test"));
  }
  const HostAddresses found = Find("a0.shop.test");
  EXPECT_EQ(GapOf(found), Outcome::kCnameLoop);
  EXPECT_THAT(world_.asked(), Not(Contains("199.9.14.1 a9.shop.test")));
}

TEST_F(AddressLookupTest, TellsNoNameFromNoAddress) {
  world_.Add(Text("text.shop.test", "value"));
  EXPECT_EQ(GapOf(Find("text.shop.test")), Outcome::kNoData);
  EXPECT_EQ(GapOf(Find("none.shop.test")), Outcome::kNoSuchName);
}

TEST_F(AddressLookupTest, AnUnansweredQuestionIsNoNo) {
  world_.Silence("199.9.14.1");
  EXPECT_EQ(GapOf(Find("www.shop.test")), Outcome::kTimeout);
}

TEST_F(AddressLookupTest, AServerErrorIsNoNo) {
  world_.Fail("199.9.14.1", kRcodeServerFailure);
  EXPECT_EQ(GapOf(Find("www.shop.test")), Outcome::kServfail);
}

TEST_F(AddressLookupTest, AsksEveryAddressOfEveryNameserverForBothTypes) {
  world_.AddZone("shop.test", "199.9.14.2");
  world_.AddZone("shop.test", "199.9.14.3");
  world_.Add(Address("www.shop.test", "192.0.2.1"));
  world_.AddAt("199.9.14.2", Address("www.shop.test", "192.0.2.2"));
  world_.AddAt("199.9.14.3", Address("www.shop.test", "2001:db8::3"));
  const HostAddresses found = Find("www.shop.test");
  EXPECT_THAT(Texts(found), ElementsAre("2001:db8::3", "192.0.2.1", "192.0.2.2"));
  EXPECT_FALSE(found.gap);
  EXPECT_THAT(found.dissent, IsEmpty());
  for (const char* server : {"199.9.14.1", "199.9.14.2", "199.9.14.3"}) {
    EXPECT_GE(std::ranges::count(world_.asked(), std::string(server) + " www.shop.test"), 2);
  }
}

TEST_F(AddressLookupTest, NamesTheNameserversThatDoNotSayWhatOthersDo) {
  for (const char* server : {"199.9.14.2", "199.9.14.3", "199.9.14.4"}) {
    world_.AddZone("shop.test", server);
  }
  world_.AddAt("199.9.14.1", Address("www.shop.test", "192.0.2.1"));
  world_.Silence("199.9.14.3");
  world_.Fail("199.9.14.4", kRcodeRefused);
  const HostAddresses found = Find("www.shop.test");
  EXPECT_THAT(Texts(found), ElementsAre("192.0.2.1"));
  EXPECT_FALSE(found.gap);
  ASSERT_EQ(found.dissent.size(), 3U);
  const std::vector<std::pair<std::string, Outcome>> expected = {
      {"199.9.14.2", Outcome::kNoSuchName},
      {"199.9.14.3", Outcome::kTimeout},
      {"199.9.14.4", Outcome::kRefused}};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const observation::Observation& seen = found.dissent[i];
    EXPECT_EQ(seen.address, expected[i].first);
    EXPECT_EQ(seen.outcome, expected[i].second);
    EXPECT_EQ(seen.server, "ns" + std::to_string(i + 1) + ".shop.test");
    EXPECT_EQ(seen.zone, "shop.test");
    EXPECT_EQ(seen.owner, "www.shop.test");
  }
}

TEST_F(AddressLookupTest, NamesThoseAlongTheCnamesToo) {
  world_.AddZone("shop.test", "199.9.14.2");
  world_.AddZone("cdn.test", "199.9.15.1");
  world_.AddZone("cdn.test", "199.9.15.2");
  world_.AddAt("199.9.14.1", Alias("www.shop.test", "edge.cdn.test"));
  world_.Add(Address("edge.cdn.test", "192.0.2.1"));
  world_.Silence("199.9.15.2");
  const HostAddresses found = Find("www.shop.test");
  EXPECT_THAT(Texts(found), ElementsAre("192.0.2.1"));
  ASSERT_EQ(found.dissent.size(), 2U);
  EXPECT_EQ(found.dissent[0].outcome, Outcome::kNoSuchName);
  EXPECT_THAT(found.dissent[0].cname_chain, IsEmpty());
  EXPECT_EQ(found.dissent[1].outcome, Outcome::kTimeout);
  EXPECT_THAT(found.dissent[1].cname_chain, ElementsAre("edge.cdn.test"));
}

TEST_F(AddressLookupTest, ACnameOverWhichNameserversDifferIsInTheWay) {
  world_.AddZone("shop.test", "199.9.14.2");
  world_.AddZone("cdn.test", "199.9.15.1");
  world_.AddAt("199.9.14.1", Alias("www.shop.test", "edge.cdn.test"));
  world_.AddAt("199.9.14.2", Address("www.shop.test", "192.0.2.1"));
  world_.Add(Address("edge.cdn.test", "192.0.2.1"));
  const HostAddresses found = Find("www.shop.test");
  EXPECT_EQ(GapOf(found), Outcome::kCnameInTheWay);
  ASSERT_EQ(found.dissent.size(), 1U);
  EXPECT_EQ(found.dissent[0].address, "199.9.14.1");
  EXPECT_EQ(found.dissent[0].vote, observation::Vote::kDisagree);
  EXPECT_THAT(found.dissent[0].values, ElementsAre("edge.cdn.test"));
}

TEST_F(AddressLookupTest, LearnsTheZoneAgainWhereWhatWasKnownDoesNotTell) {
  world_.Add(Address("www.shop.test", "192.0.2.1"));
  EXPECT_THAT(Texts(Find("www.shop.test")), ElementsAre("192.0.2.1"));
  world_.MoveZone("shop.test", "199.9.14.9");
  world_.Silence("199.9.14.1");
  const HostAddresses found = Find("www.shop.test");
  EXPECT_THAT(Texts(found), ElementsAre("192.0.2.1"));
  EXPECT_FALSE(found.gap);
  EXPECT_THAT(found.dissent, IsEmpty());
  EXPECT_THAT(world_.asked(), Contains("199.9.14.9 www.shop.test"));
}

TEST_F(AddressLookupTest, LearnsAZoneAgainOnlyOnce) {
  world_.Add(Address("www.shop.test", "192.0.2.1"));
  EXPECT_FALSE(Find("www.shop.test").gap);
  world_.Silence("199.9.14.1");
  EXPECT_EQ(GapOf(Find("www.shop.test")), Outcome::kTimeout);
}

// A zone's owner may point us at our own network by its nameservers too.
TEST_F(AddressLookupTest, AsksNoPrivateNameserver) {
  world_.AddZone("evil.test", "10.0.0.53");
  world_.Add(Address("www.evil.test", "192.0.2.1"));
  const HostAddresses found = Find("www.evil.test");
  EXPECT_THAT(Texts(found), IsEmpty());
  EXPECT_EQ(GapOf(found), Outcome::kNotAsked);
  EXPECT_THAT(world_.asked(), Not(Contains(::testing::StartsWith("10.0.0.53"))));
}

TEST_F(AddressLookupTest, SaysThatNobodyLedThere) {
  world_.Silence(HttpWorld::kRootServer);
  EXPECT_EQ(GapOf(Find("www.shop.test")), Outcome::kUnreachable);
}

}  // namespace
}  // namespace probe
