#include "cert/publication/metered_publisher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/status_matchers.h"
#include "cert/publication/testing/fake_publisher.h"

namespace cert {
namespace {

using ::base::testing::IsOk;
using ::testing::HasSubstr;

TEST(MeteredPublisherTest, CountsChangesByWhatBecameOfThem) {
  base::Metrics metrics;
  auto* const zone = new FakePublisher("dcv.test");
  MeteredPublisher publisher(std::unique_ptr<Publisher>(zone), metrics);
  const std::vector<TxtRecord> records{{.name = "a.dcv.test", .value = "v"}};
  const base::Deadline soon = base::Deadline::After(absl::Seconds(1));
  const absl::Status refused = absl::PermissionDeniedError("NOTAUTH, BADKEY");

  zone->FailNext({.status = refused});
  EXPECT_EQ(publisher.Publish(records, soon), refused);
  EXPECT_THAT(publisher.Publish(records, soon), IsOk());
  EXPECT_THAT(publisher.Withdraw(records, soon), IsOk());
  const std::string page = metrics.Render();
  for (const char* series :
       {R"({operation="publish",result="PERMISSION_DENIED"} 1)",
        R"({operation="publish",result="OK"} 1)", R"({operation="withdraw",result="OK"} 1)"}) {
    EXPECT_THAT(page, HasSubstr(std::string("padlock_cert_publications_total") + series));
  }
}

}  // namespace
}  // namespace cert
