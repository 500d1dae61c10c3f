#include "probe/core/http_reading.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace probe {
namespace {

using observation::Clue;
using observation::Observation;
using observation::Outcome;
using observation::Vote;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const std::string kKeyText =
    "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA.9jg46WB3rR_AHD-EBXdN7cBkH1WOu0tA3M9fm21mqTI";
const KeyAuthorization kExpected = *KeyAuthorization::Parse(kKeyText);
const HttpUrl kChallenge{.host = "www.shop.test", .target = "/x"};

HttpReading ReadPage(const Fetched& fetched, const std::vector<HttpUrl>& path = {kChallenge}) {
  return ReadHttp(fetched, path, kExpected, {});
}
Observation ReadContent(const std::string& body, int status = 200) {
  return ReadPage({.kind = Fetched::Kind::kAnswered, .status = status, .body = body}).observation;
}
HttpReading Redirect(const std::string& location, int status = 302,
                     const std::vector<HttpUrl>& path = {kChallenge}) {
  return ReadPage({.kind = Fetched::Kind::kAnswered, .status = status, .location = location}, path);
}

TEST(ReadHttpTest, AgreesWithTheKeyAuthorization) {
  const Observation seen = ReadContent(kKeyText);
  EXPECT_EQ(seen.outcome, Outcome::kMatch);
  EXPECT_EQ(seen.vote, Vote::kAgree);
  EXPECT_THAT(seen.values, ElementsAre(kKeyText));
  EXPECT_EQ(seen.note, "status 200");
}

TEST(ReadHttpTest, IgnoresWhiteSpaceAtTheEndAlone) {
  EXPECT_EQ(ReadContent(kKeyText + "\r\n \t\n").outcome, Outcome::kMatch);
  const Observation before = ReadContent("\n" + kKeyText);
  EXPECT_EQ(before.outcome, Outcome::kMismatch);
  EXPECT_THAT(before.clues, ElementsAre(Clue::kValueSpaced));
}

TEST(ReadHttpTest, SaysWhatIsWrongWithANearMiss) {
  EXPECT_THAT(ReadContent("\"" + kKeyText + "\"\n").clues, ElementsAre(Clue::kValueQuoted));
  EXPECT_THAT(ReadContent("E" + kKeyText.substr(1)).clues, ElementsAre(Clue::kValueCase));
  EXPECT_THAT(ReadContent("\xef\xbb\xbf" + kKeyText).note, HasSubstr("byte order mark"));
  for (const std::string& body :
       {"\"" + kKeyText + "\"", "E" + kKeyText.substr(1), kKeyText + kKeyText, kKeyText.substr(1),
        kKeyText + "\n" + kKeyText, "x" + kKeyText, std::string(),
        kKeyText + std::string(1, '\0')}) {
    EXPECT_EQ(ReadContent(body).vote, Vote::kDisagree) << body;
  }
}

TEST(ReadHttpTest, ShowsAForeignBodyEscapedAndShortened) {
  const Observation seen = ReadContent("<html>\n\x01\xff" + std::string(60'000, 'a'));
  ASSERT_THAT(seen.values, ::testing::SizeIs(1));
  EXPECT_THAT(seen.values[0], HasSubstr("<html>\\010\\001\\255aaa"));
  EXPECT_THAT(seen.values[0], ::testing::EndsWith("..."));
  EXPECT_LE(seen.values[0].size(), 512U);
  EXPECT_THAT(seen.clues, IsEmpty());
}

TEST(ReadHttpTest, RefusesALongBodyThatBeginsWell) {
  const Observation seen = ReadPage({.kind = Fetched::Kind::kAnswered,
                                     .status = 200,
                                     .body = kKeyText,
                                     .body_too_long = true})
                               .observation;
  EXPECT_EQ(seen.outcome, Outcome::kMismatch);
  EXPECT_THAT(seen.note, HasSubstr("more than 65536 octets"));
}

TEST(ReadHttpTest, OnlyStatus200Counts) {
  for (const int status : {201, 204, 206, 300, 303, 304, 400, 401, 403, 429, 500, 502, 503}) {
    EXPECT_EQ(ReadContent(kKeyText, status).outcome, Outcome::kMismatch) << status;
    EXPECT_THAT(ReadContent(kKeyText, status).note, HasSubstr(std::to_string(status)));
  }
  for (const int status : {404, 410}) EXPECT_EQ(ReadContent("", status).outcome, Outcome::kNoData);
}

TEST(ReadHttpTest, FollowsWhatCasFollow) {
  for (const int status : {301, 302, 307, 308}) {
    const HttpReading reading = Redirect("https://www.shop.test/y", status);
    ASSERT_TRUE(reading.redirect) << status;
    EXPECT_EQ(reading.redirect->ToString(), "https://www.shop.test/y");
  }
  EXPECT_FALSE(Redirect("https://www.shop.test/y", 303).redirect);
}

TEST(ReadHttpTest, SaysWhyARedirectIsNotFollowed) {
  const HttpReading reading = Redirect("http://10.0.0.1/\x01\"");
  EXPECT_FALSE(reading.redirect);
  EXPECT_EQ(reading.observation.vote, Vote::kDisagree);
  EXPECT_THAT(reading.observation.note, HasSubstr("\"http://10.0.0.1/\\001\\\"\""));
  EXPECT_THAT(Redirect("http://10.0.0.1/").observation.note, HasSubstr("IP address"));
  EXPECT_THAT(Redirect("").observation.note, HasSubstr("empty"));
}

TEST(ReadHttpTest, FindsLoops) {
  HttpUrl other = kChallenge;
  other.target = "/y";
  EXPECT_THAT(Redirect("/x").observation.note, HasSubstr("loop"));
  EXPECT_THAT(Redirect("/x#again", 301, {kChallenge, other}).observation.note, HasSubstr("loop"));
  EXPECT_THAT(Redirect("http://WWW.shop.test:80/x", 301, {kChallenge, other}).observation.note,
              HasSubstr("loop"));
}

TEST(ReadHttpTest, FollowsTenRedirectsAndNoEleventh) {
  std::vector<HttpUrl> path;
  for (int i = 0; i < 10; ++i) path.push_back({.host = "h" + std::to_string(i) + ".test"});
  EXPECT_TRUE(Redirect("/next", 302, path).redirect);
  path.push_back({.host = "h10.test"});
  const HttpReading reading = Redirect("/next", 302, path);
  EXPECT_FALSE(reading.redirect);
  EXPECT_EQ(reading.observation.vote, Vote::kDisagree);
  EXPECT_THAT(reading.observation.note, HasSubstr("10 redirects"));
}

TEST(ReadHttpTest, FailuresAreNoNo) {
  const std::vector<std::pair<Fetched::Kind, Outcome>> cases = {
      {Fetched::Kind::kTimeout, Outcome::kTimeout},
      {Fetched::Kind::kUnreachable, Outcome::kUnreachable},
      {Fetched::Kind::kMalformed, Outcome::kMalformed},
      {Fetched::Kind::kNotFetched, Outcome::kNotAsked}};
  for (const auto& [kind, outcome] : cases) {
    const Observation seen =
        ReadPage({.kind = kind, .note = "connection \"refused\"\n"}).observation;
    EXPECT_EQ(seen.outcome, outcome);
    EXPECT_EQ(seen.vote, Vote::kCouldNotTell);
    EXPECT_EQ(seen.note, "connection \\\"refused\\\"\\010");
  }
}

// What a service takes: observation_proto.h.
TEST(ReadHttpTest, NotesAreBounded) {
  std::vector<HttpUrl> path;
  for (int i = 0; i < 11; ++i) {
    path.push_back({.host = "h" + std::to_string(i) + ".test", .target = std::string(2000, '/')});
  }
  const std::string location = "http://" + std::string(1900, '\x01');
  EXPECT_LE(Redirect(location, 302, path).observation.note.size(), 512U);
  EXPECT_LE(ReadPage({.note = std::string(9000, '\n')}, path).observation.note.size(), 512U);
}

TEST(WeakestTest, ANoComesBeforeDoubtAndDoubtBeforeAYes) {
  const Observation yes{.outcome = Outcome::kMatch, .vote = Vote::kAgree};
  const Observation doubt{.outcome = Outcome::kTimeout, .vote = Vote::kCouldNotTell};
  const Observation no{.outcome = Outcome::kNoData, .vote = Vote::kDisagree};
  EXPECT_EQ(Weakest({yes}), yes);
  EXPECT_EQ(Weakest({yes, doubt}), doubt);
  EXPECT_EQ(Weakest({yes, doubt, no, yes}), no);
}

}  // namespace
}  // namespace probe
