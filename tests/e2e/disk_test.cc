// PostgreSQL's disk is full, to the last block: what cannot be stored is refused and not begun
// outside, and goes on when there is room again.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/status_matchers.h"
#include "e2e/database_fixture.h"

namespace e2e {
namespace {

using ::base::testing::IsOk;

// The cluster and our database take half of it. Little write-ahead log is kept ready for reuse, so
// that the shortage is felt soon.
constexpr int kDiskMegabytes = 128;
constexpr absl::Duration kQuick = absl::Seconds(3);

class DiskTest : public DatabaseLabTest {
 protected:
  static void SetUpTestSuite() {
    lab::Lab::Options options = QuickCa();
    options.postgres = {.settings = {"min_wal_size=2MB", "max_wal_size=4MB"},
                        .disk_megabytes = kDiskMegabytes};
    StartLab(std::move(options));
  }

  static lab::Postgres& server() { return lab().postgres(); }

  // Whatever is due runs into the full disk soon: what is left of prepared log is used up.
  static void Fill() {
    ASSERT_THAT(server().disk()->Fill(), IsOk());
    // Fails when the last of it is used; all may be gone before.
    for (int i = 0; i < 8; ++i) {
      if (!server().Execute("padlock", "SELECT pg_switch_wal()").ok()) return;
    }
  }

  // The server ends when there is no room even to recover; whoever runs it starts it again.
  static void Free() {
    ASSERT_THAT(server().disk()->Free(), IsOk());
    if (!server().Running()) ASSERT_THAT(server().Resume(), IsOk());
  }
};

TEST_F(DiskTest, AFullDiskIsUnavailableAndAllGoesOnWhenThereIsRoom) {
  pb::Domain domain;
  const std::unique_ptr<Halt> halt = HaltOrder("shop.test", domain);
  const int unstored = LogLines("step not stored");
  ASSERT_NO_FATAL_FAILURE(Fill());
  Caller caller(lab());
  EXPECT_THAT(caller.AwaitRefusal(), IsOk());
  halt->LetGo();
  EXPECT_THAT(AwaitLogLines("step not stored", unstored), IsOk());
  ASSERT_NO_FATAL_FAILURE(Free());
  TimeToAnswer();
  EXPECT_THAT(AwaitReadyz(200), IsOk());
  caller.Stop();
  caller.ExpectHonest();
  ExpectIssuedOnce(domain);
  ExpectNothingLeft();
}

}  // namespace
}  // namespace e2e
