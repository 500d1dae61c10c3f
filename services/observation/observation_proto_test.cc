#include "observation/observation_proto.h"

#include <gmock/gmock.h>

#include <limits>
#include <string>

#include "base/testing/status_matchers.h"

namespace observation {
namespace {

namespace pb = ::padlock::probe::v1;
using ::base::testing::IsOkAndHolds;
using ::base::testing::StatusIs;
using ::testing::StartsWith;

Observation Full() {
  return {.role = ServerRole::kRecursive,
          .server = "ns1.example.test",
          .address = "2001:db8::1",
          .zone = "example.test",
          .outcome = Outcome::kMismatch,
          .vote = Vote::kDisagree,
          .rcode = 3,
          .extended_error = 22,
          .owner = "www.example.test",
          .cname_chain = {"a.example.test", "b.example.test"},
          .values = {"one", "two\\255"},
          .ttl = absl::Milliseconds(1500),
          .negative_ttl = absl::Seconds(5),
          .soa_serial = 4'294'967'295U,
          .authenticated_data = true,
          .over_tcp = true,
          .round_trip_time = absl::Microseconds(1234),
          .observe_time = absl::FromUnixMicros(1'800'000'000'123'456),
          .note = "the second server is slow",
          .clues = {Clue::kOtherValues, Clue::kSplitView},
          .cache_expire_time = absl::FromUnixMicros(1'800'000'005'000'001),
          .validating = false,
          .asked_zone = "test"};
}

TEST(ObservationProtoTest, EveryFieldSurvivesTheRoundTrip) {
  EXPECT_THAT(FromProto(ToProto(Full())), IsOkAndHolds(Full()));
}

TEST(ObservationProtoTest, CluesOfANewerWorkerArePassedOver) {
  pb::Observation proto = ToProto(Full());
  proto.add_clues(static_cast<pb::Clue>(1'000));
  proto.add_clues(pb::CLUE_UNSPECIFIED);
  EXPECT_THAT(FromProto(proto), IsOkAndHolds(Full()));
}

TEST(ObservationProtoTest, UnsetFieldsStayUnset) {
  EXPECT_THAT(FromProto(ToProto(Observation{})), IsOkAndHolds(Observation{}));
}

template <typename Enum>
void ExpectAllSurvive(Enum last) {
  for (int i = 1; i <= static_cast<int>(last); ++i) {
    EXPECT_THAT(FromProto(ToProto(static_cast<Enum>(i))), IsOkAndHolds(static_cast<Enum>(i)));
  }
}

TEST(ObservationProtoTest, EveryEnumValueSurvivesTheRoundTrip) {
  ExpectAllSurvive(Outcome::kNotAsked);
  ExpectAllSurvive(Vote::kCouldNotTell);
  ExpectAllSurvive(ServerRole::kRecursive);
  ExpectAllSurvive(RecordType::kHttp);
  ExpectAllSurvive(Scope::kAllAtOnce);
}

TEST(ObservationProtoTest, UnspecifiedAndUnknownEnumValuesAreRefused) {
  EXPECT_THAT(FromProto(pb::RECORD_TYPE_UNSPECIFIED), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(FromProto(static_cast<pb::RecordType>(99)),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(FromProto(static_cast<pb::Scope>(-1)), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(FromProto(pb::Observation{}), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(ObservationProtoTest, DurationsBeyondTheBoundAreCutWhenSent) {
  Observation endless = Full();
  endless.ttl = absl::InfiniteDuration();
  endless.round_trip_time = -absl::Seconds(1);
  const pb::Observation proto = ToProto(endless);
  EXPECT_EQ(proto.ttl().seconds(), 4'294'967'296);
  EXPECT_EQ(proto.round_trip_time().seconds(), 0);
  EXPECT_THAT(FromProto(proto), ::base::testing::IsOk());
}

struct HostileCase {
  const char* field;
  void (*spoil)(pb::Observation&);
};

class HostileObservationTest : public ::testing::TestWithParam<HostileCase> {};

TEST_P(HostileObservationTest, IsRefusedWithTheFieldsName) {
  pb::Observation proto = ToProto(Full());
  GetParam().spoil(proto);
  const auto result = FromProto(proto);
  ASSERT_THAT(result, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(std::string(result.status().message()), StartsWith(GetParam().field));
}

constexpr std::int64_t kHuge = std::numeric_limits<std::int64_t>::max();

INSTANTIATE_TEST_SUITE_P(
    All, HostileObservationTest,
    ::testing::Values(
        HostileCase{"outcome", [](auto& o) { o.set_outcome(static_cast<pb::Outcome>(18)); }},
        HostileCase{"vote", [](auto& o) { o.set_vote(pb::VOTE_UNSPECIFIED); }},
        HostileCase{"role", [](auto& o) { o.set_role(static_cast<pb::ServerRole>(-7)); }},
        HostileCase{"server", [](auto& o) { o.set_server(std::string(1021, 'a')); }},
        HostileCase{"address", [](auto& o) { o.set_address(std::string(65, '1')); }},
        HostileCase{"zone", [](auto& o) { o.set_zone("a\x1b[2J"); }},
        HostileCase{"asked_zone", [](auto& o) { o.set_asked_zone(std::string(1021, 'a')); }},
        HostileCase{"owner", [](auto& o) { o.set_owner("a\x7f"); }},
        HostileCase{"note", [](auto& o) { o.set_note(std::string(513, 'a')); }},
        HostileCase{"cname_chain",
                    [](auto& o) {
                      while (o.cname_chain_size() < 17) o.add_cname_chain("a.test");
                    }},
        HostileCase{"values", [](auto& o) { o.add_values(std::string(513, 'a')); }},
        HostileCase{"values",
                    [](auto& o) {
                      while (o.values_size() < 17) o.add_values("v");
                    }},
        HostileCase{"rcode", [](auto& o) { o.set_rcode(4096); }},
        HostileCase{"extended_error", [](auto& o) { o.set_extended_error(65536); }},
        HostileCase{"ttl", [](auto& o) { o.mutable_ttl()->set_seconds(kHuge); }},
        HostileCase{"negative_ttl", [](auto& o) { o.mutable_negative_ttl()->set_seconds(-1); }},
        HostileCase{"round_trip_time",
                    [](auto& o) { o.mutable_round_trip_time()->set_nanos(1'000'000'000); }},
        HostileCase{"observe_time", [](auto& o) { o.mutable_observe_time()->set_seconds(kHuge); }},
        HostileCase{"observe_time", [](auto& o) { o.mutable_observe_time()->set_nanos(-1); }}),
    [](const auto& tested) {
      return std::string(tested.param.field) + "_" + std::to_string(tested.index);
    });

}  // namespace
}  // namespace observation
