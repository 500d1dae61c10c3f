// `padlock-cert rollover-account`, killed at its messages to the CA and to the database: whichever
// of the two keys the CA has, the service finds it and goes on, and the command run again ends it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/deadline.h"
#include "base/testing/status_matchers.h"
#include "e2e/fixture.h"
#include "e2e/message_tap.h"
#include "lab/process.h"

namespace e2e {
namespace {

using ::base::testing::IsOk;

constexpr std::size_t kCommits = 3;
constexpr int kKillsAtLeast = 6;  // of ten
constexpr absl::Duration kLook = absl::Milliseconds(50);

class RolloverTest : public LabTest {
 protected:
  static void SetUpTestSuite() {
    lab::Lab::Options options = QuickCa();
    options.nonce_reject_percent = 0;
    options.relays = true;
    options.replicas = 1;
    StartLab(std::move(options));
  }

  static std::vector<std::string> Command() {
    return {lab::CertProgram(), "rollover-account", "--ca",
            "pebble",           "--config",         lab().cert_config_file()};
  }

  static std::string Account(const std::string& column) {
    return Query(absl::StrCat("SELECT ", column, " FROM padlock.acme_accounts"));
  }

  // The command's messages alone: the service stands still meanwhile. What an earlier one has left
  // makes it end without some of them: false.
  static bool KillAt(const MessagePoint& point) {
    MessageTap tap(lab());
    EXPECT_THAT(lab().cert().Pause(), IsOk());
    tap.Arm(point);
    auto command = lab::Process::Start(
        {.name = "rollover", .command = Command(), .pid_directory = lab().stack().pid_directory()});
    EXPECT_THAT(command, IsOk());
    if (!command.ok()) return false;
    const base::Deadline deadline = base::Deadline::After(kPatience);
    bool waits = false;
    bool ended = false;
    while (!waits && !ended && !deadline.Expired()) {
      waits = tap.Await(kLook).ok();
      ended = (*command)->Wait(base::Deadline::After(absl::ZeroDuration())).ok();
    }
    EXPECT_TRUE(waits || ended);
    (*command)->Kill();
    tap.LetGo(lab::Action::kDrop);
    EXPECT_THAT(lab().cert().Resume(), IsOk());
    return waits;
  }

  // Whatever asks the CA about the account or changes it, and whatever changes the database.
  static std::vector<MessagePoint> Points() {
    std::vector<MessagePoint> points;
    for (const lab::Moment moment : {lab::Moment::kBeforeDelivery, lab::Moment::kBeforeReply}) {
      for (const char* request : {"CA /sign-me-up", "CA /rollover-account-key"}) {
        points.push_back({.number = 1, .start = request, .moment = moment});
      }
      for (std::size_t commit = 1; commit <= kCommits; ++commit) {
        points.push_back({.number = commit, .start = "PostgreSQL COMMIT", .moment = moment});
      }
    }
    return points;
  }

  // With authorizations of its own: the account is asked for everything.
  void ExpectTheServiceGoesOn() {
    const auto domain = acme().AddWithRecords(absl::StrCat("host", ++hosts_, ".shop.test"));
    ASSERT_THAT(domain, IsOk());
    ASSERT_THAT(acme().Await(*domain, pb::Event::TYPE_CERTIFICATE_ISSUED), IsOk());
  }

 private:
  int hosts_ = 0;
};

TEST_F(RolloverTest, AKilledCommandLeavesAnAccountWithOneKeyInForce) {
  ASSERT_NO_FATAL_FAILURE(ExpectTheServiceGoesOn());
  const std::string url = Account("url");
  int killed = 0;
  for (const MessagePoint& point : Points()) {
    SCOPED_TRACE(
        absl::StrCat(point.start, " ", point.number,
                     point.moment == lab::Moment::kBeforeReply ? ", before its reply" : ""));
    if (KillAt(point)) ++killed;
    ASSERT_NO_FATAL_FAILURE(ExpectTheServiceGoesOn());
    EXPECT_EQ(Account("url"), url);
  }
  EXPECT_GE(killed, kKillsAtLeast);
  // Run again it ends, whatever is left: with the key that was stored, or with another.
  EXPECT_THAT(lab::RunCommand(Command(), {.timeout = kPatience}), IsOk());
  EXPECT_THAT(lab().postgres().Execute("padlock",
                                       "DO $$ BEGIN ASSERT (SELECT next_key_octets IS NULL FROM "
                                       "padlock.acme_accounts); END $$"),
              IsOk());
  EXPECT_EQ(Account("url"), url);
  ExpectTheServiceGoesOn();
}

}  // namespace
}  // namespace e2e
