#include "probe/core/plain_match.h"

#include <gtest/gtest.h>

#include <functional>

#include "probe/core/testing/messages.h"

namespace probe {
namespace {

using namespace ::probe::testing;  // NOLINT: the records of these tests
using observation::RecordType;

const Question kPlainQuestion{Name("a.test"), RrType::kTxt};
const Expectation kPlainExpectation{.type = RecordType::kTxt, .values = {"a \"token\""}};

Message PlainAnswer() { return Authoritative({Text("A.test", "a \"token\"", 90)}); }

observation::Observation ShownAsPlain(const PlainMatch& match) {
  observation::Observation observation{.owner = "a.test"};
  ShowPlainMatch(match, ShownText(kPlainExpectation.values.front()), observation);
  return observation;
}

TEST(PlainMatchTest, SaysWhatAReadingOfTheAnswerSays) {
  for (const bool authenticated : {false, true}) {
    Message message = PlainAnswer();
    message.authenticated_data = authenticated;
    const std::optional<PlainMatch> match =
        FindPlainMatch(message, kPlainQuestion, kPlainExpectation);
    ASSERT_TRUE(match.has_value());
    EXPECT_EQ(
        ShownAsPlain(*match),
        ReadAuthoritative(message, kPlainQuestion, Name("test"), kPlainExpectation).observation);
    message.recursion_available = true;
    EXPECT_EQ(ShownAsPlain(*match),
              ReadRecursive(message, kPlainQuestion, kPlainExpectation).observation);
  }
}

TEST(PlainMatchTest, IsNotWhatHasMoreToSay) {
  const std::vector<std::function<void(Message&)>> changes = {
      [](Message& message) { message.rcode = kRcodeNameError; },
      [](Message& message) { message.rcode = kRcodeServerFailure; },
      [](Message& message) { message.truncated = true; },
      [](Message& message) { message.extended_error = 3; },
      [](Message& message) { message.answers.clear(); },
      [](Message& message) { message.answers.push_back(Text("a.test", "other")); },
      [](Message& message) { message.answers.front() = Text("a.test", "a token"); },
      [](Message& message) { message.answers.front() = Text("b.test", "a \"token\""); },
      [](Message& message) { message.answers.front() = Alias("a.test", "b.test"); },
      [](Message& message) { message.answers.front().type = RrType::kCaa; },
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    Message message = PlainAnswer();
    changes[i](message);
    EXPECT_FALSE(FindPlainMatch(message, kPlainQuestion, kPlainExpectation).has_value()) << i;
  }
  const Expectation two{.type = RecordType::kTxt, .values = {"a \"token\"", "another"}};
  EXPECT_FALSE(FindPlainMatch(PlainAnswer(), kPlainQuestion, two).has_value());
  EXPECT_FALSE(
      FindPlainMatch(PlainAnswer(), kPlainQuestion, {.type = RecordType::kTxt}).has_value());
}

}  // namespace
}  // namespace probe
