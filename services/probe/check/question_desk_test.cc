#include "probe/check/question_desk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "probe/check/testing/manual_asker.h"
#include "probe/check/testing/virtual_time.h"
#include "probe/core/testing/messages.h"

namespace probe {
namespace {

using namespace ::probe::testing;  // NOLINT: the records of these tests
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const ServerAddress kServer{*IpAddress::Parse("192.0.2.1")};
const ServerAddress kOther{*IpAddress::Parse("192.0.2.2")};
constexpr absl::Duration kTimeout = absl::Seconds(2);

class QuestionDeskTest : public ::testing::Test {
 protected:
  static QuestionDesk::Options Options(int burst = 1000) {
    return {.resolver_limit = {.per_second = 10, .burst = burst},
            .nameserver_limit = {.per_second = 10, .burst = burst}};
  }
  static Asking Question(const std::string& name, ServerAddress server = kServer) {
    return {.server = server, .question = {Name(name), RrType::kTxt}, .timeout = kTimeout};
  }
  // By a check that began an hour ago.
  static Asking OldQuestion(const std::string& name) {
    Asking asking = Question(name);
    asking.max_age = absl::Hours(1);
    return asking;
  }
  static Reply Answer(const std::string& name = "a.test", int ttl = 60) {
    return {.kind = Reply::Kind::kAnswered, .message = Authoritative({Text(name, "token", ttl)})};
  }

  // The index of its reply in `replies_` once it has come.
  void Ask(QuestionDesk& desk, Asking asking) {
    desk.Ask(std::move(asking), [this](Reply reply) { replies_.push_back(std::move(reply)); });
  }
  std::vector<Reply::Kind> Kinds() const {
    std::vector<Reply::Kind> kinds;
    for (const Reply& reply : replies_) kinds.push_back(reply.kind);
    return kinds;
  }

  VirtualTime time_;
  ManualAsker engine_;
  base::Metrics metrics_;
  std::vector<Reply> replies_;
  QuestionDesk desk_{Options(), engine_, time_, time_, metrics_};
};

TEST_F(QuestionDeskTest, AsksTheSameOnceWhileItIsInFlightAndAMomentAfter) {
  Ask(desk_, Question("a.test"));
  Ask(desk_, Question("A.test"));
  EXPECT_THAT(engine_.asked(), SizeIs(1));
  engine_.Reply(Answer());
  ASSERT_THAT(replies_, SizeIs(2));
  EXPECT_EQ(replies_[0].message.answers, replies_[1].message.answers);

  Ask(desk_, OldQuestion("a.test"));  // shows that it is asked often
  engine_.Reply(Answer());
  EXPECT_THAT(engine_.asked(), SizeIs(2));
  time_.RunFor(absl::Milliseconds(499));
  Ask(desk_, OldQuestion("a.test"));
  EXPECT_THAT(replies_, SizeIs(3)) << "not from within Ask";
  time_.RunDue();
  EXPECT_THAT(replies_, SizeIs(4));
  EXPECT_THAT(engine_.asked(), SizeIs(2));
  EXPECT_EQ(replies_[3].message.answers, Answer().message.answers);

  time_.RunFor(absl::Milliseconds(1));
  Ask(desk_, OldQuestion("a.test"));
  EXPECT_THAT(engine_.asked(), SizeIs(3));
}

// What was changed before a check began it must see.
TEST_F(QuestionDeskTest, SharesNoAnswerOlderThanTheAskerWouldHaveIt) {
  for (int i = 0; i < 2; ++i) {
    Ask(desk_, Question("a.test"));
    engine_.Reply(Answer());
  }
  time_.RunFor(absl::Milliseconds(100));
  Asking young = Question("a.test");
  young.max_age = absl::Milliseconds(99);
  Ask(desk_, young);
  EXPECT_THAT(engine_.asked(), SizeIs(3));
  engine_.Reply(Answer());
  Ask(desk_, young);
  EXPECT_THAT(engine_.asked(), SizeIs(3)) << "the newer answer has taken the older one's place";
}

TEST_F(QuestionDeskTest, TellsQuestionsApartByEverythingThatIsSent) {
  Ask(desk_, Question("a.test"));
  Ask(desk_, Question("b.test"));
  Ask(desk_, Question("a.test", kOther));
  Asking recursing = Question("a.test");
  recursing.recursion_desired = true;
  Ask(desk_, recursing);
  recursing.checking_disabled = true;
  Ask(desk_, recursing);
  Asking caa = Question("a.test");
  caa.question.type = RrType::kCaa;
  Ask(desk_, caa);
  EXPECT_THAT(engine_.asked(), SizeIs(6));
}

TEST_F(QuestionDeskTest, PassesOnWhatIsAskedWithItsWholeTimeout) {
  Ask(desk_, Question("a.test"));
  EXPECT_THAT(engine_.asked(), ElementsAre(Question("a.test")));
}

TEST_F(QuestionDeskTest, AnAskerWithLessTimeThanIsLeftToTheSameQuestionAsksItself) {
  Ask(desk_, Question("a.test"));
  Asking hasty = Question("a.test");
  hasty.timeout = absl::Seconds(1);
  Ask(desk_, hasty);
  ASSERT_THAT(engine_.asked(), SizeIs(2));
  EXPECT_EQ(engine_.asked()[1].timeout, absl::Seconds(1));
  engine_.ReplyToAll([](const Asking&) { return Answer(); });
  EXPECT_THAT(replies_, SizeIs(2));
}

TEST_F(QuestionDeskTest, PacesTheQuestionsToOneServerInTheirOrder) {
  QuestionDesk desk(Options(/*burst=*/2), engine_, time_, time_, metrics_);
  for (int i = 0; i < 5; ++i) Ask(desk, Question(absl::StrFormat("n%d.test", i)));
  EXPECT_THAT(engine_.asked(), SizeIs(2));
  EXPECT_EQ(time_.TimerCount(), 1U);
  time_.RunFor(absl::Milliseconds(99));
  EXPECT_THAT(engine_.asked(), SizeIs(2));
  time_.RunFor(absl::Milliseconds(1));
  EXPECT_THAT(engine_.asked(), SizeIs(3));
  time_.RunFor(absl::Milliseconds(200));
  ASSERT_THAT(engine_.asked(), SizeIs(5));
  EXPECT_EQ(engine_.asked()[4].question.name, Name("n4.test"));
  EXPECT_EQ(engine_.asked()[4].timeout, kTimeout - absl::Milliseconds(300));
  EXPECT_EQ(time_.TimerCount(), 0U);
}

TEST_F(QuestionDeskTest, RefusesWhatWouldWaitForMoreThanHalfItsTimeAndSaysThatItWasUs) {
  QuestionDesk desk(Options(/*burst=*/1), engine_, time_, time_, metrics_);
  for (int i = 0; i < 12; ++i) Ask(desk, Question(absl::StrFormat("n%d.test", i)));
  EXPECT_THAT(replies_, IsEmpty()) << "not from within Ask";
  time_.RunDue();
  ASSERT_THAT(Kinds(), ElementsAre(Reply::Kind::kNotAsked));  // one now, ten in a second
  EXPECT_THAT(replies_[0].note, HasSubstr("our own limit"));
  time_.RunFor(absl::Seconds(10));
  EXPECT_THAT(engine_.asked(), SizeIs(11));
}

// However many wait for one server, nobody waits for another one's turn.
TEST_F(QuestionDeskTest, OneServersQueueDoesNotHoldUpAnother) {
  QuestionDesk desk(Options(/*burst=*/1), engine_, time_, time_, metrics_);
  for (int i = 0; i < 10'000; ++i) Ask(desk, Question(absl::StrFormat("n%d.test", i)));
  Ask(desk, Question("a.test", kOther));
  EXPECT_EQ(engine_.asked().back().server, kOther);
}

// A zone that names a resolver as its nameserver.
TEST_F(QuestionDeskTest, QuestionsToAResolverAsNameserverDoNotUseUpItsBudget) {
  QuestionDesk desk(Options(/*burst=*/1), engine_, time_, time_, metrics_);
  for (int i = 0; i < 100; ++i) Ask(desk, Question(absl::StrFormat("n%d.test", i)));
  Asking recursing = Question("a.test");
  recursing.recursion_desired = true;
  Ask(desk, recursing);
  EXPECT_TRUE(engine_.asked().back().recursion_desired);
}

TEST_F(QuestionDeskTest, WaitingQuestionsAreSharedToo) {
  QuestionDesk desk(Options(/*burst=*/1), engine_, time_, time_, metrics_);
  Ask(desk, Question("a.test"));
  Ask(desk, Question("b.test"));
  Ask(desk, Question("b.test"));
  time_.RunFor(absl::Milliseconds(100));
  EXPECT_THAT(engine_.asked(), SizeIs(2));
  engine_.ReplyToAll([](const Asking& asking) { return Answer(asking.question.name.ToString()); });
  EXPECT_THAT(Kinds(),
              ElementsAre(Reply::Kind::kAnswered, Reply::Kind::kAnswered, Reply::Kind::kAnswered));
}

// A timeout excuses a server, so it must not come from our own waiting.
TEST_F(QuestionDeskTest, SilenceAfterOurOwnWaitingIsNoTimeout) {
  QuestionDesk desk(Options(/*burst=*/1), engine_, time_, time_, metrics_);
  Ask(desk, Question("a.test"));
  Ask(desk, Question("b.test"));
  time_.RunFor(absl::Milliseconds(100));
  engine_.ReplyToAll([](const Asking&) { return Reply{}; });
  EXPECT_THAT(Kinds(), ElementsAre(Reply::Kind::kTimeout, Reply::Kind::kNotAsked));
  EXPECT_THAT(replies_[1].note, HasSubstr("our own limit"));
}

// Budgets are forgotten only once they are full again.
TEST_F(QuestionDeskTest, ManyServersDoNotRestoreAUsedUpBudget) {
  QuestionDesk desk(Options(/*burst=*/1), engine_, time_, time_, metrics_);
  for (int i = 0; i < 30; ++i) {
    Ask(desk, Question(absl::StrFormat("n%d.test", i)));
    time_.RunFor(absl::Seconds(10));
    EXPECT_THAT(engine_.asked(), SizeIs(i + 1));
  }
  const absl::Time start = time_.TimeNow();
  int asked = 0;
  while (time_.TimeNow() < start + absl::Minutes(5)) {
    Ask(desk, Question(absl::StrFormat("m%d.test", asked++)));
    time_.RunFor(absl::Milliseconds(50));
  }
  EXPECT_LE(engine_.asked().size(), 30U + 300 * 10 + 11);
}

TEST_F(QuestionDeskTest, AnAskerMayAskAgainFromItsReply) {
  int replies = 0;
  desk_.Ask(Question("a.test"), [&](const Reply&) {
    ++replies;
    desk_.Ask(Question("a.test"), [&](const Reply&) { ++replies; });
    desk_.Ask(Question("b.test"), [&](const Reply&) { ++replies; });
  });
  engine_.ReplyToAll([](const Asking&) { return Answer(); });
  EXPECT_EQ(replies, 3);
  EXPECT_THAT(engine_.asked(), SizeIs(3));
}

TEST_F(QuestionDeskTest, LeavesNoTimerBehind) {
  {
    QuestionDesk desk(Options(/*burst=*/1), engine_, time_, time_, metrics_);
    for (int i = 0; i < 20; ++i) Ask(desk, Question(absl::StrFormat("n%d.test", i)));
    EXPECT_EQ(time_.TimerCount(), 2U);
  }
  EXPECT_EQ(time_.TimerCount(), 0U);
  EXPECT_THAT(replies_, IsEmpty());
}

}  // namespace
}  // namespace probe
