// kill -9 of padlock-cert at the points of an order where something is done outside that cannot be
// undone. Whoever takes the order up goes on with the same ACME order, and the CA counts:
//
//   newOrder accepted <= orders intended + replies lost      orders finalized = orders intended

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/testing/status_matchers.h"
#include "e2e/fetched.h"
#include "e2e/fixture.h"
#include "e2e/halt.h"

namespace e2e {
namespace {

using ::base::testing::IsOk;
using ::lab::AcmeCall;
using ::lab::AcmeExchange;
using ::lab::Moment;
using ::testing::EndsWith;

struct KillCase {
  const char* name;
  const char* zone;
  HaltPoint point;
};

void PrintTo(const KillCase& kill, std::ostream* out) { *out << kill.name; }

class KillTest : public LabTest, public ::testing::WithParamInterface<KillCase> {
 protected:
  // What the dead process held is taken up again when its lease ends.
  static void SetUpTestSuite() {
    lab::Lab::Options options = QuickCa();
    options.cert_config = "lease_duration { seconds: 5 }\n";
    StartLab(std::move(options));
  }

  void SetUp() override {
    LabTest::SetUp();
    history_before_ = lab().acme().History().size();
  }

  // What the CA has accepted of this kind since the test began.
  std::vector<AcmeExchange> Accepted(AcmeCall call) const {
    std::vector<AcmeExchange> exchanges = lab().acme().History();
    exchanges.erase(exchanges.begin(),
                    exchanges.begin() + static_cast<std::ptrdiff_t>(history_before_));
    std::erase_if(exchanges, [call](const AcmeExchange& exchange) {
      return exchange.call != call || exchange.status < 200 || exchange.status >= 300;
    });
    return exchanges;
  }

  void KillAt(HaltPoint point, const std::string& zone, pb::Domain& domain) {
    Halt halt(lab().acme(), point);
    const auto added = acme().AddWithRecords(zone, /*wildcard=*/true);
    ASSERT_THAT(added, IsOk());
    domain = *added;
    ASSERT_THAT(halt.Await(), IsOk());
    lab().KillCerts();
    halt.LetGo();
    ASSERT_THAT(lab().ResumeCerts(), IsOk());
    ASSERT_THAT(acme().Reconnect(), IsOk());
  }

 private:
  std::size_t history_before_ = 0;
};

TEST_P(KillTest, GoesOnWithTheSameOrder) {
  pb::Domain domain;
  ASSERT_NO_FATAL_FAILURE(KillAt(GetParam().point, GetParam().zone, domain));
  ASSERT_THAT(acme().Await(domain, pb::Event::TYPE_RECORDS_WITHDRAWN), IsOk());

  EXPECT_EQ(Select("count(*)", "orders", domain), "1");
  EXPECT_EQ(Select("count(*)", "issuances", domain), "1");
  const std::string url = Select("order_url", "orders", domain);
  const std::string id = url.substr(url.rfind('/'));
  const std::vector<AcmeExchange> created = Accepted(AcmeCall::kNewOrder);
  ASSERT_EQ(created.size(), 1U);
  EXPECT_EQ(created.front().location, url);
  const std::vector<AcmeExchange> finalized = Accepted(AcmeCall::kFinalize);
  ASSERT_EQ(finalized.size(), 1U);
  EXPECT_THAT(finalized.front().path, EndsWith(id));
  EXPECT_EQ(Accepted(AcmeCall::kAnswer).size(), 2U);  // one for the host, one for its wildcard

  const absl::StatusOr<Fetched> fetched = Fetch(acme(), GetParam().zone);
  ASSERT_THAT(fetched, IsOk());
  EXPECT_EQ(fetched->certificate_public_key, fetched->private_key_public_key);
}

INSTANTIATE_TEST_SUITE_P(
    Points, KillTest,
    ::testing::Values(KillCase{"NewOrderNotYetDelivered",
                               "shop.test",
                               {.call = AcmeCall::kNewOrder, .moment = Moment::kBeforeDelivery}},
                      KillCase{"NewOrderDeliveredReplyLost",
                               "bakery.test",
                               {.call = AcmeCall::kNewOrder, .moment = Moment::kBeforeReply}},
                      KillCase{
                          "OrderUrlStored",
                          "garden.test",
                          {.call = AcmeCall::kAuthorization, .moment = Moment::kBeforeDelivery}},
                      KillCase{"FirstChallengeAnswered",
                               "museum.test",
                               {.call = AcmeCall::kAnswer, .moment = Moment::kBeforeReply}},
                      KillCase{"FinalizeDelivered",
                               "library.test",
                               {.call = AcmeCall::kFinalize, .moment = Moment::kBeforeReply}},
                      KillCase{"CertificateDownloaded",
                               "cinema.test",
                               {.call = AcmeCall::kCertificate, .moment = Moment::kBeforeReply}}),
    [](const ::testing::TestParamInfo<KillCase>& kill) { return std::string(kill.param.name); });

}  // namespace
}  // namespace e2e
