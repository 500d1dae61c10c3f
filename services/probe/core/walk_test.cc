#include "probe/core/walk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>

#include "probe/core/testing/messages.h"

namespace probe {
namespace {

using namespace ::probe::testing;  // NOLINT: the records of these tests
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

// A DNS made of functions, one for each address; the walk is driven over it to its end.
class WalkTest : public ::testing::Test {
 protected:
  using Server = std::function<std::optional<Message>(const Question&)>;

  WalkTest() {
    roots_ = {.nameservers = {{Name("root.test"), {*IpAddress::Parse("192.0.2.1")}}},
              .ttl = absl::Hours(1)};
    // root -> test -> shop.test, which has two nameservers, one of them with IPv6.
    servers_["192.0.2.1"] = [](const Question& question) -> std::optional<Message> {
      if (!question.name.IsSubdomainOf(Name("test"))) {
        return Authoritative({}, {Soa(".", 60, 60)}, kRcodeNameError);
      }
      return Delegation({NsRecord("test", "ns.test")}, {Address("ns.test", "192.0.2.2")});
    };
    servers_["192.0.2.2"] = [this](const Question& question) { return Tld(question); };
    const Server shop = [](const Question& question) { return Shop(question); };
    servers_["192.0.2.3"] = shop;
    servers_["192.0.2.4"] = shop;
    servers_["2001:db8::4"] = shop;
  }

  std::optional<Message> Tld(const Question& question) const {
    if (question.name.IsSubdomainOf(Name("shop.test"))) return shop_delegation_;
    if (question.name.IsSubdomainOf(Name("dns.test"))) {
      return Delegation({NsRecord("dns.test", "ns1.dns.test")},
                        {Address("ns1.dns.test", "192.0.2.5")});
    }
    return Authoritative({}, {Soa("test", 60, 60)}, kRcodeNameError);
  }

  static std::optional<Message> Shop(const Question& question) {
    const std::string name = question.name.ToString();
    if (question.type == RrType::kNs && name == "shop.test") {
      return Authoritative({NsRecord(name, "ns1.shop.test"), NsRecord(name, "ns2.shop.test")});
    }
    if (question.type == RrType::kA && name == "ns1.shop.test") {
      return Authoritative({Address(name, "192.0.2.3")});
    }
    if (question.type == RrType::kA && name == "ns2.shop.test") {
      return Authoritative({Address(name, "192.0.2.4")});
    }
    if (question.type == RrType::kAaaa && name == "ns2.shop.test") {
      return Authoritative({Address(name, "2001:db8::4")});
    }
    if (name == "alias.shop.test") return Authoritative({Alias(name, "elsewhere.example")});
    return Authoritative({}, {Soa("shop.test", 60, 60)});
  }

  std::shared_ptr<const Zone> Find(const std::string& name, Walk::Limits limits = {}) {
    Walk walk(Name(name), roots_, cache_, limits);
    questions_ = 0;
    Drive(walk, walk.TakeSteps(kNow), kNow);
    EXPECT_TRUE(walk.done());
    from_cache_ = walk.from_cache();
    return walk.zone();
  }

  // On to its end, from the questions that it wants to ask next.
  void Drive(Walk& walk, std::vector<Walk::Step> steps, absl::Time now) {
    for (; !steps.empty(); steps = walk.TakeSteps(now)) {
      for (const Walk::Step& step : steps) {
        ++questions_;
        if (step.question == withheld_) {
          walk.Withhold(step.branch, now);
          continue;
        }
        const auto server = servers_.find(step.address.ToString());
        std::optional<Message> answer;
        if (server != servers_.end()) answer = server->second(step.question);
        walk.Consume(step.branch, answer ? &*answer : nullptr, now);
      }
    }
  }

  static std::vector<std::string> Addresses(const Zone& zone) {
    std::vector<std::string> addresses;
    for (const Nameserver& nameserver : zone.nameservers) {
      for (const IpAddress& address : nameserver.addresses) {
        addresses.push_back(nameserver.name.ToString() + " " + address.ToString());
      }
    }
    return addresses;
  }

  Zone roots_;
  ZoneCache cache_{ZoneCache::Options{}};
  std::map<std::string, Server> servers_;
  std::optional<Message> shop_delegation_ =
      Delegation({NsRecord("shop.test", "ns1.shop.test"), NsRecord("shop.test", "ns2.shop.test")},
                 {Address("ns1.shop.test", "192.0.2.3"), Address("ns2.shop.test", "192.0.2.4")});
  int questions_ = 0;
  bool from_cache_ = false;           // of the last walk
  std::optional<Question> withheld_;  // is not asked
};

TEST_F(WalkTest, FindsTheZoneAndAllAddressesOfAllItsNameservers) {
  const auto zone = Find("www.shop.test");
  ASSERT_NE(zone, nullptr);
  EXPECT_EQ(zone->name, Name("shop.test"));
  EXPECT_THAT(Addresses(*zone),
              ::testing::UnorderedElementsAre("ns1.shop.test 192.0.2.3", "ns2.shop.test 192.0.2.4",
                                              "ns2.shop.test 2001:db8::4"));
  EXPECT_THAT(zone->note, IsEmpty());
}

TEST_F(WalkTest, FindsTheZoneOfACname) {
  const auto zone = Find("alias.shop.test");
  ASSERT_NE(zone, nullptr);
  EXPECT_EQ(zone->name, Name("shop.test"));
}

TEST_F(WalkTest, KnowsTheZoneOfItsOtherNamesAfterwards) {
  Find("www.shop.test");
  const int first = questions_;
  Find("other.shop.test");
  EXPECT_EQ(questions_, 1);
  EXPECT_GT(first, 5);
  EXPECT_NE(cache_.Holder(Name("www.shop.test"), kNow), nullptr);
  cache_.Forget(Name("www.shop.test"), kNow);
  EXPECT_EQ(cache_.Holder(Name("www.shop.test"), kNow), nullptr);
  Find("www.shop.test");
  EXPECT_GT(questions_, 1);
  EXPECT_EQ(cache_.Holder(Name("www.shop.test"), kNow + absl::Hours(2)), nullptr);
}

TEST_F(WalkTest, SaysWhenWhatItFoundWasKnownBefore) {
  Find("www.shop.test");
  EXPECT_FALSE(from_cache_);
  Find("other.shop.test");
  EXPECT_TRUE(from_cache_);
  // The top-level domain's delegation is everybody's, and no reason to learn anything again.
  cache_.Forget(Name("other.shop.test"), kNow);
  Find("other.shop.test");
  EXPECT_FALSE(from_cache_);
  EXPECT_EQ(cache_.Closest(Name("x.test"), kNow)->name, Name("test"));
}

TEST_F(WalkTest, ForgetsEveryDelegationOnTheWayButTheTopLevelDomains) {
  const auto insert = [this](const std::string& name) {
    cache_.InsertDelegation(
        std::make_shared<const Zone>(Zone{.name = Name(name), .ttl = absl::Hours(1)}), kNow);
  };
  for (const char* name : {"test", "shop.test", "sub.shop.test", "other.test"}) insert(name);
  cache_.Forget(Name("a.sub.shop.test"), kNow);
  EXPECT_EQ(cache_.Closest(Name("a.sub.shop.test"), kNow)->name, Name("test"));
  EXPECT_EQ(cache_.Closest(Name("other.test"), kNow)->name, Name("other.test"));
}

// Else who learns a zone again, because it has moved, would be given the parent's old servers.
TEST_F(WalkTest, DoesNotBringBackWhatWasForgottenWhileItWasUnderWay) {
  Find("www.shop.test");
  Walk late(Name("other.shop.test"), roots_, cache_, {});
  auto steps = late.TakeSteps(kNow + absl::Seconds(1));  // from the delegation as it is known
  const absl::Time now = kNow + absl::Seconds(2);
  cache_.Forget(Name("www.shop.test"), now);
  Drive(late, std::move(steps), now);
  EXPECT_NE(late.zone(), nullptr);
  EXPECT_EQ(cache_.Complete(Name("shop.test"), now), nullptr);
  EXPECT_EQ(cache_.Closest(Name("other.shop.test"), now)->name, Name("test"));

  Walk anew(Name("www.shop.test"), roots_, cache_, {});
  Drive(anew, anew.TakeSteps(now), now);
  EXPECT_FALSE(anew.from_cache());
  EXPECT_EQ(cache_.Complete(Name("shop.test"), now), anew.zone());
}

TEST_F(WalkTest, KeepsAZoneNoLongerForEveryOtherNameThatIsLookedFor) {
  Find("www.shop.test");
  const absl::Time later = kNow + absl::Minutes(6);
  Walk other(Name("other.shop.test"), roots_, cache_, {});
  Drive(other, other.TakeSteps(later), later);
  EXPECT_EQ(cache_.Complete(Name("shop.test"), later), other.zone());
  EXPECT_EQ(cache_.Complete(Name("shop.test"), later + absl::Minutes(5)), nullptr);
}

TEST_F(WalkTest, OfTooManyZonesKeepsThoseThatAreUsed) {
  ZoneCache small({.limit = 2});
  const auto insert = [&small](const std::string& name) {
    small.InsertDelegation(
        std::make_shared<const Zone>(Zone{.name = Name(name), .ttl = absl::Hours(1)}), kNow);
  };
  const auto knows = [&small](const std::string& name) {
    return small.Closest(Name(name), kNow) != nullptr;
  };
  insert("a.test");
  insert("b.test");
  EXPECT_TRUE(knows("a.test"));
  insert("c.test");
  EXPECT_TRUE(knows("a.test"));
  EXPECT_FALSE(knows("b.test"));
  EXPECT_TRUE(knows("c.test"));
  insert("d.test");  // all were used: the oldest goes
  EXPECT_TRUE(knows("d.test"));
  EXPECT_NE(knows("a.test"), knows("c.test"));
}

TEST_F(WalkTest, FindsTheZoneOfANameBelowADname) {
  const Server shop = [](const Question& question) -> std::optional<Message> {
    const std::string name = question.name.ToString();
    if (question.name != Name("d.shop.test") && question.name.IsSubdomainOf(Name("d.shop.test"))) {
      return Authoritative({Dname("d.shop.test", "elsewhere.example")});
    }
    return Shop(question);
  };
  for (const char* address : {"192.0.2.3", "192.0.2.4", "2001:db8::4"}) servers_[address] = shop;
  const auto zone = Find("a.b.d.shop.test");
  ASSERT_NE(zone, nullptr);
  EXPECT_EQ(zone->name, Name("shop.test"));
}

TEST_F(WalkTest, ANameThatNobodyHasBelongsToTheZoneAboveIt) {
  const auto zone = Find("www.nobody.test");
  ASSERT_NE(zone, nullptr);
  EXPECT_EQ(zone->name, Name("test"));
  const auto root = Find("www.nowhere");
  ASSERT_NE(root, nullptr);
  EXPECT_TRUE(root->name.IsRoot());
}

TEST_F(WalkTest, LooksUpNameserversOfOtherZones) {
  shop_delegation_ = Delegation({NsRecord("shop.test", "ns1.dns.test")});
  servers_["192.0.2.5"] = [](const Question& question) -> std::optional<Message> {
    const std::string name = question.name.ToString();
    if (name == "ns1.dns.test" && question.type == RrType::kA) {
      return Authoritative({Address(name, "192.0.2.5")});
    }
    if (name == "shop.test" && question.type == RrType::kNs) {
      return Authoritative({NsRecord(name, "ns1.dns.test")});
    }
    const bool ours = question.name.IsSubdomainOf(Name("shop.test"));
    return Authoritative({}, {Soa(ours ? "shop.test" : "dns.test", 60, 60)});
  };
  const auto zone = Find("www.shop.test");
  ASSERT_NE(zone, nullptr);
  EXPECT_THAT(Addresses(*zone), ::testing::ElementsAre("ns1.dns.test 192.0.2.5"));
}

TEST_F(WalkTest, JoinsTheListsOfParentAndChildAndSaysThatTheyDiffer) {
  shop_delegation_ =
      Delegation({NsRecord("shop.test", "ns1.shop.test")}, {Address("ns1.shop.test", "192.0.2.3")});
  const auto zone = Find("www.shop.test");
  ASSERT_NE(zone, nullptr);
  EXPECT_EQ(zone->nameservers.size(), 2);
  EXPECT_THAT(zone->note, HasSubstr("the parent names other nameservers"));
  EXPECT_TRUE(zone->parent_differs);
}

TEST_F(WalkTest, IgnoresAddressesThatTheServerMayNotSpeakOf) {
  // test.'s server tries to say where a nameserver outside test. lives.
  shop_delegation_ = Delegation({NsRecord("shop.test", "ns.victim.example")},
                                {Address("ns.victim.example", "192.0.2.66")});
  bool asked = false;
  servers_["192.0.2.66"] = [&asked](const Question&) -> std::optional<Message> {
    asked = true;
    return std::nullopt;
  };
  Find("www.shop.test");
  EXPECT_FALSE(asked);
}

TEST_F(WalkTest, ReturnsAZoneWhoseServersAreAllDeadAsItsParentDescribesIt) {
  servers_.erase("192.0.2.3");
  servers_.erase("192.0.2.4");
  const auto zone = Find("www.shop.test");
  ASSERT_NE(zone, nullptr);
  EXPECT_EQ(zone->name, Name("shop.test"));
  EXPECT_EQ(Addresses(*zone).size(), 2);
  EXPECT_EQ(cache_.Holder(Name("www.shop.test"), kNow), nullptr);
}

TEST_F(WalkTest, HasNoZoneWithoutARootServer) {
  servers_.erase("192.0.2.1");
  EXPECT_EQ(Find("www.shop.test"), nullptr);
}

TEST_F(WalkTest, PassesByLameServers) {
  servers_["192.0.2.3"] = [](const Question&) -> std::optional<Message> {
    return Delegation({NsRecord(".", "root.test")});
  };
  const auto zone = Find("www.shop.test");
  ASSERT_NE(zone, nullptr);
  EXPECT_EQ(zone->name, Name("shop.test"));
  EXPECT_EQ(Addresses(*zone).size(), 3);
}

TEST_F(WalkTest, EndsWhereNameserversNeedEachOther) {
  // a.test is served by ns.b.test and the other way round; no glue.
  servers_["192.0.2.2"] = [](const Question& question) -> std::optional<Message> {
    if (question.name.IsSubdomainOf(Name("a.test"))) {
      return Delegation({NsRecord("a.test", "ns.b.test")});
    }
    return Delegation({NsRecord("b.test", "ns.a.test")});
  };
  const auto zone = Find("www.a.test");
  ASSERT_NE(zone, nullptr);
  EXPECT_THAT(Addresses(*zone), IsEmpty());
  EXPECT_LE(questions_, 64);
}

TEST_F(WalkTest, EndsWhenEveryAnswerLeadsFurtherDown) {
  // A zone cut at every label, each with many nameservers that are nowhere.
  servers_["192.0.2.2"] = [](const Question& question) -> std::optional<Message> {
    std::vector<Record> many;
    for (int i = 0; i < 100; ++i) {
      const std::string server = "ns" + std::to_string(i) + ".x" + std::to_string(i) + ".test";
      many.push_back(NsRecord(question.name.ToString(), server));
    }
    return Delegation(many);
  };
  Find("a.b.c.d.e.test");
  EXPECT_LE(questions_, 64);
}

TEST_F(WalkTest, StopsAtItsLimitOfQuestionsAndSaysSo) {
  const auto zone = Find("www.shop.test", {.steps = 5});
  ASSERT_NE(zone, nullptr);
  EXPECT_EQ(questions_, 5);
  EXPECT_THAT(zone->note, HasSubstr("stopped after 5 questions"));
  EXPECT_TRUE(std::ranges::any_of(zone->nameservers, &Nameserver::incomplete));
}

TEST_F(WalkTest, TellsAddressesThatItCouldNotAskForFromThoseThatAreNotThere) {
  withheld_ = {Name("ns2.shop.test"), RrType::kAaaa};
  const auto zone = Find("www.shop.test");
  ASSERT_NE(zone, nullptr);
  ASSERT_EQ(zone->nameservers.size(), 2);
  EXPECT_FALSE(zone->nameservers[0].incomplete);  // without IPv6, as its zone says
  EXPECT_TRUE(zone->nameservers[1].incomplete);
  EXPECT_EQ(cache_.Holder(Name("www.shop.test"), kNow), nullptr);
}

TEST_F(WalkTest, MayLackAddressesOfAllNameserversWhenItCouldNotAskForTheirList) {
  withheld_ = {Name("shop.test"), RrType::kNs};
  const auto zone = Find("www.shop.test");
  ASSERT_NE(zone, nullptr);
  EXPECT_TRUE(std::ranges::all_of(zone->nameservers, &Nameserver::incomplete));
}

}  // namespace
}  // namespace probe
