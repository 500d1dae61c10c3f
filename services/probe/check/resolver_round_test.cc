// The round over an asker whose replies the tests give: what one resolver's failures make of its
// vote, and what several together report.

#include "probe/check/resolver_round.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/testing/counting_random.h"
#include "probe/check/testing/manual_asker.h"
#include "probe/check/testing/virtual_time.h"
#include "probe/core/testing/messages.h"

namespace probe {
namespace {

using namespace ::probe::testing;  // NOLINT: the records of these tests
using observation::Observation;
using observation::Outcome;
using observation::RecordType;
using observation::Vote;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const ServerAddress kAlpha{*IpAddress::Parse("192.0.2.1")};
const ServerAddress kBeta{*IpAddress::Parse("192.0.2.2")};

Reply Answered(Message message) {
  message.recursion_available = true;
  return {.kind = Reply::Kind::kAnswered, .message = std::move(message)};
}
Reply Token(const std::string& value = "token") {
  return Answered({.answers = {Text("a.test", value)}});
}
Reply Failure(std::optional<int> extended_error = std::nullopt) {
  return Answered({.rcode = kRcodeServerFailure, .extended_error = extended_error});
}
Reply NoSuchName() { return Answered(Authoritative({}, {Soa("test", 60, 5)}, kRcodeNameError)); }
Reply RootSoa(bool authenticated) {
  return Answered({.authenticated_data = authenticated, .answers = {Soa(".", 60, 60)}});
}

// What one resolver answers, by its kind of question.
struct Behaviour {
  Reply probe = RootSoa(/*authenticated=*/true);
  Reply checked = Token();
  Reply unchecked = Token();
};

class ResolverRoundTest : public ::testing::Test {
 protected:
  ResolverRoundTest() : policy_(*AddressPolicy::Create({})) {}

  static bool IsProbe(const Asking& asking) { return asking.question.type == RrType::kSoa; }
  static bool IsUnchecked(const Asking& asking) { return asking.checking_disabled; }
  static Reply Act(const Behaviour& behaviour, const Asking& asking) {
    if (IsProbe(asking)) return behaviour.probe;
    return IsUnchecked(asking) ? behaviour.unchecked : behaviour.checked;
  }
  long Count(bool (*predicate)(const Asking&)) const {
    return std::ranges::count_if(asker_.asked(), predicate);
  }

  std::shared_ptr<ResolverRound> Begin(RrType type = RrType::kTxt,
                                       const std::string& name = "a.test") {
    auto round = std::make_shared<ResolverRound>(
        environment_, std::vector<Question>{{Name(name), type}},
        std::make_shared<const Expectation>(Expectation{.values = {"token"}}));
    round->Begin([this] { ++finished_; });
    return round;
  }
  // A whole round of resolvers that all behave like this; what the first of them reports.
  Observation Observe(const Behaviour& behaviour, const std::string& name = "a.test") {
    const auto round = Begin(RrType::kTxt, name);
    time_.RunDue();
    asker_.ReplyToAll([&](const Asking& asking) { return Act(behaviour, asking); });
    EXPECT_TRUE(round->finished());
    return round->Close().front();
  }
  // The first resolver is found to fail everybody, and is not asked again at once.
  void BecomeUnhealthy() {
    resolvers_.resize(1);
    for (int i = 0; i < 20; ++i) {
      time_.RunFor(absl::Seconds(2));
      Observe({.probe = Reply{}, .checked = Reply{}}, absl::StrFormat("n%d.test", i));
    }
    ASSERT_FALSE(environment_.watch.health(0).healthy());
  }

  VirtualTime time_;
  ManualAsker asker_;
  ZoneCache zones_{{}};
  const Zone roots_;
  const AddressPolicy policy_;
  std::vector<ResolverServer> resolvers_ = {{"alpha", kAlpha}, {"beta", kBeta}};
  base::Metrics metrics_;
  base::testing::CountingRandom random_;
  CheckEnvironment environment_{.timers = time_,
                                .asker = asker_,
                                .zones = zones_,
                                .roots = roots_,
                                .policy = policy_,
                                .resolvers = resolvers_,
                                .authoritative_port = 53,
                                .query_timeout = absl::Seconds(2),
                                .clock = time_,
                                .metrics = metrics_,
                                .random = random_};
  int finished_ = 0;
};

TEST_F(ResolverRoundTest, AsksEveryResolverAndWhetherItValidatesAtTheFirstTime) {
  const auto round = Begin();
  EXPECT_EQ(Count(IsProbe), 2);
  EXPECT_THAT(asker_.asked(), SizeIs(4));
  for (const Asking& asking : asker_.asked()) EXPECT_TRUE(asking.recursion_desired);
  asker_.ReplyToAll([](const Asking& asking) {
    return IsProbe(asking) ? RootSoa(asking.server == kAlpha) : Token();
  });
  EXPECT_EQ(finished_, 1);
  const std::vector<Observation> seen = round->Close();
  ASSERT_THAT(seen, SizeIs(2));
  EXPECT_EQ(seen[0].server, "alpha");
  EXPECT_EQ(seen[0].outcome, Outcome::kMatch);
  EXPECT_EQ(seen[0].validating, true);
  EXPECT_EQ(seen[1].server, "beta");
  EXPECT_EQ(seen[1].outcome, Outcome::kMatch);
  EXPECT_EQ(seen[1].validating, false);

  Begin();
  EXPECT_EQ(Count(IsProbe), 2) << "it is known by now";
}

TEST_F(ResolverRoundTest, OfSeveralQuestionsTheWorstAnswerCounts) {
  const auto round =
      std::make_shared<ResolverRound>(environment_,
                                      std::vector<Question>{{Name("a.test"), RrType::kTxt},
                                                            {Name("b.test"), RrType::kTxt},
                                                            {Name("c.test"), RrType::kTxt}},
                                      std::make_shared<const Expectation>());
  round->Begin([this] { ++finished_; });
  asker_.ReplyToAll([](const Asking& asking) {
    if (IsProbe(asking)) return RootSoa(true);
    const DnsName& name = asking.question.name;
    if (asking.server == kBeta || name == Name("a.test")) {
      return Answered({.answers = {Text(name.ToString(), "x")}});
    }
    if (name == Name("b.test")) return NoSuchName();
    return IsUnchecked(asking) ? NoSuchName() : Failure();
  });
  EXPECT_EQ(finished_, 1);
  const std::vector<Observation> seen = round->Close();
  ASSERT_THAT(seen, SizeIs(2));
  EXPECT_EQ(seen[0].outcome, Outcome::kBogus);
  EXPECT_EQ(seen[0].owner, "c.test");
  EXPECT_EQ(seen[1].outcome, Outcome::kMatch);
  EXPECT_EQ(seen[1].owner, "a.test");
}

TEST_F(ResolverRoundTest, WaitsUntilItIsKnownWhetherTheResolverValidates) {
  resolvers_.resize(1);
  const auto round = Begin();
  ASSERT_THAT(asker_.asked(), SizeIs(2));
  ASSERT_TRUE(IsProbe(asker_.asked()[0]));
  asker_.Postpone();
  asker_.Reply(Token());
  EXPECT_FALSE(round->finished());
  asker_.Reply(RootSoa(true));
  EXPECT_TRUE(round->finished());
  EXPECT_EQ(round->Close()[0].validating, true);
}

TEST_F(ResolverRoundTest, WhatWasSeenLongAgoHasToBeSeenAgain) {
  EXPECT_EQ(Observe({}).validating, true);
  time_.RunFor(absl::Minutes(11));
  EXPECT_EQ(Observe({.probe = Reply{}}).validating, false);
  time_.RunFor(absl::Minutes(2));
  EXPECT_EQ(Observe({}).validating, true);
}

TEST_F(ResolverRoundTest, AFailureThatIsAnsweredWithoutValidationIsBogus) {
  const Observation seen = Observe({.checked = Failure()});
  EXPECT_EQ(seen.outcome, Outcome::kBogus);
  EXPECT_EQ(seen.vote, Vote::kDisagree);
  EXPECT_EQ(seen.rcode, kRcodeServerFailure);
  EXPECT_THAT(seen.values, ElementsAre("token"));
  EXPECT_THAT(seen.note, HasSubstr("DNSSEC"));
  EXPECT_EQ(seen.validating, true);
}

TEST_F(ResolverRoundTest, ADenialWithoutValidationIsBogusToo) {
  EXPECT_EQ(Observe({.checked = Failure(), .unchecked = NoSuchName()}).outcome, Outcome::kBogus);
}

TEST_F(ResolverRoundTest, TheExtendedErrorSaysBogusWhateverComesWithoutValidation) {
  for (int code = 6; code <= 12; ++code) {
    const Observation seen = Observe({.checked = Failure(code), .unchecked = Failure(code)});
    EXPECT_EQ(seen.outcome, Outcome::kBogus) << code;
    EXPECT_THAT(seen.note, HasSubstr(absl::StrFormat("extended error %d", code)));
  }
}

TEST_F(ResolverRoundTest, AResolverThatReachedNobodyCouldNotTellWhateverComesWithoutValidation) {
  for (const int code : {22, 23}) {
    const Observation seen = Observe({.checked = Failure(code)});
    EXPECT_EQ(seen.outcome, Outcome::kServfail) << code;
    EXPECT_EQ(seen.vote, Vote::kCouldNotTell) << code;
    EXPECT_EQ(seen.extended_error, code);
  }
  EXPECT_EQ(Count(IsUnchecked), 0);
}

TEST_F(ResolverRoundTest, AFailureThatTurnsOutToBeNobodysReachIsNotBogus) {
  resolvers_.resize(1);
  int asked = 0;
  const auto round = Begin();
  asker_.ReplyToAll([&](const Asking& asking) {
    if (IsProbe(asking)) return RootSoa(/*authenticated=*/true);
    if (IsUnchecked(asking)) return Token();
    return ++asked == 1 ? Failure() : Failure(22);
  });
  ASSERT_TRUE(round->finished());
  EXPECT_EQ(round->Close()[0].outcome, Outcome::kServfail);
}

TEST_F(ResolverRoundTest, AFailureWithoutValidationTooCouldNotTell) {
  const Observation seen = Observe({.checked = Failure(), .unchecked = Failure()});
  EXPECT_EQ(seen.outcome, Outcome::kServfail);
  EXPECT_EQ(seen.vote, Vote::kCouldNotTell);
  EXPECT_THAT(seen.note, HasSubstr("without DNSSEC validation too"));
}

TEST_F(ResolverRoundTest, AFailureThatHasPassedWhenAskedAgainIsNotBogus) {
  resolvers_.resize(1);
  const auto round = Begin();
  int checked = 0;
  asker_.ReplyToAll([&](const Asking& asking) {
    if (IsProbe(asking)) return RootSoa(true);
    if (IsUnchecked(asking)) return Token();
    return ++checked == 1 ? Failure() : Token();
  });
  const Observation seen = round->Close().front();
  EXPECT_EQ(seen.outcome, Outcome::kMatch);
  EXPECT_EQ(checked, 2);
}

TEST_F(ResolverRoundTest, AResolverThatDoesNotValidateNeverSaysBogus) {
  for (const Reply& failure : {Failure(), Failure(6)}) {
    const Observation seen = Observe({.probe = RootSoa(false), .checked = failure});
    EXPECT_EQ(seen.outcome, Outcome::kServfail);
    EXPECT_EQ(seen.vote, Vote::kCouldNotTell);
    EXPECT_EQ(seen.validating, false);
  }
  const auto unchecked = Count(IsUnchecked);
  Observe({.probe = RootSoa(false), .checked = Failure()});
  EXPECT_EQ(Count(IsUnchecked), unchecked) << "its answer would show nothing";
}

// Its trust anchor may have expired: then it fails every signed name.
TEST_F(ResolverRoundTest, AResolverWhoseOwnValidationIsBrokenNeverSaysBogus) {
  EXPECT_EQ(Observe({}).validating, true);
  time_.RunFor(absl::Seconds(61));
  const Observation seen = Observe({.probe = Failure(9), .checked = Failure(9)});
  EXPECT_EQ(seen.outcome, Outcome::kServfail);
  EXPECT_EQ(seen.vote, Vote::kCouldNotTell);
}

TEST_F(ResolverRoundTest, ABogusNameCostsNoProbeQuestionWhileValidationWasJustSeen) {
  Observe({});
  const auto probes = Count(IsProbe);
  EXPECT_EQ(Observe({.checked = Failure(6)}).outcome, Outcome::kBogus);
  EXPECT_EQ(Count(IsProbe), probes);
  time_.RunFor(absl::Seconds(61));
  EXPECT_EQ(Observe({.checked = Failure(6)}).outcome, Outcome::kBogus);
  EXPECT_EQ(Count(IsProbe), probes + 2);
}

TEST_F(ResolverRoundTest, IsAlikeForEveryType) {
  for (const RrType type : {RrType::kTxt, RrType::kCname, RrType::kCaa}) {
    const auto round = Begin(type);
    asker_.ReplyToAll([](const Asking& asking) { return Act({.checked = Failure()}, asking); });
    for (const Observation& seen : round->Close()) EXPECT_EQ(seen.outcome, Outcome::kBogus);
  }
}

TEST_F(ResolverRoundTest, RefusalsAndOurOwnLimitsCouldNotTell) {
  const Reply refused = Answered({.rcode = kRcodeRefused});
  EXPECT_EQ(Observe({.checked = refused}).vote, Vote::kCouldNotTell);
  const Reply limited{.kind = Reply::Kind::kNotAsked, .note = "our own limit"};
  const Observation seen = Observe({.checked = limited});
  EXPECT_EQ(seen.outcome, Outcome::kNotAsked);
  EXPECT_EQ(seen.vote, Vote::kCouldNotTell);
  EXPECT_EQ(seen.note, "our own limit");
}

TEST_F(ResolverRoundTest, AskedNoMoreOnceItFailsEverybodyAndSaysSo) {
  BecomeUnhealthy();
  const std::size_t asked = asker_.asked().size();
  const auto round = Begin();
  EXPECT_FALSE(round->finished()) << "never from within Begin";
  time_.RunDue();
  EXPECT_TRUE(round->finished());
  EXPECT_THAT(asker_.asked(), SizeIs(asked));
  const Observation seen = round->Close().front();
  EXPECT_EQ(seen.outcome, Outcome::kNotAsked);
  EXPECT_EQ(seen.vote, Vote::kCouldNotTell);
  EXPECT_THAT(seen.note, HasSubstr("fails every question"));
  EXPECT_THAT(metrics_.Render(), HasSubstr("padlock_probe_resolver_healthy{resolver=\"alpha\"} 0"));
}

TEST_F(ResolverRoundTest, TheFirstCheckAfterItsRecoveryIsAnswered) {
  BecomeUnhealthy();
  time_.RunFor(absl::Minutes(2));
  EXPECT_EQ(Observe({}).outcome, Outcome::kMatch);
  EXPECT_TRUE(environment_.watch.health(0).healthy());
}

TEST_F(ResolverRoundTest, ACheckThatBeginsWhileADeadResolverIsProbedGoesOnWithoutIt) {
  BecomeUnhealthy();
  time_.RunFor(absl::Minutes(3));
  const auto prober = Begin();
  ASSERT_EQ(asker_.open_count(), 1U);  // the probe question
  const auto other = Begin();
  time_.RunDue();
  EXPECT_TRUE(other->finished());
  EXPECT_FALSE(prober->finished());
  EXPECT_EQ(other->Close().front().outcome, Outcome::kNotAsked);
  // The check that probes it is answered, whatever it asks.
  asker_.ReplyToAll([](const Asking& asking) { return Act({}, asking); });
  EXPECT_TRUE(prober->finished());
  EXPECT_EQ(prober->Close().front().outcome, Outcome::kMatch);
}

TEST_F(ResolverRoundTest, AllQuestionsOfTheCheckThatProbesAResolverWaitForIt) {
  BecomeUnhealthy();
  time_.RunFor(absl::Minutes(3));
  const auto round = std::make_shared<ResolverRound>(
      environment_,
      std::vector<Question>{{Name("a.test"), RrType::kTxt}, {Name("a.test"), RrType::kTxt}},
      std::make_shared<const Expectation>(Expectation{.values = {"token"}}));
  round->Begin([this] { ++finished_; });
  time_.RunDue();
  asker_.ReplyToAll([](const Asking& asking) { return Act({}, asking); });
  EXPECT_TRUE(round->finished());
  EXPECT_EQ(round->Close().front().outcome, Outcome::kMatch);
}

TEST_F(ResolverRoundTest, OneCustomersBrokenNamesMakeNoResolverUnhealthy) {
  for (int i = 0; i < 50; ++i) {
    Observe({.checked = Failure(), .unchecked = Failure()}, absl::StrFormat("n%d.test", i));
  }
  EXPECT_TRUE(environment_.watch.health(0).healthy());
}

TEST_F(ResolverRoundTest, ReportsWhatItHasWhenClosedEarly) {
  resolvers_.resize(1);
  const auto round = Begin();
  asker_.Reply(RootSoa(true));
  asker_.Reply(Failure(6));
  // The answer without validation is still to come: nothing is proved.
  const Observation seen = round->Close().front();
  EXPECT_EQ(seen.outcome, Outcome::kServfail);
  EXPECT_EQ(seen.vote, Vote::kCouldNotTell);
  asker_.ReplyToAll([](const Asking&) { return Token(); });
  EXPECT_EQ(finished_, 0);
}

TEST_F(ResolverRoundTest, SaysThatTimeWasOverBeforeAnything) {
  const auto round = Begin();
  for (const Observation& seen : round->Close()) EXPECT_EQ(seen.outcome, Outcome::kNotAsked);
}

TEST_F(ResolverRoundTest, IsFinishedWithoutResolvers) {
  resolvers_.clear();
  const auto round = Begin();
  EXPECT_TRUE(round->finished());
  EXPECT_THAT(round->Close(), IsEmpty());
}

}  // namespace
}  // namespace probe
