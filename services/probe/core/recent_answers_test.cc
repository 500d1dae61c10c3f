#include "probe/core/recent_answers.h"

#include <gtest/gtest.h>

#include "absl/strings/str_format.h"
#include "probe/core/testing/messages.h"

namespace probe {
namespace {

using namespace ::probe::testing;  // NOLINT: the records of these tests

constexpr absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

AskedQuestion Question(const std::string& name = "a.test") {
  return AskedQuestion(Asking{.question = {Name(name), RrType::kTxt}});
}
Reply Answered(Message message) {
  return {.kind = Reply::Kind::kAnswered, .message = std::move(message)};
}
Reply Token(int ttl = 60, const std::string& value = "token") {
  return Answered(Authoritative({Text("a.test", value, ttl)}));
}

// Of a question that is asked often.
void InsertAgain(RecentAnswers& answers, const AskedQuestion& asked, const Reply& reply,
                 absl::Time now = kNow) {
  answers.Insert(asked, Reply{}, now);
  answers.Insert(asked, reply, now);
}

TEST(RecentAnswersTest, KeepsNoAnswerOfAQuestionThatIsAskedOnce) {
  RecentAnswers answers({});
  answers.Insert(Question(), Token(), kNow);
  EXPECT_EQ(answers.Find(Question(), kNow), nullptr);
  answers.Insert(Question(), Token(), kNow + absl::Seconds(5));
  EXPECT_EQ(answers.Find(Question(), kNow), nullptr) << "that was not just before";
  answers.Insert(Question(), Token(), kNow + absl::Seconds(5) + absl::Milliseconds(100));
  EXPECT_NE(answers.Find(Question(), kNow), nullptr);
}

TEST(RecentAnswersTest, KeepsAnAnswerForItsMoment) {
  RecentAnswers answers({});
  InsertAgain(answers, Question(), Token());
  answers.Expire(kNow + absl::Milliseconds(499));
  const Reply* found = answers.Find(Question(), kNow);
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->message.answers, Token().message.answers);
  EXPECT_EQ(answers.Find(Question("b.test"), kNow), nullptr);
  EXPECT_EQ(answers.Find(Question(), kNow + absl::Nanoseconds(1)), nullptr);
  answers.Expire(kNow + absl::Milliseconds(500));
  EXPECT_EQ(answers.Find(Question(), kNow), nullptr);
}

TEST(RecentAnswersTest, KeepsTheNewerOfTwoForItsOwnMoment) {
  RecentAnswers answers({});
  InsertAgain(answers, Question(), Token(60, "old"));
  answers.Insert(Question(), Token(60, "new"), kNow + absl::Milliseconds(300));
  answers.Expire(kNow + absl::Milliseconds(600));
  const Reply* found = answers.Find(Question(), kNow);
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->message.answers, Token(60, "new").message.answers);
}

TEST(RecentAnswersTest, KeepsNothingLongerThanItsTtlAndNoFailure) {
  RecentAnswers answers({});
  const Reply positive_now_only = Token(/*ttl=*/0);
  const Reply negative_now_only =
      Answered(Authoritative({}, {Soa("test", 60, 0)}, kRcodeNameError));
  const Reply servfail = Answered({.rcode = kRcodeServerFailure});
  for (const Reply& reply : {positive_now_only, negative_now_only, servfail, Reply{}}) {
    InsertAgain(answers, Question(), reply);
    EXPECT_EQ(answers.Find(Question(), kNow), nullptr);
  }
  InsertAgain(answers, Question(),
              Answered(Authoritative({}, {Soa("test", 60, 1)}, kRcodeNameError)));
  EXPECT_NE(answers.Find(Question(), kNow), nullptr);
}

TEST(RecentAnswersTest, ForgetsTheOldestBeyondItsMemory) {
  const Reply large = Token(60, std::string(1'000, 'x'));
  RecentAnswers answers({.max_bytes = 5'000});
  for (int i = 0; i < 100; ++i) {
    InsertAgain(answers, Question(absl::StrFormat("n%d.test", i)), large);
  }
  EXPECT_NE(answers.Find(Question("n99.test"), kNow), nullptr);
  EXPECT_EQ(answers.Find(Question("n0.test"), kNow), nullptr);
  int kept = 0;
  for (int i = 0; i < 100; ++i) {
    kept += answers.Find(Question(absl::StrFormat("n%d.test", i)), kNow) != nullptr ? 1 : 0;
  }
  EXPECT_LE(kept, 4);
}

}  // namespace
}  // namespace probe
