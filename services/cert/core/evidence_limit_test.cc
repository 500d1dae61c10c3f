#include "cert/core/evidence_limit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "cert/core/agreement.h"
#include "cert/core/proof.h"
#include "cert/core/testing/evidence_builder.h"

namespace cert {
namespace {

using ::observation::Observation;
using ::observation::Outcome;
using ::observation::RecordType;
using ::observation::Vote;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

const std::string kLong(500, 'x');
const AgreementPolicy kOnePerspective{.perspectives = {{.name = "ams", .region = ""}}};

// As large as a worker's report may hold them.
std::vector<std::string> ManyValues() {
  std::vector<std::string> values;
  for (int i = 0; i < 15; ++i) values.push_back(absl::StrCat(i, kLong));
  values.push_back(testing::kClaimValue);
  return values;
}

std::vector<Observation> Many(int count, Outcome outcome, std::vector<std::string> values) {
  std::vector<Observation> many;
  for (int i = 0; i < count; ++i) {
    many.push_back(testing::Nameserver(absl::StrCat("ns", i, ".shop.test"), outcome, values));
  }
  return many;
}

Answer AnswerOf(const std::string& name, std::vector<Observation> observations) {
  return {.question = {.name = name,
                       .type = RecordType::kTxt,
                       .scope = observation::Scope::kAuthoritative,
                       .expected_values = {testing::kClaimValue}},
          .views = {{.perspective = "ams",
                     .worker = "w1",
                     .observations = std::move(observations),
                     .failure = ""}}};
}

// By the same measure as the limit, but for the numbers.
std::size_t TextBytes(const Evidence& evidence) {
  std::size_t bytes = 0;
  for (const Answer& answer : evidence) {
    for (const Observation& seen : answer.views.front().observations) {
      for (const std::string& value : seen.values) bytes += value.size();
      for (const std::string& target : seen.cname_chain) bytes += target.size();
    }
  }
  return bytes;
}

TEST(EvidenceLimitTest, WhatFitsStaysAsItIs) {
  Evidence evidence = {AnswerOf("a.test", Many(400, Outcome::kMatch, ManyValues()))};
  const Evidence before = evidence;
  LimitEvidence(evidence);
  EXPECT_EQ(evidence, before);
}

TEST(EvidenceLimitTest, ValuesThatNobodyAskedForGoFirst) {
  Evidence evidence = {AnswerOf("a.test", Many(500, Outcome::kMatch, ManyValues())),
                       AnswerOf("b.test", Many(500, Outcome::kMatch, ManyValues()))};
  LimitEvidence(evidence);
  EXPECT_LT(TextBytes(evidence), kMaxEvidenceBytes);
  for (const Answer& answer : evidence) {
    const std::vector<Observation>& seen = answer.views.front().observations;
    ASSERT_THAT(seen, SizeIs(500));
    EXPECT_THAT(seen.front().values,
                ElementsAre(StartsWith("0"), StartsWith("1"), testing::kClaimValue));
    EXPECT_EQ(seen.front().note, "there is more to show than is kept");
    EXPECT_EQ(Judge(answer, kOnePerspective).decision, Decision::kAgreed);
  }
}

// Both ends of a chain tell where it led; so does a target that was expected.
TEST(EvidenceLimitTest, AChainKeepsItsEndsAndWhatWasExpected) {
  std::vector<Observation> many = Many(500, Outcome::kMatch, {});
  for (Observation& seen : many) {
    seen.cname_chain.assign(16, kLong + kLong);
    seen.cname_chain.front() = "first";
    seen.cname_chain[7] = testing::kClaimValue;
    seen.cname_chain.back() = "last";
  }
  Evidence evidence = {AnswerOf("a.test", many), AnswerOf("b.test", {})};
  LimitEvidence(evidence);
  for (const Observation& seen : evidence.front().views.front().observations) {
    ASSERT_THAT(seen.cname_chain, ElementsAre("first", testing::kClaimValue, "last"));
  }
}

TEST(EvidenceLimitTest, NoNoIsLostToAYes) {
  std::vector<Observation> many = Many(20'000, Outcome::kMatch, {});
  for (Observation& no : Many(3, Outcome::kNoData, {})) many.push_back(std::move(no));
  Evidence evidence = {AnswerOf("a.test", std::move(many))};
  LimitEvidence(evidence);
  const std::vector<Observation>& left = evidence.front().views.front().observations;
  EXPECT_LT(left.size(), 20'000U);
  EXPECT_EQ(std::ranges::count(left, Vote::kDisagree, &Observation::vote), 3);
  EXPECT_THAT(left.back().note, HasSubstr("more servers are not kept"));
  EXPECT_EQ(Judge(evidence.front(), kOnePerspective).decision, Decision::kDisagreed);
}

TEST(EvidenceLimitTest, OneLargeNameCostsTheOthersNothing) {
  const Answer small = AnswerOf("small.test", Many(4, Outcome::kMatch, {testing::kClaimValue}));
  Evidence evidence(99, small);
  evidence.push_back(AnswerOf("large.test", Many(500, Outcome::kMismatch, ManyValues())));
  LimitEvidence(evidence);
  for (std::size_t i = 0; i < 99; ++i) EXPECT_EQ(evidence[i], small);
  EXPECT_LT(TextBytes({evidence.back()}), kMaxEvidenceBytes / 100);
  EXPECT_THAT(evidence.back().views.front().observations, SizeIs(::testing::Ge(1U)));
}

// The value that an order waits for is still found, though others stand beside it.
TEST(EvidenceLimitTest, ATokenThatWasSeenIsStillSeen) {
  Evidence evidence(2, AnswerOf("a.test", Many(500, Outcome::kMismatch, ManyValues())));
  for (Answer& answer : evidence) answer.question.expected_values.emplace_back("second token");
  LimitEvidence(evidence);
  const auto decision_on = [&](const std::string& token) {
    return Judge(OnlyFor(evidence.front(), token), kOnePerspective).decision;
  };
  EXPECT_EQ(decision_on(testing::kClaimValue), Decision::kAgreed);
  EXPECT_EQ(decision_on("second token"), Decision::kDisagreed);
}

}  // namespace
}  // namespace cert
