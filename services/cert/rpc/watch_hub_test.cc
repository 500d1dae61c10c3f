#include "cert/rpc/watch_hub.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "base/testing/status_matchers.h"

namespace cert {
namespace {

using ::base::testing::IsOk;
using ::base::testing::StatusIs;
using ::testing::HasSubstr;

constexpr auto kPatience = std::chrono::seconds(20);
const TenantId kTenant("acme");

// Events 1 to n of every tenant.
class FakeLog final : public EventLog {
 public:
  absl::StatusOr<std::vector<Event>> ReadEvents(const TenantId&, const EventCursor& cursor,
                                                int limit) override {
    base::MutexLock lock(mutex_);
    if (!error_.ok()) return error_;
    std::vector<Event> events;
    for (auto n = cursor.number + 1; n <= count_ && std::ssize(events) < limit; ++n) {
      events.emplace_back().cursor = {.epoch = "e", .number = n};
    }
    return events;
  }
  absl::StatusOr<std::vector<Event>> ReadDomainEvents(const TenantId&, const DomainId&,
                                                      const EventCursor&, int) override {
    return absl::UnimplementedError("no watcher here wants one domain");
  }
  absl::StatusOr<EventCursor> Head(const TenantId&) override {
    base::MutexLock lock(mutex_);
    if (!error_.ok()) return error_;
    return EventCursor{.epoch = "e", .number = count_};
  }
  absl::StatusOr<EventCursor> Oldest(const TenantId&) override {
    return EventCursor{.epoch = "e", .number = 0};
  }
  void Append() {
    base::MutexLock lock(mutex_);
    ++count_;
  }
  void Fail(absl::Status error) {
    base::MutexLock lock(mutex_);
    error_ = std::move(error);
  }

 private:
  base::Mutex mutex_;
  std::int64_t count_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Status error_ ABSL_GUARDED_BY(mutex_);
};

using Result = absl::StatusOr<EventBatch>;

std::future<Result> Await(WatchHub& hub, WatchHub::WatchId id, std::int64_t after) {
  auto promise = std::make_shared<std::promise<Result>>();
  std::future<Result> result = promise->get_future();
  const absl::Status begun =
      hub.Await(id, {.after = {.epoch = "e", .number = after}},
                [promise](Result batch) { promise->set_value(std::move(batch)); });
  if (!begun.ok()) promise->set_value(begun);
  return result;
}

Result Get(std::future<Result>& result) {
  if (result.wait_for(kPatience) != std::future_status::ready) {
    return absl::DeadlineExceededError("the wait did not end");
  }
  return result.get();
}

WatchHub::Options Unpolled() { return {.threads = 2, .poll_interval = absl::Hours(1)}; }

TEST(WatchHubTest, BringsWhatIsThereAlreadyInBoundedBatches) {
  FakeLog log;
  for (int i = 0; i < 5; ++i) log.Append();
  WatchHub hub(log, {.poll_interval = absl::Hours(1), .batch_limit = 3});
  const auto id = hub.Open(kTenant);
  ASSERT_TRUE(id.ok());
  auto first = Await(hub, *id, 0);
  const Result batch = Get(first);
  ASSERT_TRUE(batch.ok()) << batch.status();
  ASSERT_EQ(batch->events.size(), 3U);
  EXPECT_EQ(batch->cursor.number, 3);
  auto second = Await(hub, *id, 3);
  EXPECT_EQ(Get(second)->events.size(), 2U);
  hub.Close(*id);
}

TEST(WatchHubTest, WakesUpWhenNotified) {
  FakeLog log;
  WatchHub hub(log, Unpolled());
  const auto id = hub.Open(kTenant);
  ASSERT_TRUE(id.ok());
  auto wait = Await(hub, *id, 0);
  log.Append();
  hub.Notify(kTenant);
  const Result batch = Get(wait);
  ASSERT_TRUE(batch.ok()) << batch.status();
  EXPECT_EQ(batch->events.size(), 1U);
  hub.Close(*id);
}

TEST(WatchHubTest, FindsEventsWhoseNotificationWasLost) {
  FakeLog log;
  WatchHub hub(log, {.poll_interval = absl::Milliseconds(5)});
  const auto id = hub.Open(kTenant);
  ASSERT_TRUE(id.ok());
  auto wait = Await(hub, *id, 0);
  log.Append();
  EXPECT_TRUE(Get(wait).ok());
  hub.Close(*id);
}

TEST(WatchHubTest, EndsACancelledWaitAndRefusesTheNext) {
  FakeLog log;
  WatchHub hub(log, Unpolled());
  const auto id = hub.Open(kTenant);
  ASSERT_TRUE(id.ok());
  auto wait = Await(hub, *id, 0);
  hub.Cancel(*id);
  EXPECT_THAT(Get(wait), StatusIs(absl::StatusCode::kCancelled));
  auto next = Await(hub, *id, 0);
  EXPECT_THAT(Get(next), StatusIs(absl::StatusCode::kCancelled));
  hub.Close(*id);
}

TEST(WatchHubTest, PassesOnWhatTheLogSays) {
  FakeLog log;
  log.Fail(absl::UnavailableError("no database"));
  WatchHub hub(log, Unpolled());
  const auto id = hub.Open(kTenant);
  ASSERT_TRUE(id.ok());
  auto wait = Await(hub, *id, 0);
  EXPECT_THAT(Get(wait), StatusIs(absl::StatusCode::kUnavailable));
  hub.Close(*id);
}

TEST(WatchHubTest, EndsEveryWaitWhenItStops) {
  FakeLog log;
  WatchHub hub(log, Unpolled());
  const auto first = hub.Open(kTenant);
  const auto second = hub.Open(TenantId("other"));
  ASSERT_TRUE(first.ok() && second.ok());
  auto one = Await(hub, *first, 0);
  auto two = Await(hub, *second, 0);
  hub.Stop();
  EXPECT_THAT(Get(one), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(Get(two), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(hub.Open(kTenant), StatusIs(absl::StatusCode::kUnavailable));
}

TEST(WatchHubTest, BoundsTheNumberOfWatches) {
  FakeLog log;
  WatchHub hub(log, {.poll_interval = absl::Hours(1), .watch_limit = 1});
  const auto first = hub.Open(kTenant);
  ASSERT_TRUE(first.ok());
  const auto beyond = hub.Open(TenantId("other"));
  EXPECT_THAT(beyond, StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(std::string(beyond.status().message()), HasSubstr("all tenants together"));
  hub.Close(*first);
  EXPECT_THAT(hub.Open(kTenant), IsOk());
}

TEST(WatchHubTest, GivesATenantAShareAndLeavesTheRestToOthers) {
  FakeLog log;
  WatchHub hub(log, {.poll_interval = absl::Hours(1), .tenant_watch_limit = 2});
  const auto first = hub.Open(kTenant);
  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(hub.Open(kTenant), IsOk());
  const auto beyond = hub.Open(kTenant);
  EXPECT_THAT(beyond, StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(std::string(beyond.status().message()), HasSubstr("a tenant may have at most 2"));
  EXPECT_THAT(hub.Open(TenantId("other")), IsOk());
  hub.Close(*first);
  EXPECT_THAT(hub.Open(kTenant), IsOk());
}

// Many watchers of one tenant, while events come and watchers go: each sees every event once.
TEST(WatchHubTest, MissesAndRepeatsNothingUnderConcurrency) {
  constexpr int kWatchers = 8;
  constexpr int kEvents = 50;
  FakeLog log;
  WatchHub hub(log, {.threads = 4, .poll_interval = absl::Milliseconds(5), .batch_limit = 3});
  std::vector<std::jthread> watchers;
  std::vector<std::vector<std::int64_t>> seen(kWatchers);
  for (int i = 0; i < kWatchers; ++i) {
    watchers.emplace_back([&hub, &numbers = seen[static_cast<std::size_t>(i)]] {
      const auto id = hub.Open(kTenant);
      while (std::ssize(numbers) < kEvents) {
        auto wait = Await(hub, *id, numbers.empty() ? 0 : numbers.back());
        const Result batch = Get(wait);
        if (!batch.ok()) break;
        for (const Event& event : batch->events) numbers.push_back(event.cursor.number);
      }
      hub.Close(*id);
    });
  }
  for (int i = 0; i < kEvents; ++i) {
    log.Append();
    hub.Notify(kTenant);
  }
  watchers.clear();
  for (const auto& numbers : seen) {
    ASSERT_EQ(numbers.size(), static_cast<std::size_t>(kEvents));
    for (int i = 0; i < kEvents; ++i) EXPECT_EQ(numbers[static_cast<std::size_t>(i)], i + 1);
  }
}

}  // namespace
}  // namespace cert
