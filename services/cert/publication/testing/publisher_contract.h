// What every Publisher does, as tests: include this in one file of a test binary and instantiate
// PublisherContractTest with a maker of the publisher and its zone.

#pragma once

#include <gmock/gmock.h>

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/testing/status_matchers.h"
#include "cert/publication/publisher.h"

namespace cert {

// A publisher with its zone. Tests use names of their own in it.
class PublisherWorld {
 public:
  virtual ~PublisherWorld() = default;
  virtual Publisher& publisher() = 0;
  virtual std::string zone() = 0;
  // What the zone then serves.
  virtual std::set<std::string> ValuesAt(const std::string& name) = 0;
};

using MakePublisherWorld = std::function<std::unique_ptr<PublisherWorld>()>;

class PublisherContractTest : public ::testing::TestWithParam<MakePublisherWorld> {
 protected:
  using Values = std::set<std::string>;

  std::string Name(const std::string& label) {
    const int line = ::testing::UnitTest::GetInstance()->current_test_info()->line();
    return label + ".line" + std::to_string(line) + "." + world_->zone();
  }
  absl::Status Publish(const std::vector<TxtRecord>& records) {
    return world_->publisher().Publish(records, base::Deadline::After(absl::Minutes(1)));
  }
  absl::Status Withdraw(const std::vector<TxtRecord>& records) {
    return world_->publisher().Withdraw(records, base::Deadline::After(absl::Minutes(1)));
  }

  const std::unique_ptr<PublisherWorld> world_ = GetParam()();
};

TEST_P(PublisherContractTest, ValuesAtOneNameStandBesideEachOther) {
  EXPECT_THAT(Publish({{Name("a"), "one"}}), base::testing::IsOk());
  EXPECT_THAT(Publish({{Name("a"), "two"}, {Name("b"), "three"}}), base::testing::IsOk());
  EXPECT_EQ(world_->ValuesAt(Name("a")), (Values{"one", "two"}));
  EXPECT_EQ(world_->ValuesAt(Name("b")), Values{"three"});
}

TEST_P(PublisherContractTest, WithdrawalByValueLeavesTheOthers) {
  ASSERT_THAT(Publish({{Name("a"), "one"}, {Name("a"), "two"}}), base::testing::IsOk());
  EXPECT_THAT(Withdraw({{Name("a"), "one"}}), base::testing::IsOk());
  EXPECT_EQ(world_->ValuesAt(Name("a")), Values{"two"});
  EXPECT_THAT(Withdraw({{Name("a"), "two"}}), base::testing::IsOk());
  EXPECT_EQ(world_->ValuesAt(Name("a")), Values{});
}

TEST_P(PublisherContractTest, RepeatingIsHarmless) {
  for (int i = 0; i < 2; ++i) EXPECT_THAT(Publish({{Name("a"), "one"}}), base::testing::IsOk());
  EXPECT_EQ(world_->ValuesAt(Name("a")), Values{"one"});
  for (int i = 0; i < 2; ++i) EXPECT_THAT(Withdraw({{Name("a"), "one"}}), base::testing::IsOk());
  EXPECT_EQ(world_->ValuesAt(Name("a")), Values{});
}

TEST_P(PublisherContractTest, ValuesKeepTheirCaseAndNamesHaveNone) {
  ASSERT_THAT(Publish({{Name("MiXed"), "vAlUe-_\"\\ "}}), base::testing::IsOk());
  EXPECT_EQ(world_->ValuesAt(Name("mixed")), Values{"vAlUe-_\"\\ "});
}

TEST_P(PublisherContractTest, ManyRecordsGoInOneCall) {
  std::vector<TxtRecord> records;
  for (int i = 0; i < 150; ++i) {
    records.push_back({Name(std::to_string(i)), std::string(255, 'v')});
  }
  EXPECT_THAT(Publish(records), base::testing::IsOk());
  EXPECT_EQ(world_->ValuesAt(Name("149")), Values{std::string(255, 'v')});
  EXPECT_THAT(Withdraw(records), base::testing::IsOk());
  EXPECT_EQ(world_->ValuesAt(Name("149")), Values{});
}

TEST_P(PublisherContractTest, NothingIsDoneForNoRecords) {
  EXPECT_THAT(Publish({}), base::testing::IsOk());
  EXPECT_THAT(Withdraw({}), base::testing::IsOk());
}

TEST_P(PublisherContractTest, OneBadRecordStopsTheWholeCall) {
  for (const TxtRecord& bad :
       {TxtRecord{"a.elsewhere.test", "v"}, TxtRecord{world_->zone(), "v"},
        TxtRecord{Name("a.") + "x", "v"}, TxtRecord{Name("a."), "v"}, TxtRecord{"", "v"},
        TxtRecord{"x" + world_->zone(), "v"}, TxtRecord{Name("a"), std::string(256, 'v')}}) {
    EXPECT_THAT(Publish({{Name("good"), "v"}, bad}),
                base::testing::StatusIs(absl::StatusCode::kInvalidArgument))
        << bad.name;
  }
  EXPECT_EQ(world_->ValuesAt(Name("good")), Values{});
}

}  // namespace cert
