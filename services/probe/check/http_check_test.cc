#include "probe/check/http_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_format.h"
#include "probe/check/testing/http_check_fixture.h"

namespace probe {
namespace {

using namespace ::probe::testing;  // NOLINT: the records of these tests
using observation::Observation;
using observation::Outcome;
using observation::Vote;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

TEST_F(HttpCheckTest, EveryAddressVotesWithIpv6First) {
  Host("www.shop.test", {kFirstAddress, kSecondAddress, kV6});
  world_.Serve(kUrl, kV6, Page(kText));
  world_.Serve(kUrl, kFirstAddress, Page(kText + "\n"));
  world_.Serve(kUrl, kSecondAddress, Page("", 404));
  const auto seen = Observe();
  EXPECT_THAT(Outcomes(seen), ElementsAre(Outcome::kMatch, Outcome::kMatch, Outcome::kNoData));
  EXPECT_EQ(seen[0].address, kV6);
  EXPECT_EQ(seen[0].server, "www.shop.test");
  EXPECT_EQ(seen[0].vote, Vote::kAgree);
  EXPECT_THAT(seen[0].values, ElementsAre(kText));
  EXPECT_EQ(seen[2].address, kSecondAddress);
  EXPECT_EQ(seen[2].vote, Vote::kDisagree);
  EXPECT_THAT(world_.fetched(), ElementsAre(kUrl + " " + kV6, kUrl + " " + kFirstAddress,
                                            kUrl + " " + kSecondAddress));
}

TEST_F(HttpCheckTest, TroubleOnTheWayIsNoNo) {
  Host("www.shop.test", {kFirstAddress, kSecondAddress, kV6});
  world_.Serve(kUrl, kV6, {.kind = Fetched::Kind::kUnreachable, .note = "no route to host"});
  world_.Serve(kUrl, kFirstAddress, {.kind = Fetched::Kind::kMalformed});
  const auto seen = Observe();
  EXPECT_THAT(Outcomes(seen),
              ElementsAre(Outcome::kUnreachable, Outcome::kMalformed, Outcome::kTimeout));
  for (const Observation& each : seen) EXPECT_EQ(each.vote, Vote::kCouldNotTell);
  EXPECT_EQ(seen[0].note, "no route to host");
}

TEST_F(HttpCheckTest, EndsWithinTenSecondsHoweverLongTheCheckMayTake) {
  Host("www.shop.test", {kFirstAddress, kSecondAddress});
  world_.Serve(kUrl, kFirstAddress, Page(kText));
  const auto seen = Observe();
  EXPECT_THAT(Outcomes(seen), ElementsAre(Outcome::kMatch, Outcome::kTimeout));
  EXPECT_LE(world_.Elapsed(), absl::Seconds(10));
}

TEST_F(HttpCheckTest, EndsWithTheChecksTime) {
  Host("www.shop.test", {kFirstAddress});
  Check check = ChallengeCheck();
  check.timeout = absl::Seconds(1);
  EXPECT_THAT(Outcomes(Run(check).observations), ElementsAre(Outcome::kTimeout));
  EXPECT_LE(world_.Elapsed(), absl::Seconds(1));
}

TEST_F(HttpCheckTest, AsksNoAddressOfOurOwnNetwork) {
  Host("www.shop.test", {"10.0.0.1", "127.0.0.1", "169.254.169.254", "::1", "64:ff9b::a00:1",
                         "::ffff:8.8.8.8", kFirstAddress});
  world_.Serve(kUrl, kFirstAddress, Page(kText));
  const auto seen = Observe();
  ASSERT_THAT(seen, SizeIs(7));
  for (const Observation& each : seen) {
    if (each.address == kFirstAddress) continue;
    EXPECT_EQ(each.outcome, Outcome::kNotAsked) << each.address;
    EXPECT_THAT(each.note, HasSubstr("not a public address"));
  }
  EXPECT_THAT(world_.fetched(), ElementsAre(kUrl + " " + kFirstAddress));
}

TEST_F(HttpCheckTest, FollowsARedirectToEveryAddressOfItsHost) {
  Host("www.shop.test", {kFirstAddress});
  Host("token.test", {kSecondAddress, "8.0.0.3"});
  world_.Serve(kUrl, kFirstAddress, Redirect("https://token.test/t"));
  world_.Serve("https://token.test/t", kSecondAddress, Page(kText));
  world_.Serve("https://token.test/t", "8.0.0.3", Page("old"));
  const auto seen = Observe();
  ASSERT_THAT(seen, SizeIs(1));
  EXPECT_EQ(seen[0].outcome, Outcome::kMismatch);
  EXPECT_EQ(seen[0].address, kFirstAddress);
  EXPECT_EQ(seen[0].server, "www.shop.test");
  EXPECT_THAT(seen[0].values, ElementsAre("old"));
  EXPECT_THAT(seen[0].note, HasSubstr("after 1 redirect, at https://token.test/t"));
}

TEST_F(HttpCheckTest, FetchesAPageOnceHoweverManyLeadThere) {
  Host("www.shop.test", {kFirstAddress, kSecondAddress});
  const std::string secure = "https://www.shop.test" + kPath;
  for (const char* address : {kFirstAddress, kSecondAddress}) {
    world_.Serve(kUrl, address, Redirect(secure, 301));
    world_.Serve(secure, address, Page(kText));
  }
  EXPECT_THAT(Outcomes(Observe()), ElementsAre(Outcome::kMatch, Outcome::kMatch));
  EXPECT_THAT(world_.fetched(), SizeIs(4));
  // One look-up of the host: the walk's question, then A and AAAA.
  EXPECT_EQ(std::ranges::count(world_.asked(), "199.9.14.1 www.shop.test"), 3);
}

TEST_F(HttpCheckTest, RefusesRedirectsToPrivateAddressesAtEveryHop) {
  Host("www.shop.test", {kFirstAddress, kSecondAddress});
  Host("public.test", {"8.0.0.3"});
  Host("inside.test", {"10.0.0.1", "64:ff9b::a00:1"});
  world_.Serve(kUrl, kFirstAddress, Redirect("http://inside.test/"));
  world_.Serve(kUrl, kSecondAddress, Redirect("http://public.test/"));
  world_.Serve("http://public.test/", "8.0.0.3", Redirect("http://inside.test/"));
  const auto seen = Observe();
  EXPECT_THAT(Outcomes(seen), ElementsAre(Outcome::kNotAsked, Outcome::kNotAsked));
  EXPECT_THAT(seen[1].note, HasSubstr("after 2 redirects, at http://inside.test/"));
  EXPECT_THAT(world_.fetched(), Not(Contains(HasSubstr("inside.test"))));
}

TEST_F(HttpCheckTest, RefusesAddressesInRedirects) {
  Host("www.shop.test", {kFirstAddress, kSecondAddress});
  world_.Serve(kUrl, kFirstAddress, Redirect("http://127.0.0.1/"));
  world_.Serve(kUrl, kSecondAddress, Redirect("http://[::ffff:169.254.169.254]/"));
  for (const Observation& seen : Observe()) {
    EXPECT_EQ(seen.vote, Vote::kDisagree);
    EXPECT_THAT(seen.note, HasSubstr("IP address"));
  }
  EXPECT_THAT(world_.fetched(), SizeIs(2));
}

TEST_F(HttpCheckTest, FollowsTenRedirectsAndNoEleventh) {
  Host("www.shop.test", {kFirstAddress});
  const auto url = [](int i) {
    return i == 0 ? kUrl : absl::StrFormat("http://www.shop.test/%d", i);
  };
  for (int i = 0; i < 10; ++i) world_.Serve(url(i), kFirstAddress, Redirect(url(i + 1)));
  world_.Serve(url(10), kFirstAddress, Page(kText));
  EXPECT_THAT(Outcomes(Observe()), ElementsAre(Outcome::kMatch));
  world_.Serve(url(10), kFirstAddress, Redirect(url(11)));
  world_.Serve(url(11), kFirstAddress, Page(kText));
  const auto seen = Observe();
  EXPECT_THAT(Outcomes(seen), ElementsAre(Outcome::kMismatch));
  EXPECT_THAT(seen[0].note, HasSubstr("10 redirects before"));
}

TEST_F(HttpCheckTest, NamesLoops) {
  Host("www.shop.test", {kFirstAddress, kSecondAddress});
  const std::string other = "http://www.shop.test/other";
  world_.Serve(kUrl, kFirstAddress, Redirect(other));
  world_.Serve(kUrl, kSecondAddress, Page(kText));
  world_.Serve(other, kFirstAddress, Redirect(kUrl));
  world_.Serve(other, kSecondAddress, Page(kText));
  const auto seen = Observe();
  EXPECT_THAT(Outcomes(seen), ElementsAre(Outcome::kMismatch, Outcome::kMatch));
  EXPECT_THAT(seen[0].note, HasSubstr("loop"));
}

// Two pages that lead to each other, neither of which has led to itself.
TEST_F(HttpCheckTest, FindsLoopsThatTwoAddressesMakeTogether) {
  Host("www.shop.test", {kFirstAddress, kSecondAddress});
  const std::string a = "http://www.shop.test/a";
  const std::string b = "http://www.shop.test/b";
  world_.Serve(kUrl, kFirstAddress, Redirect(a));
  world_.Serve(kUrl, kSecondAddress, Redirect(b));
  for (const char* address : {kFirstAddress, kSecondAddress}) {
    world_.Serve(a, address, Redirect(b));
    world_.Serve(b, address, Redirect(a));
  }
  for (const Observation& seen : Observe()) {
    EXPECT_EQ(seen.outcome, Outcome::kMismatch);
    EXPECT_THAT(seen.note, HasSubstr("loop"));
  }
}

TEST_F(HttpCheckTest, FetchesNoMoreThanItMay) {
  std::vector<std::string> addresses;
  for (int i = 0; i < 16; ++i) addresses.push_back(absl::StrFormat("8.0.0.%d", i));
  Host("www.shop.test", addresses);
  for (int i = 0; i < 10; ++i) {
    const std::string from = i == 0 ? kUrl : absl::StrFormat("http://www.shop.test/%d", i);
    for (const std::string& address : addresses) {
      world_.Serve(from, address, Redirect(absl::StrFormat("/%d", i + 1)));
    }
  }
  const auto seen = Observe();
  EXPECT_THAT(seen, SizeIs(16));
  EXPECT_THAT(Outcomes(seen), ::testing::Each(Outcome::kNotAsked));
  EXPECT_THAT(world_.fetched(), SizeIs(kMaxVisits));
}

TEST_F(HttpCheckTest, ANameWithoutAddressesSaysSo) {
  const auto none = Observe();
  EXPECT_THAT(Outcomes(none), ElementsAre(Outcome::kNoSuchName));
  EXPECT_EQ(none[0].server, "www.shop.test");
  EXPECT_THAT(none[0].address, IsEmpty());
  EXPECT_EQ(none[0].negative_ttl, absl::Seconds(60));
  EXPECT_EQ(none[0].cache_expire_time, none[0].observe_time + absl::Seconds(60));
  world_.Add(Text("www.shop.test", "value"));
  EXPECT_THAT(Outcomes(Observe()), ElementsAre(Outcome::kNoData));
}

TEST_F(HttpCheckTest, ARedirectToANameWithoutAddressesIsANo) {
  Host("www.shop.test", {kFirstAddress});
  world_.Serve(kUrl, kFirstAddress, Redirect("http://none.test/"));
  const auto seen = Observe();
  EXPECT_THAT(Outcomes(seen), ElementsAre(Outcome::kNoSuchName));
  EXPECT_EQ(seen[0].address, kFirstAddress);
  EXPECT_THAT(seen[0].note, HasSubstr("\"none.test\": the name does not exist"));
}

TEST_F(HttpCheckTest, ShowsTheCnamesOfTheName) {
  world_.Add(Alias("www.shop.test", "cdn.test"));
  Host("cdn.test", {kFirstAddress});
  world_.Serve(kUrl, kFirstAddress, Page(kText));
  const auto seen = Observe();
  ASSERT_THAT(Outcomes(seen), ElementsAre(Outcome::kMatch));
  EXPECT_EQ(seen[0].owner, "cdn.test");
  EXPECT_THAT(seen[0].cname_chain, ElementsAre("cdn.test"));
}

TEST_F(HttpCheckTest, SilentNameserversAreNoNo) {
  world_.Silence("199.9.14.1");
  const auto seen = Observe();
  ASSERT_THAT(Outcomes(seen), ElementsAre(Outcome::kTimeout, Outcome::kTimeout));
  for (const Observation& each : seen) EXPECT_EQ(each.vote, Vote::kCouldNotTell);
  EXPECT_EQ(seen[0].server, "www.shop.test");
  EXPECT_EQ(seen[1].server, "ns.test");
  EXPECT_EQ(seen[1].address, "199.9.14.1");
  EXPECT_THAT(world_.fetched(), IsEmpty());
}

TEST_F(HttpCheckTest, ACancelledCheckSaysWhatItKnows) {
  Host("www.shop.test", {kFirstAddress});
  std::optional<Report> report;
  const auto running =
      std::make_shared<HttpCheck>(world_.environment(), world_, HttpPorts{}, ChallengeCheck(),
                                  [&](Report done) { report = std::move(done); });
  running->Begin();
  running->Finish("the check was cancelled");
  ASSERT_TRUE(report);
  EXPECT_EQ(report->failure, "the check was cancelled");
  world_.Run();  // what was asked is answered yet
  EXPECT_THAT(world_.fetched(), IsEmpty());
}

TEST_F(HttpCheckTest, RefusesWhatIsNoChallenge) {
  const auto failure = [this](const std::string& name, std::vector<std::string> values) {
    Check check = ChallengeCheck();
    check.name = name;
    check.expected_values = std::move(values);
    return Run(std::move(check)).failure;
  };
  EXPECT_THAT(failure("www.shop.test", {}), HasSubstr("one key authorization instead of 0"));
  EXPECT_THAT(failure("www.shop.test", {kText, kText}), HasSubstr("instead of 2"));
  EXPECT_THAT(failure("www.shop.test", {"../../etc.x"}), HasSubstr("token"));
  for (const char* name : {"", "127.0.0.1", "a/b", "a b", "*.shop.test", "user@shop.test"}) {
    EXPECT_THAT(failure(name, {kText}), HasSubstr("no host name")) << name;
  }
  EXPECT_THAT(world_.asked(), IsEmpty());
}

}  // namespace
}  // namespace probe
