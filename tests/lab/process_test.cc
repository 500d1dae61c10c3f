// What becomes of the lab's processes: they are awaited, they end with their owner, and nothing
// that is not ours is ended.

#include "lab/process.h"

#include <gmock/gmock.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "base/testing/status_matchers.h"
#include "base/testing/temp_directory.h"
#include "lab/descriptor.h"
#include "lab/pid_file.h"

namespace lab {
namespace {

using ::base::testing::IsOkAndHolds;
using ::base::testing::StatusIs;
using ::base::testing::TempDirectory;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr int kKilled = 137;  // 128 + SIGKILL

std::unique_ptr<Process> StartSleeper(const std::string& pid_directory = "") {
  return *Process::Start(
      {.name = "sleeper", .command = {"sleep", "600"}, .pid_directory = pid_directory});
}

// True when the process has ended, or does within the time.
bool EndsWithin(pid_t pid, int milliseconds) {
  const Descriptor process(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  if (!process.valid()) return true;
  pollfd exited{.fd = process.get(), .events = POLLIN, .revents = 0};
  return poll(&exited, 1, milliseconds) > 0;
}

TEST(ProcessTest, KeepsTheOutputOfACommand) {
  EXPECT_THAT(RunCommand({"cat"}, {.input = "to and fro"}), IsOkAndHolds("to and fro"));
}

TEST(ProcessTest, ReportsAFailedCommandWithWhatItPrinted) {
  const absl::StatusOr<std::string> result = RunCommand({"sh", "-c", "echo no such luck; exit 3"});
  ASSERT_THAT(result, StatusIs(absl::StatusCode::kInternal));
  EXPECT_THAT(std::string(result.status().message()), HasSubstr("3:\nno such luck"));
}

TEST(ProcessTest, ReportsAProgramThatIsNotThere) {
  EXPECT_THAT(RunCommand({"no-such-program"}), StatusIs(absl::StatusCode::kNotFound));
}

TEST(ProcessTest, ReportsAServerThatExitsBeforeItIsReady) {
  const std::unique_ptr<Process> process =
      *Process::Start({.name = "false", .command = {"false"}, .notifies = true});
  EXPECT_THAT(process->AwaitReady(base::Deadline::After(absl::Seconds(20))),
              StatusIs(absl::StatusCode::kUnavailable));
}

TEST(ProcessTest, GivesUpOnAServerThatIsNeverReady) {
  const std::unique_ptr<Process> process =
      *Process::Start({.name = "sleep", .command = {"sleep", "600"}, .notifies = true});
  EXPECT_THAT(process->AwaitReady(base::Deadline::After(absl::Milliseconds(20))),
              StatusIs(absl::StatusCode::kDeadlineExceeded));
}

TEST(ProcessTest, KillsAServerTogetherWithItsChildren) {
  const TempDirectory directory;
  const std::string fifo = directory.path() + "child";
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  const std::unique_ptr<Process> parent =
      *Process::Start({.name = "parent",
                       .command = {"sh", "-c", "setsid sleep 600 & echo $! >" + fifo + "; wait"}});
  pid_t child = 0;
  ASSERT_TRUE(std::ifstream(fifo) >> child);
  parent->Kill();
  EXPECT_TRUE(EndsWithin(child, 0));
  EXPECT_THAT(parent->Wait(base::Deadline::After(absl::Seconds(20))), IsOkAndHolds(kKilled));
}

TEST(ProcessTest, LeavesNoServerBehindWhenItsOwnerIsKilled) {
  const std::unique_ptr<Process> owner =
      *Process::Start({.name = "crash-helper", .command = {PADLOCK_LAB_CRASH_HELPER}});
  ASSERT_THAT(owner->Wait(base::Deadline::After(absl::Seconds(60))), IsOkAndHolds(kKilled));

  std::vector<pid_t> servers;
  for (const auto& entry : std::filesystem::directory_iterator(owner->Output())) {
    int pid = 0;
    ASSERT_TRUE(absl::SimpleAtoi(entry.path().filename().string(), &pid));
    servers.push_back(pid);
  }
  ASSERT_THAT(servers, SizeIs(2));
  for (const pid_t pid : servers) EXPECT_TRUE(EndsWithin(pid, 10'000)) << pid;
}

TEST(PidFileTest, EndsAProcessThatItHasRecorded) {
  const TempDirectory directory;
  const std::unique_ptr<Process> process = StartSleeper(directory.path());
  EXPECT_EQ(EndRecordedProcesses(directory.path()), 1);
  EXPECT_THAT(process->Wait(base::Deadline::After(absl::Seconds(20))), IsOkAndHolds(kKilled));
}

TEST(PidFileTest, SparesAProcessThatHasThePidOfAnEarlierOne) {
  const TempDirectory directory;
  const std::unique_ptr<Process> other = StartSleeper();
  std::ofstream(directory.path() + std::to_string(other->pid())) << "1 started-at-boot\n";
  EXPECT_EQ(EndRecordedProcesses(directory.path()), 0);
  EXPECT_TRUE(other->Running());
}

TEST(PidFileTest, ForgetsAProcessThatWasStopped) {
  const TempDirectory directory;
  StartSleeper(directory.path())->Stop();
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

}  // namespace
}  // namespace lab
