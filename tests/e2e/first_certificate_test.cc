// From 'the customer's records are there' to the certificate: how long it takes and where the time
// goes, what is issued, and what is left behind.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>

#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "base/clock.h"
#include "base/testing/status_matchers.h"
#include "e2e/fetched.h"
#include "e2e/fixture.h"
#include "lab/question.h"

namespace e2e {
namespace {

using ::base::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

constexpr absl::Duration kSeconds = absl::Seconds(30);  // what a customer is told it takes

class FirstCertificateTest : public LabTest {
 protected:
  static void SetUpTestSuite() { StartLab(QuickCa()); }

  // The values at the delegation target, at one of our nameservers.
  static std::vector<std::string> Published(const lab::Knot& server, const std::string& target) {
    const absl::StatusOr<std::string> answer = lab::Ask(server.address(), target, "TXT");
    EXPECT_THAT(answer, IsOk());
    return absl::StrSplit(answer.value_or(""), '\n', absl::SkipEmpty());
  }

  static int Accepted(lab::AcmeCall call) { return lab().acme().Accepted(call); }
};

absl::Time TimeOf(const pb::Event& event) {
  return absl::FromUnixSeconds(event.time().seconds()) + absl::Nanoseconds(event.time().nanos());
}

// The time from each event to the next.
void PrintTimes(absl::Time start, const std::vector<pb::Event>& events) {
  absl::Time last = start;
  for (const pb::Event& event : events) {
    if (TimeOf(event) < start) continue;
    std::cout << absl::StrFormat(
        "%8.3f s  +%6.3f s  %s\n", absl::ToDoubleSeconds(TimeOf(event) - start),
        absl::ToDoubleSeconds(TimeOf(event) - last), pb::Event::Type_Name(event.type()));
    last = TimeOf(event);
  }
}

TEST_F(FirstCertificateTest, IsThereSecondsAfterTheRecords) {
  const auto domain = acme().api().CreateDomain({.hostname = "shop.test", .wildcard = true});
  ASSERT_THAT(domain, IsOk());
  ASSERT_THAT(acme().CreateRecords(*domain), IsOk());
  const absl::Time start = base::SystemClock().TimeNow();
  const auto events = acme().Await(*domain, pb::Event::TYPE_RECORDS_WITHDRAWN);
  ASSERT_THAT(events, IsOk());
  PrintTimes(start, *events);
  const auto issued =
      std::ranges::find(*events, pb::Event::TYPE_CERTIFICATE_ISSUED, &pb::Event::type);
  ASSERT_NE(issued, events->end());
  EXPECT_LT(TimeOf(*issued) - start, kSeconds);
}

TEST_F(FirstCertificateTest, VerifiesForExactlyTheseNamesWithTheKeyThatIsFetched) {
  const auto domain = acme().AddWithRecords("bakery.test", /*wildcard=*/true);
  ASSERT_THAT(domain, IsOk());
  ASSERT_THAT(acme().Await(*domain, pb::Event::TYPE_CERTIFICATE_ISSUED), IsOk());
  const absl::StatusOr<Fetched> fetched = Fetch(acme(), "bakery.test");
  ASSERT_THAT(fetched, IsOk());
  EXPECT_THAT(fetched->names, UnorderedElementsAre("bakery.test", "*.bakery.test"));
  EXPECT_THAT(fetched->certificate_public_key, StartsWith("-----BEGIN PUBLIC KEY-----"));
  EXPECT_EQ(fetched->certificate_public_key, fetched->private_key_public_key);
}

TEST_F(FirstCertificateTest, CoversOneHostBelowTheZoneWithoutTheWildcard) {
  const auto domain = acme().AddWithRecords("www.garden.test");
  ASSERT_THAT(domain, IsOk());
  ASSERT_THAT(acme().Await(*domain, pb::Event::TYPE_CERTIFICATE_ISSUED), IsOk());
  const absl::StatusOr<Fetched> fetched = Fetch(acme(), "www.garden.test");
  ASSERT_THAT(fetched, IsOk());
  EXPECT_THAT(fetched->names, ElementsAre("www.garden.test"));
}

TEST_F(FirstCertificateTest, TakesOneOrderAndLeavesOnlyTheCanary) {
  const int orders = Accepted(lab::AcmeCall::kNewOrder);
  const int finalized = Accepted(lab::AcmeCall::kFinalize);
  const auto domain = acme().AddWithRecords("museum.test", /*wildcard=*/true);
  ASSERT_THAT(domain, IsOk());
  ASSERT_THAT(acme().Await(*domain, pb::Event::TYPE_RECORDS_WITHDRAWN), IsOk());
  EXPECT_EQ(Accepted(lab::AcmeCall::kNewOrder) - orders, 1);
  EXPECT_EQ(Accepted(lab::AcmeCall::kFinalize) - finalized, 1);
  const std::string target = WantedRecord(*domain, pb::RequiredRecord::PURPOSE_DELEGATION).value;
  for (const lab::Knot* server :
       {&lab().dns().delegation_primary(), &lab().dns().delegation_secondary()}) {
    EXPECT_THAT(Published(*server, target), ElementsAre(StartsWith("\"padlock-canary=")));
  }
}

}  // namespace
}  // namespace e2e
