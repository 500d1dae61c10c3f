// The verdict over a host's http-01 resource: web servers at its addresses, and nameservers that do
// not say of those what others do.

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "cert/core/agreement.h"
#include "cert/core/testing/evidence_builder.h"

namespace cert {
namespace {

using namespace ::cert::testing;  // NOLINT(google-build-using-namespace): the tests' vocabulary
using ::observation::Observation;
using ::observation::Outcome;

using Seeing = std::vector<Observation>;

Observation WebServer(const std::string& address, Outcome outcome) {
  Observation seen = Nameserver(kClaimName, outcome);
  seen.address = address;
  return seen;
}
const Observation kPage1 = WebServer("192.0.2.1", Outcome::kMatch);
const Observation kPage2 = WebServer("192.0.2.2", Outcome::kMatch);

// One perspective: these, and two resolvers that say `outcome`.
Seeing With(Seeing seen, Outcome outcome = Outcome::kMatch) {
  for (const char* name : {"r1", "r2"}) seen.push_back(Resolver(name, outcome));
  return seen;
}
const Seeing kBothPages = With({kPage1, kPage2});
// The host's nameservers are listed where they do not say of its addresses what others do.
Seeing WithNameserver(Outcome outcome) {
  return With({kPage1, kPage2, Nameserver("ns2", outcome)});
}

Answer OfWeb(const std::vector<Seeing>& seen) {
  Answer answer{.question = ClaimQuestion()};
  answer.question.type = observation::RecordType::kHttp;
  for (const Seeing& each : seen) {
    answer.views.push_back(Seen("p" + std::to_string(answer.views.size()), each));
  }
  return answer;
}
AgreementPolicy NeedingValidation() {
  AgreementPolicy policy = PolicyOf(1);
  policy.needs_validation = true;
  return policy;
}
Decision DecisionOf(const std::vector<Seeing>& seen) {
  return Judge(OfWeb(seen), PolicyOf(static_cast<int>(seen.size()))).decision;
}

TEST(HttpAgreementTest, NeedsResolversThatShowTheAddresses) {
  EXPECT_EQ(DecisionOf({kBothPages}), Decision::kAgreed);
  EXPECT_EQ(DecisionOf({With({kPage1}, Outcome::kNoData)}), Decision::kDisagreed);
  EXPECT_EQ(DecisionOf({With({kPage1}, Outcome::kTimeout)}), Decision::kCouldNotTell);
}

TEST(HttpAgreementTest, TakesTheWordOfAWorkerOfBeforeThatAskedNone) {
  EXPECT_EQ(Judge(OfWeb({{kPage1, kPage2}}), NeedingValidation()).decision, Decision::kAgreed);
  EXPECT_EQ(Judge(OfWeb({{kPage1, WebServer("192.0.2.2", Outcome::kNoData)}}), NeedingValidation())
                .decision,
            Decision::kDisagreed);
}

TEST(HttpAgreementTest, IsNotValidatedByAResolverThatDoesNot) {
  Seeing seen = kBothPages;
  for (Observation& each : seen) {
    if (each.role == observation::ServerRole::kRecursive) each.validating = false;
  }
  EXPECT_TRUE(Judge(OfWeb({seen}), NeedingValidation()).unvalidated);
}

TEST(HttpAgreementTest, ANameserverWithoutTheAddressesDisagrees) {
  for (const Outcome outcome : {Outcome::kNoData, Outcome::kNoSuchName, Outcome::kCnameInTheWay}) {
    EXPECT_EQ(DecisionOf({WithNameserver(outcome)}), Decision::kDisagreed);
    EXPECT_EQ(DecisionOf({kBothPages, WithNameserver(outcome)}), Decision::kDisagreed);
  }
}

TEST(HttpAgreementTest, ANameserverThatAnswersWithoutTellingIsNotExcused) {
  for (const Outcome outcome :
       {Outcome::kServfail, Outcome::kRefused, Outcome::kLame, Outcome::kNotAsked}) {
    EXPECT_EQ(DecisionOf({WithNameserver(outcome)}), Decision::kCouldNotTell);
  }
}

TEST(HttpAgreementTest, ANameserverIsExcusedThatNoPerspectiveCouldReach) {
  const Seeing silent = WithNameserver(Outcome::kTimeout);
  EXPECT_EQ(DecisionOf({silent}), Decision::kAgreed);
  EXPECT_EQ(DecisionOf({silent, WithNameserver(Outcome::kUnreachable)}), Decision::kAgreed);
  Answer answer = OfWeb({silent, {}});
  answer.views[1] = FailedView("p1", "", "no worker");
  EXPECT_EQ(Judge(answer, PolicyOf(2)).perspectives[0].decision, Decision::kAgreed);
}

TEST(HttpAgreementTest, ANameserverIsNotExcusedThatAnotherPerspectiveHeard) {
  EXPECT_EQ(DecisionOf({WithNameserver(Outcome::kTimeout), kBothPages}), Decision::kCouldNotTell);
  EXPECT_EQ(DecisionOf({kBothPages, WithNameserver(Outcome::kTimeout)}), Decision::kCouldNotTell);
}

TEST(HttpAgreementTest, NoNameserverVouchesForAWebServer) {
  const Observation dead = WebServer("192.0.2.1", Outcome::kTimeout);
  const Observation silent = Nameserver("ns2", Outcome::kTimeout);
  EXPECT_EQ(DecisionOf({With({dead, silent})}), Decision::kCouldNotTell);
  // Nor is it one because it has the same address.
  Observation same = silent;
  same.address = kPage1.address;
  EXPECT_EQ(DecisionOf({With({kPage1, kPage2, same})}), Decision::kAgreed);
}

}  // namespace
}  // namespace cert
