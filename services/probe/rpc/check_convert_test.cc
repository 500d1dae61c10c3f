#include "probe/rpc/check_convert.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "probe/core/report_limit.h"

namespace probe {
namespace {

using observation::Clue;
using observation::Observation;

// With as much of everything as a service takes (observation_proto.h).
Observation Largest() {
  const std::string name(1020, 'n');
  Observation seen;
  seen.server = name;
  seen.address = std::string(64, 'a');
  seen.zone = name;
  seen.outcome = observation::Outcome::kMismatch;
  seen.vote = observation::Vote::kDisagree;
  seen.rcode = 4095;
  seen.extended_error = 65'535;
  seen.owner = name;
  seen.cname_chain = std::vector<std::string>(16, name);
  seen.values = std::vector<std::string>(16, std::string(512, 'v'));
  seen.ttl = seen.negative_ttl = seen.round_trip_time =
      absl::Seconds(1LL << 31) + absl::Nanoseconds(999'999'999);
  seen.soa_serial = 0xffff'ffff;
  seen.authenticated_data = seen.over_tcp = true;
  seen.observe_time = absl::FromUnixSeconds(253'402'300'799) + absl::Nanoseconds(999'999'999);
  seen.note = std::string(512, 'o');
  seen.clues = std::vector<Clue>(16, Clue::kAtParentName);
  seen.cache_expire_time = seen.observe_time;
  seen.validating = true;
  return seen;
}

// Which half of it takes the most depends on how much of it is dropped.
TEST(ReportToProtoTest, AReportOfAnyShapeIsAsSmallAsPromised) {
  const Observation largest = Largest();
  Observation bare = largest;
  bare.values.clear();
  bare.cname_chain.clear();
  Observation shown = largest;
  shown.server = shown.zone = shown.owner = shown.note = "";
  Observation many = shown;
  many.values = {"v"};
  many.cname_chain.clear();
  for (const Observation& each : {largest, bare, shown, many}) {
    Report report{.check_id = std::string(64, 'i'),
                  .observations = std::vector<Observation>(600, each),
                  .failure = std::string(600, 'f')};
    LimitReport(report.observations);
    EXPECT_LE(ToProto(report).ByteSizeLong(), kMaxReportBytes);
  }
}

}  // namespace
}  // namespace probe
