#include "cert/app/domain_details.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "base/testing/status_matchers.h"

namespace cert {
namespace {

using ::base::testing::IsOk;
using ::base::testing::StatusIs;
using ::observation::Observation;
using ::observation::Outcome;
using ::observation::RecordType;
using ::observation::ServerRole;
using ::observation::Vote;
using ::testing::ElementsAre;
using ::testing::Optional;

const AgreementPolicy kPolicy{.perspectives = {{.name = "ams", .region = ""}}};

RequiredRecord TokenRecord(const std::string& host, const std::string& value) {
  return {.purpose = RecordPurpose::kAcmeToken,
          .type = "TXT",
          .name = "_acme-challenge." + host,
          .value = value};
}

// Of a nameserver that shows `values` where `expected` are looked for.
Answer AnswerAt(const std::string& name, RecordType type, std::vector<std::string> expected,
                std::vector<std::string> values) {
  const bool match = values == expected;
  Observation seen;
  seen.role = ServerRole::kAuthoritative;
  seen.server = "ns1.test";
  seen.zone = "test";
  seen.outcome = match ? Outcome::kMatch : Outcome::kMismatch;
  seen.vote = match ? Vote::kAgree : Vote::kDisagree;
  seen.values = std::move(values);
  return {.question = {.name = name, .type = type, .expected_values = std::move(expected)},
          .views = {{.perspective = "ams", .worker = "w1", .observations = {seen}, .failure = ""}}};
}

// With one token each, of the orders of these ids.
DomainDetails Waiting(const std::string& host, const std::vector<std::string>& orders) {
  DomainDetails details{.domain = {.hostname = host}};
  for (const std::string& order : orders) {
    details.tokens.push_back({.record = TokenRecord(host, order + host), .order = OrderId(order)});
  }
  return details;
}

TEST(DecisionOnTest, IsThatOnTheQuestionForTheRecord) {
  const Evidence evidence = {
      AnswerAt("_padlock.a.test", RecordType::kTxt, {"claim"}, {"claim"}),
      AnswerAt("_acme-challenge.a.test", RecordType::kTxt, {"canary"}, {"canary"}),
      AnswerAt("_acme-challenge.a.test", RecordType::kCname, {"target"}, {"elsewhere"})};
  const RequiredRecord claim{
      .purpose = RecordPurpose::kClaim, .type = "TXT", .name = "_padlock.a.test"};
  const RequiredRecord cname{
      .purpose = RecordPurpose::kDelegation, .type = "CNAME", .name = "_acme-challenge.a.test"};
  EXPECT_THAT(DecisionOn(claim, evidence, kPolicy), Optional(Decision::kAgreed));
  EXPECT_THAT(DecisionOn(cname, evidence, kPolicy), Optional(Decision::kDisagreed));
  EXPECT_EQ(DecisionOn(cname, {evidence.front()}, kPolicy), std::nullopt);
}

TEST(DecisionOnTest, OfSeveralTokensAtOneNameEachHasItsOwn) {
  const Evidence evidence = {
      AnswerAt("_acme-challenge.a.test", RecordType::kTxt, {"one", "two"}, {"two"})};
  EXPECT_THAT(DecisionOn(TokenRecord("a.test", "one"), evidence, kPolicy),
              Optional(Decision::kDisagreed));
  EXPECT_THAT(DecisionOn(TokenRecord("a.test", "two"), evidence, kPolicy),
              Optional(Decision::kAgreed));
}

// However many domains a page shows of a certificate of a hundred names.
TEST(DecideOnTokensTest, ReadsTheEvidenceOfEachOrderOnce) {
  std::vector<DomainDetails> all = {Waiting("a.test", {"ord_1"}),
                                    Waiting("b.test", {"ord_2", "ord_1"}), Waiting("c.test", {})};
  std::vector<std::string> read;
  const auto latest_of = [&](const OrderId& order) {
    read.push_back(order.text());
    EvidenceRecord evidence;
    for (const std::string host : {"a.test", "b.test"}) {
      const std::string value = order.text() + host;
      evidence.answers.push_back(AnswerAt("_acme-challenge." + host, RecordType::kTxt, {value},
                                          {order.text() == "ord_1" ? value : "old"}));
    }
    return absl::StatusOr<std::optional<EvidenceRecord>>(std::move(evidence));
  };
  EXPECT_THAT(DecideOnTokens(kPolicy, latest_of, all), IsOk());
  EXPECT_THAT(read, ElementsAre("ord_1", "ord_2"));
  EXPECT_EQ(all[0].tokens[0].decision, Decision::kAgreed);
  EXPECT_EQ(all[1].tokens[0].decision, Decision::kDisagreed);
  EXPECT_EQ(all[1].tokens[1].decision, Decision::kAgreed);
}

TEST(DecideOnTokensTest, LeavesOpenWhatWasNotCheckedYet) {
  std::vector<DomainDetails> all = {Waiting("a.test", {"ord_1"})};
  const auto none = [](const OrderId&) {
    return absl::StatusOr<std::optional<EvidenceRecord>>(std::nullopt);
  };
  EXPECT_THAT(DecideOnTokens(kPolicy, none, all), IsOk());
  EXPECT_EQ(all[0].tokens[0].decision, std::nullopt);
}

TEST(DecideOnTokensTest, EndsWithTheErrorOfAReading) {
  std::vector<DomainDetails> all = {Waiting("a.test", {"ord_1"})};
  const auto gone = [](const OrderId&) {
    return absl::StatusOr<std::optional<EvidenceRecord>>(absl::UnavailableError("gone"));
  };
  EXPECT_THAT(DecideOnTokens(kPolicy, gone, all), StatusIs(absl::StatusCode::kUnavailable));
}

}  // namespace
}  // namespace cert
