// Agreement and diagnosis over random evidence: whatever the servers say, a nameserver's 'no' is
// never outvoted, and there is a finding exactly when there is no agreement.

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

#include "absl/strings/str_format.h"
#include "cert/core/diagnosis.h"
#include "cert/core/testing/evidence_builder.h"

namespace cert {
namespace {

using namespace ::cert::testing;  // NOLINT(google-build-using-namespace): the tests' vocabulary
using ::observation::Observation;
using ::observation::Outcome;
using ::observation::ServerRole;
using ::observation::Vote;

constexpr int kCases = 10'000;

class RandomEvidence {
 public:
  explicit RandomEvidence(std::uint32_t seed) : engine_(seed) {}

  AgreementPolicy Policy() {
    const std::vector<std::string> regions{"RIPE", "ARIN", ""};
    AgreementPolicy policy = PolicyOf(
        Below(4) + 1, {regions[Index(3)], regions[Index(3)], regions[Index(3)], regions[Index(3)]});
    policy.recursive_quorum = Below(4);
    policy.min_perspectives = Below(3);
    return policy;
  }

  // Mostly agreement, so that the decision hangs on the few that do not.
  Evidence Draw(const AgreementPolicy& policy) {
    static const std::vector<Question> questions{ClaimQuestion(), CnameQuestion(), CanaryQuestion(),
                                                 TokensQuestion()};
    Evidence evidence;
    for (int i = Below(4); i > 0; --i) {
      Answer answer{.question = questions[Index(questions.size())], .views = {}};
      for (const PerspectivePolicy& perspective : policy.perspectives) {
        if (Below(30) > 0) answer.views.push_back(DrawView(perspective.name));
      }
      evidence.push_back(std::move(answer));
    }
    return evidence;
  }

 private:
  int Below(int limit) { return static_cast<int>(engine_() % static_cast<std::uint32_t>(limit)); }
  std::size_t Index(std::size_t size) { return engine_() % size; }

  Outcome DrawOutcome() {
    if (Below(12) > 0) return Outcome::kMatch;
    return static_cast<Outcome>(Below(static_cast<int>(Outcome::kNotAsked)) + 1);
  }

  Observation DrawObservation() {
    static const std::vector<std::string> values{kTarget, "other", std::string(512, 'v')};
    const std::string server = "ns" + std::to_string(Below(3));
    const std::string& value = values[Index(values.size())];
    const Outcome outcome = DrawOutcome();
    switch (Below(5)) {
      case 0:
        return OurNameserver(outcome);
      case 1:
        return Behind({"parked.other.test"}, "other.test", outcome);
      case 2:
        return Resolver(server, outcome, absl::Seconds(Below(600)));
      default:
        return Nameserver(server, outcome, {value});
    }
  }

  View DrawView(const std::string& perspective) {
    if (Below(40) == 0) return FailedView(perspective, Below(2) == 0 ? "" : "w", "failed");
    View view = Seen(perspective, {});
    for (int i = Below(7); i > 0; --i) view.observations.push_back(DrawObservation());
    return view;
  }

  std::mt19937 engine_;  // not std::uniform_int_distribution: its results differ by library
};

bool SomeNameserverDisagrees(const Evidence& evidence) {
  return std::ranges::any_of(evidence, [](const Answer& answer) {
    return std::ranges::any_of(answer.views, [](const View& view) {
      return std::ranges::any_of(view.observations, [](const Observation& seen) {
        return seen.role == ServerRole::kAuthoritative && seen.vote == Vote::kDisagree;
      });
    });
  });
}

std::string Trace(std::uint32_t seed) { return absl::StrFormat("seed %d", seed); }

TEST(AgreementPropertyTest, NeverAgreesWhileANameserverDisagrees) {
  int agreed = 0;
  for (std::uint32_t seed = 0; seed < kCases; ++seed) {
    RandomEvidence random(seed);
    const AgreementPolicy policy = random.Policy();
    const Evidence evidence = random.Draw(policy);
    const bool yes = JudgeAll(evidence, policy) == Decision::kAgreed;
    ASSERT_FALSE(yes && SomeNameserverDisagrees(evidence)) << Trace(seed);
    agreed += yes ? 1 : 0;
  }
  EXPECT_GT(agreed, kCases / 50) << "the cases are too wild to show anything";
}

TEST(DiagnosisPropertyTest, FindsSomethingExactlyWhereThereIsNoAgreement) {
  for (std::uint32_t seed = 0; seed < kCases; ++seed) {
    RandomEvidence random(seed);
    const AgreementPolicy policy = random.Policy();
    const Evidence evidence = random.Draw(policy);
    const std::optional<Finding> finding = Diagnose(evidence, policy, Context());
    ASSERT_EQ(finding.has_value(), JudgeAll(evidence, policy) != Decision::kAgreed) << Trace(seed);
    if (!finding) continue;
    ASSERT_TRUE(finding->sentence.ends_with(".")) << Trace(seed);
    ASSERT_LE(finding->sentence.size(), 900U) << Trace(seed) << finding->sentence;
  }
}

}  // namespace
}  // namespace cert
