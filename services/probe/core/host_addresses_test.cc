#include "probe/core/host_addresses.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_format.h"
#include "probe/core/testing/messages.h"

namespace probe {
namespace {

using namespace ::probe::testing;  // NOLINT: the records of these tests
using observation::Observation;
using observation::Outcome;
using observation::Vote;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kHostName[] = "www.shop.test";

// What a nameserver of shop.test says when asked for the host's records of a type.
Reading Says(RrType type, const Message& message) {
  return ReadAuthoritative(message, {Name(kHostName), type}, Name("shop.test"), {});
}
// A server with these records.
AddressReadings With(const std::vector<Record>& records, int rcode = kRcodeNoError) {
  const auto of = [&](RrType type) {
    std::vector<Record> answers;
    for (const Record& record : records) {
      if (record.type == type || record.type == RrType::kCname) answers.push_back(record);
    }
    return Says(type, Authoritative(answers, {Soa("shop.test", 300, 60)}, rcode));
  };
  return {.v6 = of(RrType::kAaaa), .v4 = of(RrType::kA)};
}
AddressReadings At(const std::vector<std::string>& addresses) {
  std::vector<Record> records;
  for (const std::string& address : addresses) records.push_back(Address(kHostName, address));
  return With(records);
}
AddressReadings LedTo(const std::string& target) { return With({Alias(kHostName, target)}); }
AddressReadings WithoutName() { return With({}, kRcodeNameError); }
Reading Untold(Outcome outcome) { return NoAnswer(outcome, Name(kHostName), ""); }
AddressReadings Failing(Outcome outcome) { return {Untold(outcome), Untold(outcome)}; }

HostVerdict JudgedHost(const std::vector<AddressReadings>& servers) {
  return JudgeHost(servers, {Name(kHostName)});
}
std::vector<std::string> Texts(const HostVerdict& verdict) {
  std::vector<std::string> texts;
  for (const IpAddress& address : verdict.addresses) texts.push_back(address.ToString());
  return texts;
}
Outcome GapOf(const HostVerdict& verdict) { return verdict.gap ? verdict.gap->outcome : Outcome{}; }
std::vector<Outcome> DissentOf(const HostVerdict& verdict) {
  std::vector<Outcome> outcomes;
  for (const Observation& seen : verdict.dissent) outcomes.push_back(seen.outcome);
  return outcomes;
}

TEST(JudgeHostTest, PutsIpv6First) {
  const HostVerdict verdict = JudgedHost({At({"192.0.2.1", "2001:db8::1"})});
  EXPECT_THAT(Texts(verdict), ElementsAre("2001:db8::1", "192.0.2.1"));
  EXPECT_FALSE(verdict.gap);
  EXPECT_THAT(verdict.dissent, IsEmpty());
}

TEST(JudgeHostTest, TakesEveryAddressThatSomeNameserverTells) {
  const HostVerdict verdict =
      JudgedHost({At({"192.0.2.1"}), At({"192.0.2.1", "192.0.2.2"}), At({"2001:db8::1"})});
  EXPECT_THAT(Texts(verdict), ElementsAre("2001:db8::1", "192.0.2.1", "192.0.2.2"));
  EXPECT_FALSE(verdict.gap);
  EXPECT_THAT(verdict.dissent, IsEmpty());
}

TEST(JudgeHostTest, ANameserverWithoutAnyAddressDisagreesWithThoseThatHaveOne) {
  const HostVerdict verdict = JudgedHost({At({"192.0.2.1"}), WithoutName(), At({})});
  EXPECT_THAT(Texts(verdict), ElementsAre("192.0.2.1"));
  EXPECT_THAT(DissentOf(verdict), ElementsAre(Outcome::kNoSuchName, Outcome::kNoData));
  for (const Observation& seen : verdict.dissent) {
    EXPECT_EQ(seen.vote, Vote::kDisagree);
    EXPECT_NE(seen.note, "");
  }
}

TEST(JudgeHostTest, ANameserverThatDoesNotTellOfBothTypesCouldNotTell) {
  for (const Outcome outcome :
       {Outcome::kTimeout, Outcome::kUnreachable, Outcome::kServfail, Outcome::kRefused,
        Outcome::kLame, Outcome::kMalformed, Outcome::kTruncated, Outcome::kNotAsked}) {
    AddressReadings half = At({"192.0.2.2"});
    half.v6 = Untold(outcome);
    const HostVerdict verdict = JudgedHost({At({"192.0.2.1"}), Failing(outcome), half});
    EXPECT_THAT(Texts(verdict), ElementsAre("192.0.2.1", "192.0.2.2"));
    EXPECT_THAT(DissentOf(verdict), ElementsAre(outcome, outcome));
    for (const Observation& seen : verdict.dissent) EXPECT_EQ(seen.vote, Vote::kCouldNotTell);
    EXPECT_FALSE(verdict.gap) << "others told both types";
  }
}

TEST(JudgeHostTest, OfOneThatAnswersForOneTypeOnlyTheFailureIsShown) {
  const AddressReadings broken{Untold(Outcome::kTimeout), Untold(Outcome::kServfail)};
  EXPECT_THAT(DissentOf(JudgedHost({At({"192.0.2.1"}), broken})), ElementsAre(Outcome::kServfail));
}

TEST(JudgeHostTest, SaysThatAddressesMayBeMissingWhereNobodyToldOfAType) {
  AddressReadings half = At({"192.0.2.1"});
  half.v6 = Untold(Outcome::kTimeout);
  const HostVerdict verdict = JudgedHost({half, half});
  EXPECT_THAT(Texts(verdict), ElementsAre("192.0.2.1"));
  EXPECT_EQ(GapOf(verdict), Outcome::kTimeout);
}

TEST(JudgeHostTest, ANameWithoutAddressesHasAReason) {
  EXPECT_EQ(GapOf(JudgedHost({At({})})), Outcome::kNoData);
  EXPECT_EQ(GapOf(JudgedHost({WithoutName()})), Outcome::kNoSuchName);
  EXPECT_EQ(GapOf(JudgedHost({WithoutName(), Failing(Outcome::kTimeout)})), Outcome::kNoSuchName);
  EXPECT_EQ(GapOf(JudgedHost({Failing(Outcome::kTimeout), Failing(Outcome::kServfail)})),
            Outcome::kServfail);
  EXPECT_EQ(GapOf(JudgedHost({})), Outcome::kNotAsked);
}

TEST(JudgeHostTest, SaysForHowLongANoIsKept) {
  EXPECT_EQ(JudgedHost({At({}), WithoutName()}).gap->negative_ttl, absl::Seconds(60));
}

TEST(JudgeHostTest, FollowsACname) {
  const HostVerdict verdict = JudgedHost({LedTo("cdn.test"), LedTo("cdn.test")});
  EXPECT_EQ(verdict.follow, Name("cdn.test"));
  EXPECT_FALSE(verdict.gap);
  EXPECT_THAT(verdict.dissent, IsEmpty());
}

TEST(JudgeHostTest, ACnameThatIsToldForOneTypeIsThereForTheOther) {
  AddressReadings half = LedTo("cdn.test");
  for (const Reading& other : {Untold(Outcome::kServfail),
                               Says(RrType::kA, Authoritative({}, {Soa("shop.test", 60, 60)}))}) {
    half.v4 = other;
    const HostVerdict verdict = JudgedHost({half});
    EXPECT_EQ(verdict.follow, Name("cdn.test"));
    EXPECT_THAT(verdict.dissent, IsEmpty());
  }
}

TEST(JudgeHostTest, FollowsACnameThatSomeNameserversLackAndSaysSo) {
  const HostVerdict verdict =
      JudgedHost({WithoutName(), LedTo("cdn.test"), Failing(Outcome::kTimeout)});
  EXPECT_EQ(verdict.follow, Name("cdn.test"));
  EXPECT_THAT(DissentOf(verdict), ElementsAre(Outcome::kNoSuchName, Outcome::kTimeout));
}

TEST(JudgeHostTest, FollowsNoCnameOverWhichNameserversContradictEachOther) {
  for (const AddressReadings& other : {LedTo("elsewhere.test"), At({"192.0.2.1"})}) {
    const HostVerdict verdict = JudgedHost({LedTo("cdn.test"), other});
    EXPECT_FALSE(verdict.follow);
    EXPECT_EQ(GapOf(verdict), Outcome::kCnameInTheWay);
    EXPECT_EQ(DissentOf(verdict).front(), Outcome::kCnameInTheWay);
    EXPECT_THAT(verdict.dissent.front().values, ElementsAre("cdn.test"));
  }
  AddressReadings both = LedTo("cdn.test");
  both.v4 = At({"192.0.2.1"}).v4;
  EXPECT_EQ(GapOf(JudgedHost({both})), Outcome::kCnameInTheWay);
}

TEST(JudgeHostTest, NamesLoopsAndLongChains) {
  const std::vector<AddressReadings> servers = {LedTo("cdn.test")};
  EXPECT_EQ(GapOf(JudgeHost(servers, {Name(kHostName), Name("cdn.test"), Name("b.test")})),
            Outcome::kCnameLoop);
  std::vector<DnsName> visited;
  for (int i = 0; i <= kMaxAliases; ++i) visited.push_back(Name(absl::StrFormat("%d.test", i)));
  EXPECT_EQ(GapOf(JudgeHost(servers, visited)), Outcome::kCnameLoop);
}

TEST(JudgeHostTest, FollowsADnameAsItsOwnAnswerMakesIt) {
  const auto says = [](RrType type) {
    return Says(type, Authoritative({Dname("shop.test", "cdn.test")}));
  };
  EXPECT_EQ(JudgedHost({{says(RrType::kAaaa), says(RrType::kA)}}).follow, Name("www.cdn.test"));
}

TEST(JudgeHostTest, SaysThatItAsksOnlySoMany) {
  std::vector<std::string> first;
  std::vector<std::string> second;
  for (int i = 0; i < 10; ++i) {
    first.push_back(absl::StrFormat("192.0.2.%d", i));
    second.push_back(absl::StrFormat("2001:db8::%d", i));
  }
  const HostVerdict verdict = JudgedHost({At(first), At(second)});
  EXPECT_THAT(verdict.addresses, SizeIs(kMaxHostAddresses));
  EXPECT_EQ(GapOf(verdict), Outcome::kNotAsked);
}

}  // namespace
}  // namespace probe
