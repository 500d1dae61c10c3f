// Watchers of both replicas see every event once and in order, while both commit at the same time
// and no NOTIFY arrives.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "absl/strings/str_format.h"
#include "base/clock.h"
#include "base/testing/status_matchers.h"
#include "e2e/fixture.h"

namespace e2e {
namespace {

using ::base::testing::IsOk;
using ::base::testing::IsOkAndHolds;

constexpr int kWriters = 4;
constexpr int kDomainsPerWriter = 15;

class EventsTest : public LabTest {
 protected:
  static void SetUpTestSuite() {
    lab::Lab::Options options = QuickCa();
    options.relays = true;
    StartLab(std::move(options));
  }

  // Creates and deletes domains, through one replica or the other.
  static absl::Status Write(cli::Client& api, int writer) {
    for (int i = 0; i < kDomainsPerWriter; ++i) {
      const auto domain =
          api.CreateDomain({.hostname = absl::StrFormat("w%d-%d.shop.test", writer, i)});
      if (!domain.ok()) return domain.status();
      const auto deleted = api.DeleteDomain(domain->name());
      if (!deleted.ok()) return deleted;
    }
    return absl::OkStatus();
  }

  // The cursors of all events, until each of the domains was deleted; resumed after every tenth.
  // Withdrawn records are told later still, so that the log may go on.
  static std::vector<std::string> Watch(cli::Client& api) {
    std::vector<std::string> cursors;
    int deleted = 0;
    const base::Deadline deadline = base::Deadline::After(kPatience);
    while (deleted < kWriters * kDomainsPerWriter && !deadline.Expired()) {
      const std::string cursor = cursors.empty() ? "oldest" : cursors.back();
      int seen = 0;
      (void)api.WatchEvents(
          {.cursor = cursor, .end_time = base::SystemClock().TimeNow() + deadline.Remaining()},
          [&](const pb::WatchEventsResponse& message) {
            for (const pb::Event& event : message.events()) {
              cursors.push_back(event.cursor());
              if (event.type() == pb::Event::TYPE_DOMAIN_DELETED) ++deleted;
            }
            seen += message.events_size();
            return seen < 10 && deleted < kWriters * kDomainsPerWriter;
          });
    }
    EXPECT_EQ(deleted, kWriters * kDomainsPerWriter);
    return cursors;
  }
};

TEST_F(EventsTest, MissNoneAndRepeatNoneWithoutNotifications) {
  lab().relays().notifications().Cut();
  std::vector<std::thread> threads;
  std::vector<std::vector<std::string>> watched(2);
  for (std::size_t replica : {0U, 1U}) {
    threads.emplace_back([&watched, replica, this] {
      const auto api = acme().ConnectTo(replica);
      ASSERT_THAT(api, IsOk());
      watched[replica] = Watch(**api);
    });
  }
  for (int writer = 0; writer < kWriters; ++writer) {
    threads.emplace_back([writer, this] {
      const auto api = acme().ConnectTo(static_cast<std::size_t>(writer % 2));
      ASSERT_THAT(api, IsOk());
      EXPECT_THAT(Write(**api, writer), IsOk());
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::string epoch = Query("SELECT epoch FROM padlock.tenants");
  for (const std::vector<std::string>& cursors : watched) {
    std::vector<std::string> expected;
    for (std::size_t number = 1; number <= cursors.size(); ++number) {
      expected.push_back(absl::StrFormat("%s.%d", epoch, number));
    }
    EXPECT_EQ(cursors, expected);
  }
  for (const std::size_t replica : {0U, 1U}) {
    EXPECT_THAT(lab().cert(replica).Stop(), IsOkAndHolds(0));  // nor does it wait for the dead line
  }
}

}  // namespace
}  // namespace e2e
