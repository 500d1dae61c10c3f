// Events are numbered in the order of commits, without gaps, and wake those who listen.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "absl/strings/str_cat.h"
#include "base/mutex.h"
#include "base/testing/status_matchers.h"
#include "cert/store/notifications.h"
#include "cert/store/testing/postgres_fixture.h"
#include "cert/store/testing/samples.h"

namespace cert {
namespace {

using ::base::testing::IsOk;
using ::base::testing::IsOkAndHolds;
using ::base::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using namespace ::cert::testing;  // NOLINT: samples

class EventsSuite : public PostgresFixture {
 protected:
  absl::Status Append(const std::string& message, absl::Status outcome = absl::OkStatus()) {
    return store_->Write(kTenant, [&](Transaction& transaction) {
      transaction.AppendEvent(SampleEvent(message));
      return outcome;
    });
  }
};

TEST_F(EventsSuite, ComeBackAsTheyWereAppendedInTheirOrder) {
  ASSERT_THAT(store_->Write(kTenant,
                            [](Transaction& transaction) {
                              transaction.AppendEvent(SampleEvent("one"));
                              transaction.AppendEvent(SampleEvent("two"));
                              return absl::OkStatus();
                            }),
              IsOk());
  const absl::StatusOr<std::vector<Event>> events = events_->ReadEvents(kTenant, {}, 10);
  ASSERT_THAT(events, IsOk());
  ASSERT_EQ(events->size(), 2);
  Event expected = SampleEvent("two");
  expected.cursor = {.epoch = Query("SELECT epoch FROM padlock.tenants"), .number = 2};
  expected.time = (*events)[0].time;
  EXPECT_EQ((*events)[1], expected);
  EXPECT_THAT(events_->Head(kTenant), IsOkAndHolds(expected.cursor));
  EXPECT_THAT(events_->ReadEvents(kTenant, expected.cursor, 10), IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(events_->ReadEvents(kOtherTenant, {}, 10), IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(events_->Head(kOtherTenant), IsOkAndHolds(EventCursor{}));
}

TEST_F(EventsSuite, ThoseOfOneDomainAreReadAlone) {
  const DomainId other("dom_other");
  ASSERT_THAT(
      store_->Write(kTenant,
                    [&](Transaction& transaction) {
                      for (const DomainId& domain : {DomainId(), other, DomainId(), other}) {
                        Event event = SampleEvent("x");
                        if (!domain.empty()) event.domain = domain;
                        transaction.AppendEvent(event);
                      }
                      return absl::OkStatus();
                    }),
      IsOk());
  const auto numbers = [&](std::int64_t after, int limit) {
    std::vector<std::int64_t> found;
    const auto events = events_->ReadDomainEvents(kTenant, other, {.number = after}, limit);
    EXPECT_THAT(events, IsOk());
    for (const Event& event : *events) found.push_back(event.cursor.number);
    return found;
  };
  EXPECT_THAT(numbers(0, 10), ElementsAre(2, 4));
  EXPECT_THAT(numbers(0, 1), ElementsAre(2));
  EXPECT_THAT(numbers(2, 10), ElementsAre(4));
  EXPECT_THAT(events_->ReadDomainEvents(kOtherTenant, other, {}, 10), IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(events_->ReadDomainEvents(kTenant, other, {.number = 5}, 10),
              StatusIs(absl::StatusCode::kOutOfRange));
}

TEST_F(EventsSuite, HaveNoGapsUnderManyWritersOfWhichSomeRollBack) {
  constexpr int kWriters = 8;
  constexpr int kWritesEach = 30;
  {
    std::vector<std::jthread> writers;
    for (int writer = 0; writer < kWriters; ++writer) {
      writers.emplace_back([&] {
        for (int i = 0; i < kWritesEach; ++i) {
          const absl::Status wanted = i % 3 == 0 ? absl::CancelledError("") : absl::OkStatus();
          EXPECT_THAT(Append(absl::StrCat(i), wanted), StatusIs(wanted.code()));
        }
      });
    }
  }
  const absl::StatusOr<std::vector<Event>> events = events_->ReadEvents(kTenant, {}, 1000);
  ASSERT_THAT(events, IsOk());
  ASSERT_EQ(events->size(), kWriters * kWritesEach * 2 / 3);
  for (std::size_t i = 0; i < events->size(); ++i) {
    EXPECT_EQ((*events)[i].cursor.number, static_cast<std::int64_t>(i) + 1);
  }
}

// A reader that sees number n has seen, or can see, all numbers below: none appears later.
TEST_F(EventsSuite, AppearInTheOrderOfTheirNumbers) {
  std::vector<std::jthread> writers;
  for (int writer = 0; writer < 4; ++writer) {
    writers.emplace_back([&] {
      for (int i = 0; i < 25; ++i) EXPECT_THAT(Append("x"), IsOk());
    });
  }
  EventCursor cursor;
  while (cursor.number < 100) {
    const absl::StatusOr<std::vector<Event>> events = events_->ReadEvents(kTenant, cursor, 1000);
    ASSERT_THAT(events, IsOk());
    for (const Event& event : *events) {
      ASSERT_EQ(event.cursor.number, cursor.number + 1);
      cursor = event.cursor;
    }
  }
}

TEST_F(EventsSuite, ACursorOfAnotherEpochOrOfTheFutureIsOutOfRange) {
  ASSERT_THAT(Append("x"), IsOk());
  EXPECT_THAT(events_->ReadEvents(kTenant, {.epoch = "before-restore", .number = 1}, 10),
              StatusIs(absl::StatusCode::kOutOfRange));
  EXPECT_THAT(events_->ReadEvents(kTenant, {.epoch = "", .number = 2}, 10),
              StatusIs(absl::StatusCode::kOutOfRange));
}

// Counts what a Notifications delivers.
class Listener {
 public:
  explicit Listener(const std::string& connection_string)
      : notifications_(connection_string,
                       {.work = [this] { Note("work"); },
                        .events = [this](const TenantId& tenant) { Note(tenant.text()); }}) {}

  // Whether `what` has come `times` times.
  bool Await(const std::string& what, int times) {
    const base::Deadline deadline = base::Deadline::After(absl::Seconds(30));
    const base::MutexLock lock(mutex_);
    while (seen_[what] < times && !deadline.Expired()) {
      changed_.WaitFor(mutex_, deadline.Remaining());
    }
    return seen_[what] >= times;
  }

 private:
  void Note(const std::string& what) {
    const base::MutexLock lock(mutex_);
    ++seen_[what];
    changed_.NotifyAll();
  }

  base::Mutex mutex_;
  base::CondVar changed_;
  std::map<std::string, int> seen_ ABSL_GUARDED_BY(mutex_);
  Notifications notifications_;  // last: it calls Note until it is gone
};

TEST_F(EventsSuite, WakeListenersAndSoDoesWorkThatIsDue) {
  Listener listener(ConnectionString("padlock_cert"));
  ASSERT_TRUE(listener.Await("work", 1));
  ASSERT_TRUE(listener.Await("", 1));
  ASSERT_THAT(Append("x"), IsOk());
  EXPECT_TRUE(listener.Await("acme", 1));
  ASSERT_THAT(store_->Write(kTenant, [](Transaction& t) { return t.InsertDomain(SampleDomain()); }),
              IsOk());
  EXPECT_TRUE(listener.Await("work", 2));
}

TEST_F(EventsSuite, ListenersComeBackAfterARestartAndAreToldToLookAtEverything) {
  Listener listener(ConnectionString("padlock_cert"));
  ASSERT_TRUE(listener.Await("", 1));
  server().Stop();
  ASSERT_THAT(server().Resume(), IsOk());
  EXPECT_TRUE(listener.Await("", 2));
  EXPECT_TRUE(listener.Await("work", 2));
  ASSERT_THAT(Append("x"), IsOk());
  EXPECT_TRUE(listener.Await("acme", 1));
}

}  // namespace
}  // namespace cert
