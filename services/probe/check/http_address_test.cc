// What nameservers and resolvers say of the addresses that an http-01 check comes to.

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

// A CA's resolver may ask either nameserver.
TEST_F(HttpCheckTest, AnAddressThatOneNameserverTellsVotesToo) {
  world_.AddZone("test", "199.9.14.2");
  Host("www.shop.test", {kFirstAddress});
  world_.AddAt("199.9.14.2", Address("www.shop.test", kSecondAddress));
  world_.Serve(kUrl, kFirstAddress, Page(kText));
  world_.Serve(kUrl, kSecondAddress, Page("", 404));
  EXPECT_THAT(Outcomes(Observe()), ElementsAre(Outcome::kMatch, Outcome::kNoData));
}

TEST_F(HttpCheckTest, AnAddressThatOneNameserverTellsOfARedirectsHostVotesToo) {
  world_.AddZone("test", "199.9.14.2");
  Host("www.shop.test", {kFirstAddress});
  Host("token.test", {kSecondAddress});
  world_.AddAt("199.9.14.2", Address("token.test", kV6));
  world_.Serve(kUrl, kFirstAddress, Redirect("http://token.test/t"));
  world_.Serve("http://token.test/t", kSecondAddress, Page(kText));
  world_.Serve("http://token.test/t", kV6, Page("old"));
  EXPECT_THAT(Outcomes(Observe()), ElementsAre(Outcome::kMismatch));
}

TEST_F(HttpCheckTest, ANameserverThatDoesNotHaveTheHostSaysNo) {
  world_.AddZone("test", "199.9.14.2");
  world_.AddAt("199.9.14.1", Address("www.shop.test", kFirstAddress));
  world_.Serve(kUrl, kFirstAddress, Page(kText));
  const auto seen = Observe();
  EXPECT_THAT(Outcomes(seen), ElementsAre(Outcome::kMatch, Outcome::kNoSuchName));
  EXPECT_EQ(seen[1].server, "ns1.test");
  EXPECT_EQ(seen[1].vote, Vote::kDisagree);
}

TEST_F(HttpCheckTest, ANameserverThatDoesNotHaveARedirectsHostSaysNo) {
  world_.AddZone("test", "199.9.14.2");
  Host("www.shop.test", {kFirstAddress});
  world_.AddAt("199.9.14.1", Address("token.test", kSecondAddress));
  world_.Serve(kUrl, kFirstAddress, Redirect("http://token.test/t"));
  world_.Serve("http://token.test/t", kSecondAddress, Page(kText));
  const auto seen = Observe();
  EXPECT_THAT(Outcomes(seen), ElementsAre(Outcome::kMatch, Outcome::kNoSuchName));
  EXPECT_EQ(seen[1].owner, "token.test");
}

TEST_F(HttpCheckTest, AHostThatMovedWithItsZoneIsFoundWhereItIs) {
  world_.AddZone("shop.test", "199.9.15.1");
  world_.AddAt("199.9.15.1", Address("www.shop.test", kFirstAddress));
  world_.Serve(kUrl, kFirstAddress, Page(kText));
  EXPECT_THAT(Outcomes(Observe()), ElementsAre(Outcome::kMatch));

  world_.MoveZone("shop.test", "199.9.15.2");
  world_.AddAt("199.9.15.2", Address("www.shop.test", kSecondAddress));
  world_.StillServes("199.9.15.1", "shop.test");
  world_.Serve(kUrl, kFirstAddress, Page("", 404));
  world_.Serve(kUrl, kSecondAddress, Page(kText));
  const auto seen = Observe();
  ASSERT_THAT(Outcomes(seen), ElementsAre(Outcome::kMatch));
  EXPECT_EQ(seen[0].address, kSecondAddress);
}

TEST_F(HttpCheckTest, APageThatSaysNoIsFetchedOnceWhereItsHostHasNotMoved) {
  Host("www.shop.test", {kFirstAddress});
  world_.Serve(kUrl, kFirstAddress, Page(kText));
  EXPECT_THAT(Outcomes(Observe()), ElementsAre(Outcome::kMatch));
  world_.Serve(kUrl, kFirstAddress, Page("", 404));
  EXPECT_THAT(Outcomes(Observe()), ElementsAre(Outcome::kNoData));
  EXPECT_THAT(world_.fetched(), SizeIs(2));
}

TEST_F(HttpCheckTest, ANoIsNotReportedWhileItsHostIsLearnedAgain) {
  Host("www.shop.test", {kFirstAddress});
  world_.Serve(kUrl, kFirstAddress, Page(kText));
  EXPECT_THAT(Outcomes(Observe()), ElementsAre(Outcome::kMatch));
  world_.Serve(kUrl, kFirstAddress, Page("", 404));
  world_.SilenceOnceFetched(HttpWorld::kRootServer);
  Check check = ChallengeCheck();
  check.timeout = absl::Seconds(1);
  const Report report = Run(std::move(check));
  EXPECT_THAT(report.observations, IsEmpty());
  EXPECT_THAT(report.failure, HasSubstr("not found again"));
}

// The address itself was reached, and a CA that comes to it gets no page.
TEST_F(HttpCheckTest, WhatIsSilentBehindARedirectIsNotTakenForASilentAddress) {
  Host("www.shop.test", {kFirstAddress, kSecondAddress});
  world_.Serve(kUrl, kFirstAddress, Page(kText));
  for (const Fetched::Kind kind : {Fetched::Kind::kTimeout, Fetched::Kind::kUnreachable}) {
    world_.Serve(kUrl, kSecondAddress, Redirect("https://www.shop.test/t"));
    for (const char* address : {kFirstAddress, kSecondAddress}) {
      world_.Serve("https://www.shop.test/t", address, {.kind = kind});
    }
    const auto seen = Observe();
    EXPECT_THAT(Outcomes(seen), ElementsAre(Outcome::kMatch, Outcome::kNotAsked));
    EXPECT_THAT(seen[1].note, HasSubstr("after 1 redirect, at https://www.shop.test/t"));
  }
}

TEST_F(HttpCheckTest, AHostBehindARedirectThatNobodyTellsOfIsNotTakenForASilentAddress) {
  world_.AddZone("other.test", "199.9.15.1");
  world_.Silence("199.9.15.1");
  Host("www.shop.test", {kFirstAddress, kSecondAddress});
  world_.Serve(kUrl, kFirstAddress, Page(kText));
  world_.Serve(kUrl, kSecondAddress, Redirect("http://www.other.test/"));
  for (const absl::Duration time : {absl::Seconds(20), absl::Seconds(1)}) {
    Check check = ChallengeCheck();
    check.timeout = time;
    const auto seen = Run(std::move(check)).observations;
    ASSERT_GE(seen.size(), 2U);
    EXPECT_EQ(seen[1].outcome, Outcome::kNotAsked);
  }
}

TEST_F(HttpCheckTest, LooksUpNoMoreHostsThanOneCheckMay) {
  for (int i = 0; i < 16; ++i) {
    const std::string address = absl::StrFormat("8.0.0.%d", i);
    const std::string host = absl::StrFormat("h%d.test", i);
    Host("www.shop.test", {address});
    Host(host, {kV6});
    world_.Serve(kUrl, address, Redirect("http://" + host + "/"));
    world_.Serve("http://" + host + "/", kV6, Page(kText));
  }
  const std::vector<Outcome> outcomes = Outcomes(Observe());
  EXPECT_EQ(std::ranges::count(outcomes, Outcome::kMatch), static_cast<int>(kMaxHosts) - 1);
  EXPECT_EQ(std::ranges::count(outcomes, Outcome::kNotAsked), 17 - static_cast<int>(kMaxHosts));
}

TEST_F(HttpCheckTest, AsksNoMoreThanOneCheckMay) {
  std::vector<std::string> hosts = {"www.shop.test"};
  for (int server = 0; server < 40; ++server) {
    world_.AddZone("test", absl::StrFormat("199.9.15.%d", server));
  }
  for (int host = 1; host <= 10; ++host) {
    for (int alias = 0; alias < 5; ++alias) {
      world_.Add(Alias(absl::StrFormat("h%d-%d.test", host, alias),
                       absl::StrFormat("h%d-%d.test", host, alias + 1)));
    }
    Host(absl::StrFormat("h%d-5.test", host), {kFirstAddress});
    hosts.push_back(absl::StrFormat("h%d-0.test", host));
  }
  Host(hosts.front(), {kFirstAddress});
  for (std::size_t i = 0; i + 1 < hosts.size(); ++i) {
    const std::string url = i == 0 ? kUrl : absl::StrFormat("http://%s/", hosts[i]);
    world_.Serve(url, kFirstAddress, Redirect(absl::StrFormat("http://%s/", hosts[i + 1])));
  }
  EXPECT_EQ(Observe().front().vote, Vote::kCouldNotTell);
  EXPECT_EQ(world_.asked().size(), static_cast<std::size_t>(kMaxQuestionsPerCheck));
}

TEST_F(HttpCheckTest, AWorkerWithoutResolversCannotTell) {
  Host("www.shop.test", {kFirstAddress});
  world_.Serve(kUrl, kFirstAddress, Page(kText));
  Check check = ChallengeCheck();
  check.scope = observation::Scope::kAuthoritativeThenRecursive;
  EXPECT_THAT(Run(std::move(check)).failure, HasSubstr("no resolvers"));
}

// A CA's resolver finds the addresses, and validates them.
class HttpAddressTest : public HttpCheckTest {
 protected:
  HttpAddressTest() { world_.AddResolver("9.9.9.9"); }

  // The last observation is the resolver's.
  std::vector<Observation> ObserveAll() {
    Check check = ChallengeCheck();
    check.scope = observation::Scope::kAuthoritativeThenRecursive;
    return Run(std::move(check)).observations;
  }
  static Question AddressOf(const std::string& host) { return {Name(host), RrType::kA}; }
  static Message Failure(std::optional<int> extended_error = std::nullopt) {
    return {.rcode = kRcodeServerFailure, .extended_error = extended_error};
  }
};

TEST_F(HttpAddressTest, ResolversAreAskedForThemOnceEveryPageAgrees) {
  Host("www.shop.test", {kFirstAddress, kSecondAddress});
  world_.Serve(kUrl, kFirstAddress, Page(kText));
  world_.Serve(kUrl, kSecondAddress, Page("", 404));
  EXPECT_THAT(ObserveAll(), SizeIs(2));
  EXPECT_THAT(world_.asked(), Not(Contains(HasSubstr("9.9.9.9"))));

  world_.Serve(kUrl, kSecondAddress, Page(kText));
  const auto seen = ObserveAll();
  ASSERT_THAT(seen, SizeIs(3));
  EXPECT_EQ(seen[2].role, observation::ServerRole::kRecursive);
  EXPECT_EQ(seen[2].outcome, Outcome::kMatch);
  EXPECT_EQ(seen[2].validating, true);
  EXPECT_THAT(seen[2].values, ElementsAre("8.0.0.1"));  // whichever it is
}

TEST_F(HttpAddressTest, ANameserverThatIsSilentDoesNotKeepThemFromBeingAsked) {
  world_.AddZone("test", "199.9.14.2");
  world_.AddZone("test", "199.9.14.3");
  Host("www.shop.test", {kFirstAddress});
  world_.Serve(kUrl, kFirstAddress, Page(kText));
  world_.Silence("199.9.14.2");
  EXPECT_THAT(Outcomes(ObserveAll()),
              ElementsAre(Outcome::kMatch, Outcome::kTimeout, Outcome::kMatch));
  world_.Fail("199.9.14.3", kRcodeServerFailure);
  EXPECT_THAT(Outcomes(ObserveAll()),
              ElementsAre(Outcome::kMatch, Outcome::kTimeout, Outcome::kServfail));
}

// Nameservers may differ in whether there is an AAAA record, and resolvers ask either.
TEST_F(HttpAddressTest, AResolverThatLacksOneTypeAgreesByTheOther) {
  world_.AddZone("test", "199.9.14.2");
  Host("www.shop.test", {kFirstAddress});
  world_.AddAt("199.9.14.2", Address("www.shop.test", kV6));
  for (const char* address : {kFirstAddress, kV6}) world_.Serve(kUrl, address, Page(kText));
  const Question v6{Name("www.shop.test"), RrType::kAaaa};
  world_.Resolve(v6, Authoritative({}, {Soa("test", 60, 60)}));
  EXPECT_EQ(Outcomes(ObserveAll()).back(), Outcome::kMatch);
  world_.Resolve(AddressOf("www.shop.test"), Authoritative({}, {Soa("test", 60, 60)}));
  EXPECT_EQ(Outcomes(ObserveAll()).back(), Outcome::kNoData);
  world_.Resolve(v6, Failure(6));
  EXPECT_EQ(Outcomes(ObserveAll()).back(), Outcome::kBogus);
}

TEST_F(HttpAddressTest, ResolversAreNotAskedInTheAuthoritativeScope) {
  Host("www.shop.test", {kFirstAddress});
  world_.Serve(kUrl, kFirstAddress, Page(kText));
  EXPECT_THAT(Outcomes(Observe()), ElementsAre(Outcome::kMatch));
  EXPECT_THAT(world_.asked(), Not(Contains(HasSubstr("9.9.9.9"))));
}

TEST_F(HttpAddressTest, AHostWhoseSignaturesDoNotHoldIsBogus) {
  Host("www.shop.test", {kFirstAddress});
  world_.Serve(kUrl, kFirstAddress, Page(kText));
  world_.Resolve(AddressOf("www.shop.test"), Failure(6));
  const auto seen = ObserveAll();
  EXPECT_THAT(Outcomes(seen), ElementsAre(Outcome::kMatch, Outcome::kBogus));
}

TEST_F(HttpAddressTest, ASilentAddressLeavesTimeForResolvers) {
  Host("www.shop.test", {kFirstAddress, kSecondAddress});
  world_.Serve(kUrl, kFirstAddress, Page(kText));
  world_.Resolve(AddressOf("www.shop.test"), Failure(6));
  for (const absl::Duration time : {absl::Seconds(20), absl::Seconds(4)}) {
    Check check = ChallengeCheck();
    check.scope = observation::Scope::kAuthoritativeThenRecursive;
    check.timeout = time;
    EXPECT_THAT(Outcomes(Run(std::move(check)).observations),
                ElementsAre(Outcome::kMatch, Outcome::kTimeout, Outcome::kBogus));
  }
}

TEST_F(HttpAddressTest, AHostBehindARedirectIsLookedAtToo) {
  Host("www.shop.test", {kFirstAddress});
  Host("cdn.test", {kSecondAddress});
  world_.Serve(kUrl, kFirstAddress, Redirect("http://cdn.test" + kPath));
  world_.Serve("http://cdn.test" + kPath, kSecondAddress, Page(kText));
  world_.Resolve(AddressOf("cdn.test"), Failure(6));
  const auto seen = ObserveAll();
  EXPECT_THAT(Outcomes(seen), ElementsAre(Outcome::kMatch, Outcome::kBogus));
  EXPECT_EQ(seen[1].owner, "cdn.test");
}

TEST_F(HttpAddressTest, AResolverThatStillHasNoneDisagrees) {
  Host("www.shop.test", {kFirstAddress});
  world_.Serve(kUrl, kFirstAddress, Page(kText));
  world_.Resolve(AddressOf("www.shop.test"),
                 Authoritative({}, {Soa("test", 60, 60)}, kRcodeNameError));
  const auto seen = ObserveAll();
  EXPECT_THAT(Outcomes(seen), ElementsAre(Outcome::kMatch, Outcome::kNoSuchName));
  EXPECT_EQ(seen[1].vote, Vote::kDisagree);
}

}  // namespace
}  // namespace probe
