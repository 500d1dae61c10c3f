#include "cert/acme/problem.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cert {
namespace {

TEST(ParseProblemTest, ReadsTypeDetailAndTheNamesThatAreMeant) {
  const AcmeProblem problem = ParseProblem(R"({
      "type": "urn:ietf:params:acme:error:rejectedIdentifier", "detail": "no", "status": 499,
      "subproblems": [{"type": "x"},
                      {"identifier": {"type": "dns", "value": "b.test"}},
                      {"type": "y", "detail": "why\u0000",
                       "identifier": {"type": "dns", "value": "c.test"}}]})",
                                           403, absl::Seconds(7));
  EXPECT_EQ(problem.type, AcmeErrorType("rejectedIdentifier"));
  EXPECT_EQ(problem.detail, "no");
  EXPECT_EQ(problem.http_status, 403);
  EXPECT_EQ(problem.retry_after, absl::Seconds(7));
  EXPECT_EQ(problem.identifier, "b.test");
  EXPECT_THAT(
      problem.subproblems,
      testing::ElementsAre(AcmeSubproblem{.type = "", .detail = "", .identifier = "b.test"},
                           AcmeSubproblem{.type = "y", .detail = "why", .identifier = "c.test"}));
}

TEST(ParseProblemTest, MakesAProblemOfAnyOtherBody) {
  for (const std::string& body : {std::string(), std::string("<html>"), std::string("[]"),
                                  std::string("{"), std::string("\xff")}) {
    const AcmeProblem problem = ParseProblem(body, 502, std::nullopt);
    EXPECT_EQ(problem.type, "about:blank");
    EXPECT_EQ(problem.detail, "HTTP 502 without a problem document");
    EXPECT_EQ(problem.http_status, 502);
  }
}

TEST(ParseProblemTest, SurvivesMembersOfOtherTypes) {
  const AcmeProblem problem =
      ParseProblem(R"({"type": 1, "detail": [], "status": "x", "subproblems": {}})", 400, {});
  EXPECT_EQ(problem.type, "about:blank");
  EXPECT_EQ(problem.detail, "");
}

TEST(ParseProblemTest, BoundsAndCleansTheDetail) {
  const std::string body =
      R"({"detail": "a\u0000\u001b[31m\nb\u009f)" + std::string(2000, 'x') + R"("})";
  const AcmeProblem problem = ParseProblem(body, 400, std::nullopt);
  EXPECT_THAT(problem.detail, testing::StartsWith("a[31mbx"));
  EXPECT_EQ(problem.detail.size(), 512U);
}

TEST(SanitiseTest, KeepsCharactersWhole) {
  EXPECT_EQ(Sanitise("aé", 2), "a");
  EXPECT_EQ(Sanitise("aé", 3), "aé");
  EXPECT_EQ(Sanitise("日本", 5), "日");
}

TEST(SanitiseTest, DropsWhatIsNotUtf8) {
  // A lone continuation, an overlong slash, a surrogate, beyond U+10FFFF, a cut character.
  EXPECT_EQ(Sanitise("a\x80z", 9), "az");
  EXPECT_EQ(Sanitise("a\xc0\xafz", 9), "az");
  EXPECT_EQ(Sanitise("a\xed\xa0\x80z", 9), "az");
  EXPECT_EQ(Sanitise("a\xf4\x90\x80\x80z", 9), "az");
  EXPECT_EQ(Sanitise("a\xe6\x97", 9), "a");
}

}  // namespace
}  // namespace cert
