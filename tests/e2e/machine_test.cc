// What a machine does to padlock-cert: a clock that jumps, and file descriptors that run out.
//
// libfaketime moves the wall clock of the replicas, not their monotonic one, as an administrator or
// a time server would. The database's clock, which leases and due times go by, is moved in the
// database (padlock.clock).

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "base/deadline.h"
#include "base/strings.h"
#include "base/testing/status_matchers.h"
#include "e2e/fixture.h"
#include "e2e/halt.h"
#include "e2e/invariants.h"

namespace e2e {
namespace {

using ::base::testing::IsOk;
using ::lab::AcmeCall;
using ::lab::Moment;

// Rows that wait for longer than anything may: a daily look, with its jitter.
constexpr char kWaitTooLong[] =
    "SELECT count(*) FROM padlock.work WHERE kind = 'domain' AND "
    "due_time > padlock.padlock_now() + interval '27 hours'";

class MachineTest : public LabTest {
 protected:
  static void SetUpTestSuite() {
    lab::Lab::Options options = QuickCa();
    options.cert_config = "lease_duration { seconds: 5 }\n";
    options.cert_environment = {
        "LD_PRELOAD=/usr/$LIB/faketime/libfaketimeMT.so.1",
        "FAKETIME_TIMESTAMP_FILE=" + ClockFile(),
        "FAKETIME_CACHE_DURATION=1",
        "FAKETIME_DONT_FAKE_MONOTONIC=1",
        "FAKETIME_DISABLE_SHM=1",
    };
    SetClock("+0");
    StartLab(std::move(options));
  }

  void TearDown() override { SetClock("+0"); }

  static std::string ClockFile() {
    return absl::StrFormat("%spadlock_clock_%d", ::testing::TempDir(), getpid());
  }

  // Of both replicas, within a second: "+1h", "-1h".
  static void SetClock(const std::string& offset) { std::ofstream(ClockFile()) << offset << "\n"; }

  static void SetDatabaseClock(const std::string& offset) {
    EXPECT_THAT(
        lab().postgres().Execute(
            "padlock", absl::StrFormat("UPDATE padlock.clock SET time_offset = '%s'", offset)),
        IsOk());
  }

  // What the replicas themselves write as the time, in their newest line.
  static absl::Duration LogsAreAheadBy(std::size_t replica) {
    const auto log = base::ReadFile(
        lab().stack().LogFile(absl::StrFormat("padlock-cert-%d", replica + 1)), 256 << 20);
    if (!log.ok()) return absl::ZeroDuration();
    const std::size_t last = log->rfind("{\"time\":\"");
    absl::Time time;
    std::string error;
    absl::ParseTime(absl::RFC3339_full, log->substr(last + 9, 27), &time, &error);
    return time - absl::Now();
  }

  // Runs an order through the jump; it goes on as the same one.
  void ExpectOrderSurvives(const std::string& zone, const std::function<void()>& jump) {
    Halt halt(lab().acme(), {.call = AcmeCall::kAuthorization, .moment = Moment::kBeforeDelivery});
    const auto domain = acme().AddWithRecords(zone, /*wildcard=*/true);
    ASSERT_THAT(domain, IsOk());
    ASSERT_THAT(halt.Await(), IsOk());
    jump();
    halt.LetGo();
    EXPECT_THAT(acme().Await(*domain, pb::Event::TYPE_RECORDS_WITHDRAWN), IsOk());
    EXPECT_EQ(Select("count(*)", "orders", *domain), "1");
    EXPECT_EQ(Query(kWaitTooLong), "0");
    EXPECT_THAT(CheckServed(acme(), *domain), IsOk());
    EXPECT_THAT(CheckLedger(lab()), IsOk());
  }
};

// One whose newest line is `ahead` of us shows that the jump was real.
::testing::Matcher<absl::Duration> About(absl::Duration ahead) {
  return ::testing::AllOf(::testing::Gt(ahead - absl::Minutes(5)),
                          ::testing::Lt(ahead + absl::Minutes(5)));
}

TEST_F(MachineTest, AClockThatJumpsForwardChangesNothing) {
  ExpectOrderSurvives("shop.test", [] { SetClock("+1h"); });
  EXPECT_THAT(std::max(LogsAreAheadBy(0), LogsAreAheadBy(1)), About(absl::Hours(1)));
  EXPECT_THAT(Tenant::Connect(lab(), "acme"), IsOk());  // TLS: our certificates live for a day
}

TEST_F(MachineTest, AClockThatJumpsBackChangesNothing) {
  ExpectOrderSurvives("bakery.test", [] { SetClock("-1h"); });
  EXPECT_THAT(std::min(LogsAreAheadBy(0), LogsAreAheadBy(1)), About(-absl::Hours(1)));
}

// All leases are over at once, and whoever held one writes nothing more.
TEST_F(MachineTest, TheDatabasesClockMayJumpToo) {
  ExpectOrderSurvives("garden.test", [] { SetDatabaseClock("1 hour"); });
  ExpectOrderSurvives("museum.test", [] { SetDatabaseClock("0"); });
}

// Callers with connections of their own, for whom padlock-cert has no descriptors.
class DescriptorsTest : public MachineTest {
 protected:
  void TakeAll() {
    for (std::size_t i = 0; i < lab().replicas(); ++i) {
      ASSERT_THAT(lab().cert(i).TakeDescriptors(), IsOk());
    }
  }
  void GiveBack() {
    for (std::size_t i = 0; i < lab().replicas(); ++i) {
      ASSERT_THAT(lab().cert(i).GiveDescriptorsBack(), IsOk());
    }
  }

  // Whether a new caller is answered.
  bool CallerIsServed() {
    auto caller = Tenant::Connect(lab(), "acme");
    if (!caller.ok()) return false;
    const bool served = (*caller)->api().ListDomains().ok();
    callers_.push_back(*std::move(caller));  // stays connected
    return served;
  }

  static absl::Duration CpuTime(std::size_t replica) {
    const auto stat = base::ReadFile(absl::StrFormat("/proc/%d/stat", lab().cert(replica).pid()));
    const std::vector<std::string> fields = absl::StrSplit(stat.value_or(""), ' ');
    double ticks = 0;
    for (const std::size_t field : {13U, 14U}) {  // utime, stime
      double value = 0;
      if (fields.size() > field && absl::SimpleAtod(fields[field], &value)) ticks += value;
    }
    return absl::Seconds(ticks / static_cast<double>(sysconf(_SC_CLK_TCK)));
  }

  static std::ptrdiff_t LogLines(std::size_t replica) {
    const auto log = base::ReadFile(
        lab().stack().LogFile(absl::StrFormat("padlock-cert-%d", replica + 1)), 256 << 20);
    return std::ranges::count(log.value_or(""), '\n');
  }

 private:
  std::vector<std::unique_ptr<Tenant>> callers_;
};

constexpr int kMostCallers = 40;  // gaps among the open descriptors serve a few
constexpr absl::Duration kShortage = absl::Seconds(3);
constexpr std::ptrdiff_t kMostLines = 100;  // of each replica meanwhile

TEST_F(DescriptorsTest, WithoutDescriptorsCallersAreRefusedAndAllGoesOnAfterwards) {
  Halt halt(lab().acme(), {.call = AcmeCall::kAuthorization, .moment = Moment::kBeforeDelivery});
  const auto domain = acme().AddWithRecords("library.test");
  ASSERT_THAT(domain, IsOk());
  ASSERT_THAT(halt.Await(), IsOk());
  ASSERT_NO_FATAL_FAILURE(TakeAll());
  halt.LetGo();
  int served = 0;
  while (served < kMostCallers && CallerIsServed()) ++served;
  EXPECT_LT(served, kMostCallers);

  const std::vector<absl::Duration> cpu = {CpuTime(0), CpuTime(1)};
  const std::vector<std::ptrdiff_t> lines = {LogLines(0), LogLines(1)};
  const base::Deadline end = base::Deadline::After(kShortage);
  while (!end.Expired()) EXPECT_FALSE(CallerIsServed());
  for (const std::size_t replica : {0U, 1U}) {
    EXPECT_LT(CpuTime(replica) - cpu[replica], kShortage / 2);
    EXPECT_LT(LogLines(replica) - lines[replica], kMostLines);
    EXPECT_TRUE(lab().cert(replica).Running());
  }

  ASSERT_NO_FATAL_FAILURE(GiveBack());
  EXPECT_THAT(acme().Await(*domain, pb::Event::TYPE_CERTIFICATE_ISSUED), IsOk());
  EXPECT_EQ(Select("count(*)", "orders", *domain), "1");
  EXPECT_TRUE(CallerIsServed());
  const auto next = acme().AddWithRecords("cinema.test");
  ASSERT_THAT(next, IsOk());
  EXPECT_THAT(acme().Await(*next, pb::Event::TYPE_CERTIFICATE_ISSUED), IsOk());
}

}  // namespace
}  // namespace e2e
