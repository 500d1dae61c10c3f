#include "probe/core/dns_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "base/strings.h"
#include "base/testing/status_matchers.h"
#include "probe/core/answer_check.h"
#include "probe/core/testing/messages.h"

namespace probe {
namespace {

using ::base::AsBytes;
using ::base::testing::IsOk;
using ::base::testing::StatusIs;
using ::probe::testing::Name;

absl::StatusOr<Message> Parse(const std::string& wire) { return ParseMessage(AsBytes(wire)); }

std::string Octets(std::initializer_list<int> values) {
  std::string out;
  for (const int value : values) out += static_cast<char>(value);
  return out;
}

// id 1, QR and AA; then the four counts.
std::string Header(int answers, int authority = 0, int additional = 0, int flags = 0x84,
                   int rcode = 0) {
  return Octets({0, 1, flags, rcode, 0, 1, 0, answers, 0, authority, 0, additional});
}

// The question "a.test TXT"; its name is at offset 12.
const std::string kQuestion = std::string(
                                  "\x01"
                                  "a\x04"
                                  "test\x00",
                                  8) +
                              Octets({0, 16, 0, 1});

std::string RecordOf(int type, const std::string& rdata, int ttl = 60) {
  return Octets({0xc0, 12, type >> 8, type & 0xff, 0, 1, 0, 0, 0, ttl, 0,
                 static_cast<int>(rdata.size())}) +
         rdata;
}

TEST(EncodeQueryTest, AsksOneQuestionWithEdnsAndRandomLetterCase) {
  QueryOptions options{.id = 0x1234, .recursion_desired = true};
  options.case_bits.fill(0xff);
  const std::string wire = EncodeQuery({Name("a.test"), RrType::kTxt}, options);
  EXPECT_EQ(wire.substr(0, 12), Octets({0x12, 0x34, 1, 0x20, 0, 1, 0, 0, 0, 0, 0, 1}));
  EXPECT_EQ(wire.substr(12, 8), std::string("\x01"
                                            "A\x04"
                                            "TEST\x00",
                                            8));
  const absl::StatusOr<Message> parsed = Parse(wire);
  ASSERT_THAT(parsed, IsOk());
  EXPECT_TRUE(parsed->has_edns);
  EXPECT_EQ(parsed->question, (Question{Name("a.test"), RrType::kTxt}));
}

// Names are put into letter case eight octets at a time.
TEST(EncodeQueryTest, GivesEveryLetterItsCaseAndLeavesOtherOctetsAlone) {
  const Question question{Name("abc-xyz.0123456789.azAZ@[`{.\\193.test"), RrType::kTxt};
  const std::string lower = EncodeQuery(question, {});
  QueryOptions options;
  for (std::size_t bit = 0; bit < question.name.wire().size(); ++bit) {
    options.case_bits = {};
    options.case_bits[bit / 8] = static_cast<std::uint8_t>(1U << (bit % 8));
    std::string expected = lower;
    char& octet = expected[kDnsHeaderLength + bit];
    if (octet >= 'a' && octet <= 'z') octet = static_cast<char>(octet - 'a' + 'A');
    EXPECT_EQ(EncodeQuery(question, options), expected) << "bit " << bit;
  }
}

TEST(EncodeQueryTest, AnEncodedQueryIsDisguisedAgainAndLosesItsEdns) {
  const Question question{Name("a.test"), RrType::kTxt};
  QueryOptions options{.id = 0x1234};
  options.case_bits.fill(0xff);
  EncodedQuery query;
  EncodeQuery(question, options, query);
  RemoveEdns(query);
  Disguise(0x4321, {}, query);
  EXPECT_EQ(std::string(query.begin(), query.end()),
            EncodeQuery(question, {.id = 0x4321, .edns = false}));
  RemoveEdns(query);
  EXPECT_EQ(std::string(query.begin(), query.end()),
            EncodeQuery(question, {.id = 0x4321, .edns = false}));
}

TEST(ParseMessageTest, LeavesNothingOfAnEarlierMessage) {
  const std::string two = RecordOf(16,
                                   "\x03"
                                   "abc") +
                          RecordOf(1, Octets({192, 0, 2, 1}));
  Message used;
  ASSERT_THAT(ParseMessage(AsBytes(Header(2) + kQuestion + two), used), IsOk());
  ASSERT_EQ(used.answers.size(), 2);
  const std::string one = Header(1) + kQuestion +
                          RecordOf(16,
                                   "\x02"
                                   "de");
  ASSERT_THAT(ParseMessage(AsBytes(one), used), IsOk());
  EXPECT_EQ(used.answers, Parse(one)->answers);
  ASSERT_THAT(ParseMessage(AsBytes(Header(0) + kQuestion), used), IsOk());
  EXPECT_TRUE(used.answers.empty());
}

TEST(ParseMessageTest, JoinsTheStringsOfATxtRecord) {
  const auto parsed = Parse(Header(1) + kQuestion +
                            RecordOf(16,
                                     "\x03"
                                     "abc\x02"
                                     "de"));
  ASSERT_THAT(parsed, IsOk());
  ASSERT_EQ(parsed->answers.size(), 1);
  EXPECT_EQ(parsed->answers[0].owner, Name("a.test"));
  EXPECT_EQ(std::get<std::string>(parsed->answers[0].data), "abcde");
  EXPECT_EQ(parsed->answers[0].ttl, absl::Seconds(60));
  EXPECT_TRUE(parsed->authoritative);
}

TEST(ParseMessageTest, ReadsAddressesNamesSoaAndCaa) {
  const std::string soa =
      Octets({0, 0, 0, 0, 0, 9}) + std::string(12, '\x01') + Octets({0, 0, 0, 5});
  const auto parsed = Parse(Header(4) + kQuestion + RecordOf(1, Octets({192, 0, 2, 1})) +
                            RecordOf(5, Octets({1, 'b', 0xc0, 14})) + RecordOf(6, soa) +
                            RecordOf(257, Octets({128, 5}) + "ISSUEca.test"));
  ASSERT_THAT(parsed, IsOk());
  EXPECT_EQ(std::get<IpAddress>(parsed->answers[0].data).ToString(), "192.0.2.1");
  EXPECT_EQ(std::get<DnsName>(parsed->answers[1].data), Name("b.test"));
  EXPECT_EQ(std::get<SoaData>(parsed->answers[2].data),
            (SoaData{.serial = 9, .minimum = absl::Seconds(5)}));
  EXPECT_EQ(std::get<CaaData>(parsed->answers[3].data),
            (CaaData{.flags = 128, .tag = "issue", .value = "ca.test"}));
}

TEST(ParseMessageTest, ReadsExtendedRcodeAndError) {
  const std::string option = Octets({0, 15, 0, 4, 0, 9}) + "xy";
  const std::string opt =
      Octets({0, 0, 41, 4, 0xd0, 1, 0, 0, 0, 0, static_cast<int>(option.size())}) + option;
  const auto parsed = Parse(Header(0, 0, 1, 0x81, 2) + kQuestion + opt);
  ASSERT_THAT(parsed, IsOk());
  EXPECT_EQ(parsed->rcode, 18);
  EXPECT_EQ(parsed->extended_error, 9);
}

TEST(ParseMessageTest, TtlWithTheTopBitSetIsZero) {
  std::string record = RecordOf(16, "\x01x");
  record[6] = '\x80';
  const auto parsed = Parse(Header(1) + kQuestion + record);
  ASSERT_THAT(parsed, IsOk());
  EXPECT_EQ(parsed->answers[0].ttl, absl::ZeroDuration());
}

TEST(ParseMessageTest, DoesNotLookAtTheRecordsOfATruncatedMessage) {
  const auto parsed = Parse(Header(7, 0, 0, 0x86) + kQuestion + "garbage");
  ASSERT_THAT(parsed, IsOk());
  EXPECT_TRUE(parsed->truncated);
}

struct Broken {
  const char* name;
  std::string wire;
};

class BrokenMessageTest : public ::testing::TestWithParam<Broken> {};

TEST_P(BrokenMessageTest, IsRefused) {
  EXPECT_THAT(Parse(GetParam().wire), StatusIs(absl::StatusCode::kInvalidArgument));
}

INSTANTIATE_TEST_SUITE_P(
    All, BrokenMessageTest,
    ::testing::Values(
        Broken{"Empty", ""}, Broken{"HalfAHeader", Octets({0, 1, 0x84, 0, 0})},
        Broken{"NoQuestionBehindItsCount", Header(0)},
        Broken{"TwoQuestions", Octets({0, 1, 0x84, 0, 0, 2, 0, 0, 0, 0, 0, 0}) + kQuestion},
        Broken{"FewerRecordsThanCounted", Header(2) + kQuestion + RecordOf(16, "\x01x")},
        Broken{"StringLongerThanItsRecord", Header(1) + kQuestion + RecordOf(16, "\x09x")},
        Broken{"OptionLongerThanItsRecord",
               Header(0, 0, 1) + kQuestion + RecordOf(41, Octets({0, 15, 0, 9, 0, 9, 0, 0}))},
        Broken{"HalfAnOption", Header(0, 0, 1) + kQuestion + RecordOf(41, Octets({0, 15}))},
        Broken{"ShortAddress", Header(1) + kQuestion + RecordOf(1, "abc")},
        Broken{"V6AddressInARecord", Header(1) + kQuestion + RecordOf(1, std::string(16, 'x'))},
        Broken{"NameThatPointsToItself",
               Header(1) + kQuestion + Octets({0xc0, 24, 0, 16, 0, 1, 0, 0, 0, 0, 0, 0})},
        Broken{"NameThatPointsForward",
               Header(1) + kQuestion + Octets({0xc0, 30, 0, 16, 0, 1, 0, 0, 0, 0, 0, 0, 0})},
        Broken{"NameBehindTheEnd", Header(1) + kQuestion + Octets({0xff, 0xff})},
        Broken{"ReservedLabelType", Header(1) + kQuestion + Octets({0x80, 0, 0, 16})},
        Broken{"TargetLongerThanItsRecord", Header(1) + kQuestion + RecordOf(5, Octets({9, 'b'}))},
        Broken{"TooManyRecords", Octets({0, 1, 0x84, 0, 0, 1, 0x20, 0, 0, 0, 0, 0}) + kQuestion}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(ParseMessageTest, SurvivesAnyOctets) {
  std::minstd_rand random(1);  // fixed, so that a failure repeats
  const std::string sound = Header(2, 0, 0) + kQuestion +
                            RecordOf(16,
                                     "\x03"
                                     "abc") +
                            RecordOf(5, Octets({1, 'b', 0xc0, 14}));
  for (int i = 0; i < 20'000; ++i) {
    std::string wire = sound.substr(0, random() % (sound.size() + 1));
    for (unsigned changes = random() % 4; changes > 0 && !wire.empty(); --changes) {
      wire[random() % wire.size()] = static_cast<char>(random() % 256);
    }
    static_cast<void>(Parse(wire));
  }
}

TEST(CheckAnswerTest, TellsWhyAPacketIsNoAnswer) {
  QueryOptions options{.id = 1};
  options.case_bits.fill(0xff);
  const std::string query = EncodeQuery({Name("a.test"), RrType::kTxt}, options);
  std::string answer = query;
  answer[2] = '\x84';
  const auto check = [&query](const std::string& packet) {
    return CheckAnswer(AsBytes(query), AsBytes(packet));
  };
  EXPECT_EQ(check(answer), AnswerCheck::kAccepted);
  EXPECT_EQ(check(query), AnswerCheck::kNotAResponse);
  EXPECT_EQ(check(answer.substr(0, 11)), AnswerCheck::kShort);
  EXPECT_EQ(check(answer.substr(0, 20)), AnswerCheck::kWrongQuestion);

  std::string wrong_id = answer;
  wrong_id[1] = '\x02';
  EXPECT_EQ(check(wrong_id), AnswerCheck::kWrongId);
  std::string lower = answer;
  lower[13] = 'a';
  EXPECT_EQ(check(lower), AnswerCheck::kCaseLost);
  std::string other = answer;
  other[13] = 'B';
  EXPECT_EQ(check(other), AnswerCheck::kWrongQuestion);
  std::string other_type = answer;
  other_type[21] = '\x05';
  EXPECT_EQ(check(other_type), AnswerCheck::kWrongQuestion);
}

TEST(CheckAnswerTest, AnErrorNeedNotRepeatTheQuestion) {
  const std::string query = EncodeQuery({Name("a.test"), RrType::kTxt}, {.id = 1});
  const std::string formerr = Octets({0, 1, 0x80, 1, 0, 0, 0, 0, 0, 0, 0, 0});
  const std::string success = Octets({0, 1, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  EXPECT_EQ(CheckAnswer(AsBytes(query), AsBytes(formerr)), AnswerCheck::kAccepted);
  EXPECT_EQ(CheckAnswer(AsBytes(query), AsBytes(success)), AnswerCheck::kWrongQuestion);
}

}  // namespace
}  // namespace probe
