#include "probe/core/plain_match.h"

#include <gtest/gtest.h>

#include <functional>

#include "probe/core/testing/messages.h"

namespace probe {
namespace {

using namespace ::probe::testing;  // NOLINT: the records of these tests
using observation::RecordType;

const Question kAsked{Name("a.test"), RrType::kTxt};
const Expectation kExpected{.type = RecordType::kTxt, .values = {"a \"token\""}};

Message Expected() { return Authoritative({Text("A.test", "a \"token\"", 90)}); }

observation::Observation Shown(const PlainMatch& match) {
  observation::Observation observation{.owner = "a.test"};
  ShowPlainMatch(match, ShownText(kExpected.values.front()), observation);
  return observation;
}

TEST(PlainMatchTest, SaysWhatAReadingOfTheAnswerSays) {
  for (const bool authenticated : {false, true}) {
    Message message = Expected();
    message.authenticated_data = authenticated;
    const std::optional<PlainMatch> match = FindPlainMatch(message, kAsked, kExpected);
    ASSERT_TRUE(match.has_value());
    EXPECT_EQ(Shown(*match),
              ReadAuthoritative(message, kAsked, Name("test"), kExpected).observation);
    message.recursion_available = true;
    EXPECT_EQ(Shown(*match), ReadRecursive(message, kAsked, kExpected).observation);
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
    Message message = Expected();
    changes[i](message);
    EXPECT_FALSE(FindPlainMatch(message, kAsked, kExpected).has_value()) << i;
  }
  const Expectation two{.type = RecordType::kTxt, .values = {"a \"token\"", "another"}};
  EXPECT_FALSE(FindPlainMatch(Expected(), kAsked, two).has_value());
  EXPECT_FALSE(FindPlainMatch(Expected(), kAsked, {.type = RecordType::kTxt}).has_value());
}

}  // namespace
}  // namespace probe
