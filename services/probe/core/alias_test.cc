#include "probe/core/alias.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "probe/core/reading.h"
#include "probe/core/referral.h"
#include "probe/core/testing/messages.h"

namespace probe {
namespace {

using namespace ::probe::testing;  // NOLINT: the records of these tests
using observation::Outcome;
using observation::Vote;

const DnsName kZone = Name("test");

std::optional<AliasRecord> Find(const std::vector<Record>& answers, const std::string& owner) {
  return FindAlias(answers, Name(owner), kZone);
}

TEST(FindAliasTest, ACnameStandsAtTheNameItself) {
  const auto alias = Find({Alias("a.test", "b.example", 30)}, "a.test");
  ASSERT_TRUE(alias.has_value());
  EXPECT_EQ(alias->target, Name("b.example"));
  EXPECT_EQ(alias->ttl, absl::Seconds(30));
  EXPECT_FALSE(Find({Alias("a.test", "b.example")}, "c.a.test").has_value());
}

// RFC 6672, 2.2, table 1.
TEST(FindAliasTest, ADnameMovesWhatIsBelowIt) {
  const struct {
    const char* query;
    const char* owner;
    const char* target;
    const char* result;  // null: no match
  } cases[] = {
      {"com.", "example.com.", "example.net.", nullptr},
      {"example.com.", "example.com.", "example.net.", nullptr},
      {"a.example.com.", "example.com.", "example.net.", "a.example.net."},
      {"a.b.example.com.", "example.com.", "example.net.", "a.b.example.net."},
      {"ab.example.com.", "b.example.com.", "example.net.", nullptr},
      {"foo.example.com.", "example.com.", "example.net.", "foo.example.net."},
      {"a.x.example.com.", "x.example.com.", "example.net.", "a.example.net."},
      {"a.example.com.", "example.com.", "y.example.net.", "a.y.example.net."},
      {"cyc.example.com.", "example.com.", "example.com.", "cyc.example.com."},
      {"shortloop.x.x.", "x.", ".", "shortloop.x."},
      {"a\\.b.example.com", "example.com", "example.net", "a\\.b.example.net"},
  };
  for (const auto& each : cases) {
    const auto alias = FindAlias({Dname(each.owner, each.target)}, Name(each.query), DnsName());
    if (each.result == nullptr) {
      EXPECT_FALSE(alias.has_value()) << each.query;
      continue;
    }
    ASSERT_TRUE(alias.has_value()) << each.query;
    EXPECT_EQ(alias->target, Name(each.result)) << each.query;
  }
}

TEST(FindAliasTest, TheDnameCountsAndNotTheCnameBesideIt) {
  const auto alias =
      Find({Alias("a.d.test", "forged.example"), Dname("d.test", "e.example")}, "a.d.test");
  ASSERT_TRUE(alias.has_value());
  EXPECT_EQ(alias->target, Name("a.e.example"));
}

TEST(FindAliasTest, ADnameAboveTheZoneIsNotThatServersToGive) {
  EXPECT_FALSE(Find({Dname(".", "e.example")}, "a.test").has_value());
}

std::string LongName(const std::string& end) {
  std::string name;
  for (int i = 0; i < 4; ++i) name += std::string(56, 'x') + ".";
  return name + end;
}

TEST(FindAliasTest, ANameThatGetsTooLongHasNoTarget) {
  const auto alias = Find({Dname("d.test", LongName("example"))}, LongName("d.test"));
  ASSERT_TRUE(alias.has_value());
  EXPECT_FALSE(alias->target.has_value());
}

const Question kBelow{Name("a.d.test"), RrType::kTxt};

TEST(ReadDnameTest, AnAuthoritativeDnameIsFollowedWithAndWithoutItsCname) {
  for (const auto& answers :
       {std::vector{Dname("d.test", "e.example")},
        std::vector{Dname("d.test", "e.example"), Alias("a.d.test", "a.e.example")}}) {
    const Reading reading =
        ReadAuthoritative(Authoritative(answers), kBelow, kZone, {.values = {"token"}});
    EXPECT_EQ(reading.alias, Name("a.e.example"));
    EXPECT_EQ(reading.observation.outcome, Outcome::kCnameInTheWay);
  }
}

TEST(ReadDnameTest, AResolversDnameIsFollowedInItsAnswer) {
  const Reading reading =
      ReadRecursive({.recursion_available = true,
                     .answers = {Dname("d.test", "e.example"), Text("a.e.example", "token")}},
                    kBelow, {.values = {"token"}});
  EXPECT_EQ(reading.observation.outcome, Outcome::kMatch);
  EXPECT_EQ(reading.observation.owner, "a.e.example");
}

TEST(ReadDnameTest, ATooLongNameDoesNotExist) {
  const Question question{Name(LongName("d.test")), RrType::kTxt};
  const std::vector<Record> answers = {Dname("d.test", LongName("example"))};
  for (const int rcode : {kRcodeNoError, kRcodeYxDomain}) {
    const Reading reading = ReadAuthoritative(Authoritative(answers, {}, rcode), question, kZone,
                                              {.values = {"token"}});
    EXPECT_EQ(reading.observation.outcome, Outcome::kNoSuchName);
    EXPECT_EQ(reading.observation.vote, Vote::kDisagree);
    EXPECT_THAT(reading.observation.note, ::testing::HasSubstr("255 octets"));
  }
}

TEST(ReadDnameTest, TheWalkClimbsToTheZoneOfADname) {
  const Question question{Name("a.d.test"), RrType::kNs};
  const Message only_dname = Authoritative({Dname("d.test", "e.example")});
  const StepAnswer read = ReadStep(&only_dname, question, kZone);
  ASSERT_TRUE(std::holds_alternative<Authority>(read));
  EXPECT_TRUE(std::get<Authority>(read).is_alias);
  const Message too_long = Authoritative({}, {}, kRcodeYxDomain);
  const StepAnswer longer = ReadStep(&too_long, question, kZone);
  ASSERT_TRUE(std::holds_alternative<Authority>(longer));
  EXPECT_TRUE(std::get<Authority>(longer).is_alias);
}

}  // namespace
}  // namespace probe
