// PostgreSQL's disk is full, to the last block: what cannot be stored is refused and not begun
// outside, and goes on when there is room again.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_format.h"
#include "base/deadline.h"
#include "base/testing/status_matchers.h"
#include "e2e/database_fixture.h"

namespace e2e {
namespace {

using ::base::testing::IsOk;

constexpr char kNoRoom[] = "no disk or memory left";

// The cluster and our database take a third of it, write-ahead log that is kept for reuse another.
constexpr int kDiskMegabytes = 192;
constexpr int kWalSegments = 48;  // of a megabyte

// Has the server prepare write-ahead log, so that room is missing for rows first.
constexpr char kPrepareWal[] = R"(
CREATE TABLE public.much AS SELECT repeat('x', 1000) FROM generate_series(1, 40000);
DROP TABLE public.much)";

class DiskTest : public DatabaseLabTest {
 protected:
  static void SetUpTestSuite() {
    lab::Lab::Options options = QuickCa();
    options.postgres = {
        .settings = {absl::StrFormat("min_wal_size=%dMB", kWalSegments),
                     absl::StrFormat("max_wal_size=%dMB", kWalSegments), "restart_after_crash=off"},
        .disk_megabytes = kDiskMegabytes};
    StartLab(std::move(options));
  }

  static lab::Postgres& server() { return lab().postgres(); }

  // Until the server has no log left to write to, and ends: it does not start its processes again
  // by itself, which would find no more room than before.
  static void UseUpWal() {
    const base::Deadline deadline = base::Deadline::After(kPatience);
    while (server().Running() && !deadline.Expired()) {
      server().Execute("padlock", "SELECT txid_current(), pg_switch_wal()").IgnoreError();
    }
    EXPECT_FALSE(server().Running());
  }

  void ExpectAllGoesOn(const pb::Domain& domain) {
    TimeToAnswer();
    EXPECT_THAT(AwaitReadyz(200), IsOk());
    ExpectIssuedOnce(domain);
  }
};

TEST_F(DiskTest, WhatFindsNoRoomIsRefusedAndGoesOnWhenThereIsSome) {
  pb::Domain domain;
  const std::unique_ptr<Halt> halt = HaltOrder("shop.test", domain);
  const int refused = LogLines(kNoRoom);
  ASSERT_THAT(server().Execute("padlock", kPrepareWal), IsOk());
  ASSERT_THAT(server().Execute("padlock", "CHECKPOINT"), IsOk());
  ASSERT_THAT(server().disk()->Fill(), IsOk());
  Caller caller(lab());
  EXPECT_THAT(caller.AwaitRefusal(), IsOk());
  halt->LetGo();
  EXPECT_THAT(AwaitLogLines(kNoRoom, refused), IsOk());
  EXPECT_TRUE(server().Running());
  ASSERT_THAT(server().disk()->Free(), IsOk());
  caller.Stop();
  caller.ExpectHonest();
  ExpectAllGoesOn(domain);
}

TEST_F(DiskTest, AServerThatDiesOfItIsUnavailableUntilItIsStartedAgain) {
  pb::Domain domain;
  const std::unique_ptr<Halt> halt = HaltOrder("bakery.test", domain);
  const int unstored = LogLines("step not stored");
  ASSERT_THAT(server().disk()->Fill(), IsOk());
  ASSERT_NO_FATAL_FAILURE(UseUpWal());
  Caller caller(lab());
  EXPECT_THAT(caller.AwaitRefusal(), IsOk());
  halt->LetGo();
  EXPECT_THAT(AwaitLogLines("step not stored", unstored), IsOk());
  ASSERT_THAT(server().disk()->Free(), IsOk());
  ASSERT_THAT(server().Resume(), IsOk());
  caller.Stop();
  caller.ExpectHonest();
  ExpectAllGoesOn(domain);
}

}  // namespace
}  // namespace e2e
