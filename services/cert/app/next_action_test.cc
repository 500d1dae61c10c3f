#include "cert/app/next_action.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cert {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

Domain PendingSince(absl::Duration age) {
  Domain domain;
  domain.progress = {
      .state = DomainState::kPending, .tries = 7, .start_time = kNow - age, .due_time = kNow};
  domain.check_time = kNow - absl::Seconds(5);
  return domain;
}

TEST(NextActionOfDomainTest, SaysThatTheFirstLookIsStillToCome) {
  Domain domain = PendingSince(absl::ZeroDuration());
  domain.check_time.reset();
  EXPECT_THAT(NextActionOf(domain).reason, HasSubstr("for the first time"));
}

TEST(NextActionOfDomainTest, ForgetsLooksBeforeARecheck) {
  EXPECT_THAT(NextActionOf(PendingSince(absl::ZeroDuration())).reason,
              HasSubstr("for the first time"));
}

TEST(NextActionOfDomainTest, ChangesItsReasonWithTheAge) {
  EXPECT_THAT(NextActionOf(PendingSince(absl::Minutes(5))).reason, HasSubstr("ten minutes"));
  EXPECT_THAT(NextActionOf(PendingSince(absl::Hours(5))).reason, HasSubstr("try 7"));
  EXPECT_THAT(NextActionOf(PendingSince(absl::Hours(72))).reason, HasSubstr("pauses"));
  EXPECT_THAT(NextActionOf(PendingSince(absl::Hours(80))).reason,
              AllOf(HasSubstr("three days"), HasSubstr("ask for a recheck"),
                    HasSubstr("after 75, about 2027-01-19 00:00:00 UTC")));
}

TEST(NextActionOfDomainTest, NamesTheCachesThatItWaitsFor) {
  Domain domain = PendingSince(absl::Minutes(5));
  domain.finding = Finding{.code = FindingCode::kResolversBehind};
  EXPECT_THAT(NextActionOf(domain).reason, HasSubstr("Public resolvers"));
}

TEST(NextActionOfDomainTest, HasATimeExactlyWhereItIsDue) {
  for (const DomainState state : {DomainState::kPending, DomainState::kActive, DomainState::kFailed,
                                  DomainState::kDeleting, DomainState::kDeleted}) {
    Domain domain = PendingSince(absl::Minutes(5));
    domain.progress.state = state;
    const NextAction action = NextActionOf(domain);
    EXPECT_EQ(action.time.has_value(), !IsTerminal(state)) << StateName(state);
    EXPECT_FALSE(action.reason.empty()) << StateName(state);
  }
}

TEST(NextActionOfDomainTest, TellsNoEndThatIsOver) {
  const std::string reason = NextActionOf(PendingSince(absl::Hours(200))).reason;
  EXPECT_THAT(reason, AllOf(HasSubstr("could not tell"), Not(HasSubstr("ends"))));
}

TEST(NextActionOfDomainTest, TellsWhyItEnded) {
  Domain domain = PendingSince(absl::Hours(200));
  domain.progress.state = DomainState::kFailed;
  domain.finding = Finding{.code = FindingCode::kGaveUp};
  EXPECT_THAT(NextActionOf(domain).reason, HasSubstr("schedule is used up"));
  domain.finding = Finding{.code = FindingCode::kClaimHeld};
  EXPECT_THAT(NextActionOf(domain).reason, HasSubstr("Another tenant has proved"));
}

TEST(NextActionOfCertificateTest, TellsALookAtTheWindowFromTheRenewal) {
  Certificate certificate;
  certificate.issuance = IssuanceId("i1");
  certificate.renew_time = kNow + absl::Hours(240);
  certificate.progress = {.state = CertificateState::kActive, .due_time = kNow};
  EXPECT_THAT(NextActionOf(certificate, std::nullopt).reason,
              AllOf(HasSubstr("which begins 2027-01-25 08:00:00 UTC"), HasSubstr("moved")));
  certificate.progress.due_time = *certificate.renew_time;
  EXPECT_EQ(NextActionOf(certificate, std::nullopt).reason, "Renewal begins.");
}

TEST(NextActionOfCertificateTest, IsThatOfItsLiveOrder) {
  const Certificate certificate{
      .progress = {.state = CertificateState::kOrdering, .due_time = kNow + absl::Hours(1)}};
  const Order order{.progress = {.state = OrderState::kPropagating, .due_time = kNow}};
  const NextAction action = NextActionOf(certificate, order);
  EXPECT_EQ(action.time, kNow);
  EXPECT_THAT(action.reason, HasSubstr("looked at"));
}

// Ownership and validation have clocks of their own: that of validation runs over all orders.
TEST(NextActionOfCertificateTest, TellsAfterThreeDaysWhatToDoAndWhenItEnds) {
  Certificate certificate{.progress = {.state = CertificateState::kOrdering,
                                       .start_time = kNow - absl::Hours(73),
                                       .due_time = kNow}};
  const Order order{.progress = {.state = OrderState::kPropagating, .tries = 9, .due_time = kNow},
                    .finding = Finding{.code = FindingCode::kRecordMissing}};
  EXPECT_THAT(NextActionOf(certificate, order).reason,
              AllOf(HasSubstr("this was try 9"), HasSubstr("ask for a recheck"),
                    HasSubstr("after 2027-01-26 19:00:00 UTC")));
  certificate.progress.start_time = kNow - absl::Hours(72);
  EXPECT_THAT(NextActionOf(certificate, order).reason, Not(HasSubstr("recheck")));
  certificate.progress.start_time = kNow - absl::Hours(24 * 30);
  certificate.issuance = IssuanceId("iss_1");
  EXPECT_THAT(NextActionOf(certificate, order).reason, Not(HasSubstr("ends")));
}

TEST(NextActionOfCertificateTest, CountsTheOrdersThatFailed) {
  const Certificate certificate{
      .progress = {.state = CertificateState::kRenewing, .due_time = kNow}, .failed_orders = 3};
  EXPECT_THAT(NextActionOf(certificate, std::nullopt).reason, HasSubstr("last 3 failed"));
}

TEST(NextActionOfCertificateTest, HasNoTimeOnceItFailed) {
  const Certificate certificate{.progress = {.state = CertificateState::kFailed}};
  EXPECT_EQ(NextActionOf(certificate, std::nullopt).time, std::nullopt);
}

TEST(NextActionOfCertificateTest, IsTheNextLookAtADomainThatItWaitsFor) {
  const Certificate certificate{
      .progress = {.state = CertificateState::kAwaitingDomain, .due_time = kNow + absl::Hours(1)}};
  EXPECT_EQ(NextActionOf(certificate, std::nullopt, kNow).time, kNow);
  EXPECT_EQ(NextActionOf(certificate, std::nullopt).time, kNow + absl::Hours(1));
}

TEST(FirstLookAtTest, IsThatOfTheFirstDomainThatIsNotProved) {
  const auto looked_at = [](DomainState state, absl::Duration in) {
    return Domain{.progress = {.state = state, .due_time = kNow + in}};
  };
  const std::map<DomainId, Domain> domains{
      {DomainId("proved"), looked_at(DomainState::kActive, absl::Seconds(1))},
      {DomainId("failed"), looked_at(DomainState::kFailed, absl::InfiniteDuration())},
      {DomainId("later"), looked_at(DomainState::kPending, absl::Minutes(2))},
      {DomainId("soon"), looked_at(DomainState::kPending, absl::Minutes(1))},
      {DomainId("foreign"), looked_at(DomainState::kPending, absl::ZeroDuration())}};
  EXPECT_EQ(FirstLookAt({DomainId("proved"), DomainId("failed"), DomainId("later"),
                         DomainId("soon"), DomainId("gone")},
                        domains),
            kNow + absl::Minutes(1));
  EXPECT_EQ(FirstLookAt({DomainId("proved"), DomainId("failed")}, domains), std::nullopt);
}

}  // namespace
}  // namespace cert
