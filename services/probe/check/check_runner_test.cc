#include "probe/check/check_runner.h"

#include "absl/strings/str_format.h"
#include "probe/check/testing/shop_test.h"

namespace probe {
namespace {

using namespace ::probe::testing;  // NOLINT: the DNS of these tests
using observation::Clue;
using observation::Observation;
using observation::Outcome;
using observation::Vote;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class CheckRunnerTest : public ShopTest {
 protected:
  void Delegate(const std::vector<Record>& records) {
    std::erase_if(Test().records,
                  [](const Record& r) { return r.owner.IsSubdomainOf(Name("shop.test")); });
    Test().records.insert(Test().records.end(), records.begin(), records.end());
  }
};

TEST_F(CheckRunnerTest, LearnsAChangedDelegationWithinTheCheckThatDisagrees) {
  AddToBoth(kToken);
  EXPECT_THAT(Outcomes(ObserveToken(kTokenName)), ElementsAre(Outcome::kMatch, Outcome::kMatch));
  // The zone moves to another host, and the old ones still answer, with a new token to come.
  Delegate({NsRecord("shop.test", "ns1.new.test"), Address("ns1.new.test", "192.0.2.9")});
  Test().records.push_back(Address("ns1.new.test", "192.0.2.9"));
  dns_.At("192.0.2.9") = {
      {.name = "shop.test",
       .serial = 1,
       .records = {NsRecord("shop.test", "ns1.new.test"), Text(kTokenName, "new-token")}}};
  const std::vector<Observation> seen =
      Observe({.name = kTokenName, .expected_values = {"new-token"}});
  EXPECT_THAT(Outcomes(seen), ElementsAre(Outcome::kMatch));
  EXPECT_EQ(seen[0].server, "ns1.new.test");
}

TEST_F(CheckRunnerTest, LearnsOnlyOnceInACheck) {
  AddToBoth(kToken);
  ObserveToken(kTokenName);
  First().records.pop_back();
  Second().records.pop_back();
  const int walked = dns_.CountAsked("192.0.2.1 ");
  EXPECT_THAT(Outcomes(ObserveToken(kTokenName)),
              ElementsAre(Outcome::kNoSuchName, Outcome::kNoSuchName));
  EXPECT_EQ(dns_.CountAsked("192.0.2.1 "), walked + 1);
  // Both were asked once for the name: the zone is what it was.
  EXPECT_EQ(dns_.CountAsked("192.0.2.3 _token.shop.test 16"), 2);
}

TEST_F(CheckRunnerTest, ANewZoneIsNotLearnedTwice) {
  ObserveToken(kTokenName);
  EXPECT_EQ(dns_.CountAsked("192.0.2.3 shop.test 2"), 1);
  EXPECT_EQ(dns_.CountAsked("192.0.2.3 _token.shop.test 16"), 1);
}

TEST_F(CheckRunnerTest, ShowsThatParentAndChildDiffer) {
  AddToBoth(kToken);
  Delegate({NsRecord("shop.test", "ns1.shop.test"), Address("ns1.shop.test", kFirst)});
  for (const Observation& each : ObserveToken(kTokenName)) {
    EXPECT_EQ(each.vote, Vote::kAgree);
    EXPECT_THAT(each.clues, ElementsAre(Clue::kParentDiffers));
    EXPECT_THAT(each.note, HasSubstr("the parent names other nameservers"));
  }
}

TEST_F(CheckRunnerTest, FollowsADnameThatComesWithoutItsCname) {
  AddToBoth(Dname("moved.shop.test", "other.test"));
  Other().records.push_back(Text("_token.other.test", "token-expected"));
  const std::vector<Observation> seen = ObserveToken("_token.moved.shop.test");
  EXPECT_THAT(Outcomes(seen), ElementsAre(Outcome::kMatch));
  EXPECT_EQ(seen[0].owner, "_token.other.test");
  EXPECT_THAT(seen[0].cname_chain, ElementsAre("_token.other.test"));
}

TEST_F(CheckRunnerTest, ADnameThatMakesATooLongNameIsANo) {
  std::string target = "other.test";
  for (int i = 0; i < 4; ++i) target = std::string(59, 'x') + "." + target;
  AddToBoth(Dname("moved.shop.test", target));
  const std::vector<Observation> seen = ObserveToken("_a-token.moved.shop.test");
  EXPECT_THAT(Outcomes(seen), ElementsAre(Outcome::kNoSuchName, Outcome::kNoSuchName));
  EXPECT_THAT(seen[0].note, HasSubstr("255 octets"));
}

TEST_F(CheckRunnerTest, TheShortestLinkOfTheChainLimitsHowLongAValueIsKept) {
  AddToBoth(Alias(kTokenName, "x.other.test", 10));
  Other().records.push_back(Text("x.other.test", "another", 300));
  const std::vector<Observation> seen = ObserveToken(kTokenName);
  ASSERT_THAT(seen, SizeIs(1));
  EXPECT_EQ(seen[0].cache_expire_time, seen[0].observe_time + absl::Seconds(10));
}

TEST_F(CheckRunnerTest, TheZoneAtTheEndOfTheChainSaysHowLongANoIsKept) {
  AddToBoth(Alias(kTokenName, "x.other.test", 10));
  const std::vector<Observation> seen = ObserveToken(kTokenName);
  ASSERT_THAT(seen, SizeIs(1));
  EXPECT_EQ(seen[0].cache_expire_time, seen[0].observe_time + absl::Seconds(60));
}

// Every zone of the chain has 16 nameservers of four addresses, all of which contradict each other
// so that they are asked twice, and each has a CNAME to the next.
TEST_F(CheckRunnerTest, AsksNoMoreQuestionsThanItMayWhateverAZoneMakesOfIt) {
  std::vector<std::string> addresses;
  for (int i = 0; i < 64; ++i) addresses.push_back(absl::StrFormat("192.0.2.%d", 100 + i));
  for (int zone = 0; zone < 8; ++zone) {
    const std::string name = absl::StrFormat("z%d.test", zone);
    std::vector<Record> records;
    for (int i = 0; i < 64; ++i) {
      const std::string server = absl::StrFormat("ns%d.%s", i / 4, name);
      if (i % 4 == 0) records.push_back(NsRecord(name, server));
      records.push_back(Address(server, addresses[static_cast<std::size_t>(i)]));
    }
    Test().records.insert(Test().records.end(), records.begin(), records.end());
    records.push_back(Alias("x." + name, absl::StrFormat("x.z%d.test", zone + 1)));
    for (const std::string& address : addresses) {
      dns_.At(address).push_back({.name = name, .records = records});
    }
  }
  // The first server lacks the CNAME, so that each zone is looked at twice.
  for (FakeZone& zone : dns_.At(addresses.front())) zone.records.pop_back();

  const Report report = dns_.Run({.name = "x.z0.test", .expected_values = {"token-expected"}});
  EXPECT_EQ(dns_.asked().size(), static_cast<std::size_t>(kMaxQuestionsPerCheck));
  bool says_so = false;
  for (const Observation& each : report.observations) {
    EXPECT_NE(each.outcome == Outcome::kNotAsked, each.vote != Vote::kCouldNotTell);
    says_so |= each.note == "this check has asked as many questions as one check may";
  }
  EXPECT_TRUE(says_so || !report.failure.empty());
}

TEST_F(CheckRunnerTest, AsksAboutNamesWithEscapedLabels) {
  AddToBoth(Text("a\\.b\\000.shop.test", "token-expected"));
  const std::vector<Observation> seen = ObserveToken("a\\.b\\000.shop.test");
  EXPECT_THAT(Outcomes(seen), Each(Outcome::kMatch));
  EXPECT_EQ(seen[0].owner, "a\\.b\\000.shop.test");
}

// The servers that the zone has left agree about the CNAME, and where it leads says no.
TEST_F(CheckRunnerTest, LearnsAZoneAgainWhoseOldServersLedAstray) {
  AddToBoth(Alias(kTokenName, "nothing.other.test"));
  EXPECT_THAT(Outcomes(ObserveToken(kTokenName)), Each(Outcome::kNoSuchName));
  EXPECT_THAT(Outcomes(ObserveToken("else.shop.test")), Each(Outcome::kNoSuchName));  // known again
  MoveShop({kToken});
  const std::vector<Observation> seen = ObserveToken(kTokenName);
  EXPECT_THAT(Outcomes(seen), ElementsAre(Outcome::kMatch));
  EXPECT_EQ(seen.front().address, kNew);
}

class AuthoritativeFirstTest : public CheckRunnerTest {
 protected:
  static constexpr char kResolver[] = "192.0.2.8";

  AuthoritativeFirstTest() {
    dns_.AddResolver(kResolver);
    dns_.Script(kResolver, [this](const Question& question) -> std::optional<Message> {
      const bool shop = question.name.IsSubdomainOf(Name("shop.test"));
      Message message =
          shop ? AnswerFrom(dns_.At(kFirst), question) : AnswerFrom({Test()}, question);
      message.recursion_available = true;
      return message;
    });
  }
};

TEST_F(AuthoritativeFirstTest, NoSecondLookReachesAResolver) {
  First().records.push_back(kToken);
  First().serial = 6;
  AddToBoth(Text("*.a.shop.test", "v=spf1 -all"));
  AddToBoth(Text("_token.b.shop.test.shop.test", "token-expected"));
  for (const char* name : {kTokenName, "_token.a.shop.test", "_token.b.shop.test"}) {
    Observe({.name = name,
             .scope = observation::Scope::kAuthoritativeThenRecursive,
             .expected_values = {"token-expected"}});
  }
  EXPECT_EQ(dns_.CountAsked(kResolver), 0);
}

TEST_F(AuthoritativeFirstTest, AResolverIsAskedForEveryNameUpToTheCaaRecords) {
  const Check check{.name = "www.shop.test",
                    .type = observation::RecordType::kCaa,
                    .scope = observation::Scope::kAuthoritativeThenRecursive,
                    .caa = CaaExpectation{.issuer_domains = {"ca.example"}}};
  EXPECT_THAT(Votes(Observe(check)), ElementsAre(Vote::kAgree, Vote::kAgree, Vote::kAgree));
  const auto asked = [&](const std::string& name) {
    return dns_.CountAsked("192.0.2.8 " + name + " 257");
  };
  EXPECT_EQ(asked("www.shop.test"), 1);
  EXPECT_EQ(asked("shop.test"), 1);
  EXPECT_EQ(asked("test"), 1);
  AddToBoth(Caa("shop.test", 0, "issue", "ca.example"));
  const std::vector<Observation> seen = Observe(check);
  EXPECT_THAT(Votes(seen), Each(Vote::kAgree));
  EXPECT_EQ(seen.back().owner, "shop.test");
  EXPECT_EQ(asked("www.shop.test"), 2);
  EXPECT_EQ(asked("shop.test"), 2);
  EXPECT_EQ(asked("test"), 1);
}

// As where the signatures of a zone above do not hold.
TEST_F(AuthoritativeFirstTest, AllAtOnceAsksResolversForTheNamesThatWereClimbedThroughToo) {
  Check check{.name = "www.shop.test",
              .type = observation::RecordType::kCaa,
              .scope = observation::Scope::kAllAtOnce,
              .caa = CaaExpectation{.issuer_domains = {"ca.example"}}};
  AddToBoth(Caa("shop.test", 0, "issue", "ca.example"));
  EXPECT_EQ(Observe(check).back().owner, "shop.test");
  EXPECT_EQ(dns_.CountAsked("192.0.2.8 www.shop.test 257"), 1);
  EXPECT_EQ(dns_.CountAsked("192.0.2.8 shop.test 257"), 1);
  EXPECT_EQ(dns_.CountAsked("192.0.2.8 test 257"), 0);
  dns_.Script(kResolver, [this](const Question& question) -> std::optional<Message> {
    Message message = AnswerFrom(dns_.At(kFirst), question);
    if (question.name == Name("shop.test")) message = {.rcode = 2};
    message.recursion_available = true;
    return message;
  });
  EXPECT_EQ(Observe(check).back().vote, Vote::kCouldNotTell);
  check.name = "shop.test";  // there is nothing to climb: it is asked once
  dns_.clock().Advance(absl::Seconds(1));
  Observe(check);
  EXPECT_EQ(dns_.CountAsked("192.0.2.8 test 257"), 0);
}

// As where the proof that there is nothing does not hold: the CA's resolver fails there, too.
TEST_F(AuthoritativeFirstTest, AResolverThatFailsAtANameAboveCouldNotTell) {
  dns_.Script(kResolver, [this](const Question& question) -> std::optional<Message> {
    Message message = AnswerFrom(dns_.At(kFirst), question);
    if (question.name == Name("shop.test")) message = {.rcode = 2};
    message.recursion_available = true;
    return message;
  });
  AddToBoth(Caa("www.shop.test", 0, "issue", "ca.example"));
  const auto look = [&](const std::string& name) {
    return Observe({.name = name,
                    .type = observation::RecordType::kCaa,
                    .scope = observation::Scope::kAuthoritativeThenRecursive,
                    .caa = CaaExpectation{.issuer_domains = {"ca.example"}}})
        .back();
  };
  EXPECT_EQ(look("www.shop.test").vote, Vote::kAgree);  // nobody climbs beyond the records
  First().records.pop_back();
  Second().records.pop_back();
  const Observation seen = look("www.shop.test");
  EXPECT_EQ(seen.vote, Vote::kCouldNotTell);
  EXPECT_EQ(seen.owner, "shop.test");
}

}  // namespace
}  // namespace probe
