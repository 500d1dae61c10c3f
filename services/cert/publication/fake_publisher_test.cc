#include "cert/publication/testing/fake_publisher.h"

#include <gmock/gmock.h>

#include "cert/publication/testing/publisher_contract.h"

namespace cert {
namespace {

class FakeWorld final : public PublisherWorld {
 public:
  Publisher& publisher() override { return publisher_; }
  std::string zone() override { return "dcv.test"; }
  std::set<std::string> ValuesAt(const std::string& name) override {
    return publisher_.ValuesAt(name);
  }

 private:
  FakePublisher publisher_{"dcv.test"};
};

INSTANTIATE_TEST_SUITE_P(Fake, PublisherContractTest,
                         ::testing::Values([] { return std::make_unique<FakeWorld>(); }));

class FakePublisherTest : public ::testing::Test {
 protected:
  const std::vector<TxtRecord> records_{{"a.dcv.test", "v"}};
  const base::Deadline deadline_ = base::Deadline::After(absl::Minutes(1));
  FakePublisher publisher_{"dcv.test"};
};

TEST_F(FakePublisherTest, AScriptedFailureHappensOnceAndChangesNothing) {
  publisher_.FailNext({.status = absl::UnavailableError("down")});
  EXPECT_TRUE(absl::IsUnavailable(publisher_.Publish(records_, deadline_)));
  EXPECT_TRUE(publisher_.ValuesAt("a.dcv.test").empty());
  EXPECT_TRUE(publisher_.Publish(records_, deadline_).ok());
}

TEST_F(FakePublisherTest, ALostReplyFailsAlthoughTheChangeIsMade) {
  publisher_.FailNext({.status = absl::DeadlineExceededError("late"), .change_is_made = true});
  EXPECT_TRUE(absl::IsDeadlineExceeded(publisher_.Publish(records_, deadline_)));
  EXPECT_EQ(publisher_.ValuesAt("a.dcv.test").size(), 1U);
}

}  // namespace
}  // namespace cert
