#include "probe/core/report_limit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace probe {
namespace {

using observation::Observation;
using observation::Vote;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(LimitReportTest, LeavesWhatFitsAsItIs) {
  std::vector<Observation> report(kMaxObservations, {.vote = Vote::kAgree, .values = {"x"}});
  report.back().vote = Vote::kDisagree;
  const std::vector<Observation> before = report;
  LimitReport(report);
  EXPECT_EQ(report, before);
}

TEST(LimitReportTest, KeepsEveryNoOfTooManyObservations) {
  std::vector<Observation> report(5000, {.vote = Vote::kAgree});
  report[4000].vote = Vote::kCouldNotTell;
  report[4999].vote = Vote::kDisagree;
  LimitReport(report);
  ASSERT_THAT(report, SizeIs(kMaxObservations));
  EXPECT_EQ(report[0].vote, Vote::kDisagree);
  EXPECT_EQ(report[1].vote, Vote::kCouldNotTell);
  EXPECT_EQ(report[2].vote, Vote::kAgree);
}

TEST(LimitReportTest, DropsTextsButNoVoteWhenThereIsTooMuchToShow) {
  std::vector<Observation> report(
      kMaxObservations, {.vote = Vote::kDisagree,
                         .cname_chain = std::vector<std::string>(8, std::string(1020, 'c')),
                         .values = std::vector<std::string>(16, std::string(512, 'v'))});
  LimitReport(report);
  ASSERT_THAT(report, SizeIs(kMaxObservations));
  std::size_t bytes = 0;
  for (const Observation& each : report) {
    EXPECT_EQ(each.vote, Vote::kDisagree);
    bytes += each.values.size() * 512 + each.cname_chain.size() * 1020;
  }
  EXPECT_LE(bytes, kMaxReportBytes);
  EXPECT_THAT(report.front().values, SizeIs(16));
  EXPECT_THAT(report.back().values, IsEmpty());
  EXPECT_EQ(report.back().note, "there is more to show than a report may hold");
}

TEST(LimitReportTest, ShowsWhatDisagreesFirst) {
  std::vector<Observation> report(
      40, {.vote = Vote::kAgree, .values = std::vector<std::string>(16, std::string(512, 'v'))});
  report.back().vote = Vote::kDisagree;
  LimitReport(report);
  ASSERT_THAT(report, SizeIs(40));
  EXPECT_THAT(report.back().values, SizeIs(16));
  EXPECT_THAT(report.front().values, SizeIs(16));
  EXPECT_THAT(report[38].values, IsEmpty());
}

TEST(LimitReportTest, DropsObservationsWhoseNamesAloneAreTooLong) {
  const std::string name(1020, 'n');
  std::vector<Observation> report(
      kMaxObservations, {.server = name, .zone = name, .vote = Vote::kAgree, .owner = name});
  report.back().vote = Vote::kDisagree;
  LimitReport(report);
  EXPECT_LE(report.size() * 3 * name.size(), kMaxReportBytes);
  EXPECT_GT(report.size() * 4 * name.size(), kMaxReportBytes);
  EXPECT_EQ(report.front().vote, Vote::kDisagree);
}

}  // namespace
}  // namespace probe
