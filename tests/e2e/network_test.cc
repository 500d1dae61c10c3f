// A network that delivers nothing and closes nothing, between workers and padlock-cert.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/status_matchers.h"
#include "e2e/fixture.h"

namespace e2e {
namespace {

using ::base::testing::IsOk;

class NetworkTest : public LabTest {
 protected:
  static void SetUpTestSuite() {
    lab::Lab::Options options = QuickCa();
    options.relays = true;
    options.cert_config = "lease_duration { seconds: 5 }\n";
    StartLab(std::move(options));
  }
};

TEST_F(NetworkTest, AReplicaThatReachesNoWorkerDoesNotHoldOthersUp) {
  lab().relays().coordinator(0).Cut();
  const auto domain = acme().AddWithRecords("shop.test");
  ASSERT_THAT(domain, IsOk());
  EXPECT_THAT(acme().Await(*domain, pb::Event::TYPE_CERTIFICATE_ISSUED), IsOk());
  lab().relays().coordinator(0).Mend();
}

TEST_F(NetworkTest, WorkersComeBackAfterAnOutageOfAllStreams) {
  const auto domain = acme().api().CreateDomain({.hostname = "bakery.test"});
  ASSERT_THAT(domain, IsOk());
  ASSERT_THAT(acme().AwaitFinding(*domain, pb::Finding::CODE_RECORD_MISSING), IsOk());
  lab().relays().coordinator(0).Cut();
  lab().relays().coordinator(1).Cut();
  ASSERT_THAT(acme().CreateRecords(*domain), IsOk());
  ASSERT_THAT(acme().api().RecheckDomain(domain->name()), IsOk());
  EXPECT_THAT(acme().AwaitFinding(*domain, pb::Finding::CODE_NO_WORKERS), IsOk());
  lab().relays().coordinator(0).Mend();
  lab().relays().coordinator(1).Mend();
  EXPECT_THAT(acme().Await(*domain, pb::Event::TYPE_CERTIFICATE_ISSUED), IsOk());
}

}  // namespace
}  // namespace e2e
