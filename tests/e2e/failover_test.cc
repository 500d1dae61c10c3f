// The primary dies for good and its synchronous standby is promoted: padlock-cert knows both by one
// connection string, and loses nothing that was acknowledged.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_format.h"
#include "base/testing/status_matchers.h"
#include "e2e/database_fixture.h"

namespace e2e {
namespace {

using ::base::testing::IsOk;

constexpr absl::Duration kQuick = absl::Seconds(3);

class FailoverTest : public DatabaseLabTest {
 protected:
  static void SetUpTestSuite() {
    lab::Lab::Options options = QuickCa();
    options.database_route = lab::DatabaseRoute::kStandby;
    StartLab(std::move(options));
  }

  static std::string OrderUrls() {
    return Query("SELECT string_agg(order_url, ' ') FROM padlock.orders");
  }
};

TEST_F(FailoverTest, TheSameOrderGoesOnAtThePromotedStandby) {
  pb::Domain domain;
  const std::unique_ptr<Halt> halt = HaltOrder("shop.test", domain);
  const std::string order = OrderUrls();
  const int unstored = LogLines("step not stored");
  Caller caller(lab());
  lab().postgres().Kill();
  EXPECT_THAT(caller.AwaitRefusal(), IsOk());
  halt->LetGo();
  EXPECT_THAT(AwaitLogLines("step not stored", unstored), IsOk());
  EXPECT_THAT(AwaitReadyz(503), IsOk());

  ASSERT_THAT(lab().standby().Promote(), IsOk());
  EXPECT_LT(TimeToAnswer(), kQuick);
  EXPECT_THAT(AwaitReadyz(200), IsOk());
  caller.Stop();
  caller.ExpectHonest();
  ExpectIssuedOnce(domain);
  EXPECT_NE(order, "");
  EXPECT_EQ(OrderUrls(), order);

  // And what begins afterwards.
  const absl::StatusOr<pb::Domain> next = acme().AddWithRecords("bakery.test");
  ASSERT_THAT(next, IsOk());
  EXPECT_THAT(acme().Await(*next, pb::Event::TYPE_CERTIFICATE_ISSUED), IsOk());
}

}  // namespace
}  // namespace e2e
