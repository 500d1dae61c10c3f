#include "cert/rpc/event_round.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/status_matchers.h"

namespace cert {
namespace {

using ::base::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const DomainId kOdd("dom_odd");
const DomainId kRare("dom_rare");

// Events 1 to `count`: those with odd numbers are kOdd's, and the fourth is kRare's.
class CountedLog final : public EventLog {
 public:
  explicit CountedLog(std::int64_t count) : count_(count) {}

  absl::StatusOr<std::vector<Event>> ReadEvents(const TenantId&, const EventCursor& cursor,
                                                int limit) override {
    ++reads;
    if (cursor.number < 0) return absl::OutOfRangeError("too old");
    return Read(DomainId(), cursor, limit);
  }
  absl::StatusOr<std::vector<Event>> ReadDomainEvents(const TenantId&, const DomainId& domain,
                                                      const EventCursor& cursor,
                                                      int limit) override {
    ++domain_reads;
    return Read(domain, cursor, limit);
  }
  absl::StatusOr<EventCursor> Head(const TenantId&) override {
    ++heads;
    return EventCursor{.epoch = "e", .number = count_};
  }
  absl::StatusOr<EventCursor> Oldest(const TenantId&) override { return EventCursor{"e", 0}; }

  std::string message;  // of each event
  int reads = 0;
  int domain_reads = 0;
  int heads = 0;

 private:
  std::vector<Event> Read(const DomainId& wanted, const EventCursor& after, int limit) const {
    std::vector<Event> events;
    for (auto n = after.number + 1; n <= count_ && std::ssize(events) < limit; ++n) {
      const DomainId domain = n == 4 ? kRare : n % 2 == 1 ? kOdd : DomainId();
      if (!wanted.empty() && domain != wanted) continue;
      events.push_back(
          {.cursor = {.epoch = "e", .number = n}, .domain = domain, .message = message});
    }
    return events;
  }

  const std::int64_t count_;
};

WatchPlace At(std::int64_t number, const DomainId& domain = DomainId()) {
  return {.after = {.epoch = "e", .number = number}, .domain = domain};
}

std::vector<std::int64_t> NumbersOf(const EventBatch& batch) {
  std::vector<std::int64_t> numbers;
  for (const Event& event : batch.events) numbers.push_back(event.cursor.number);
  return numbers;
}

TEST(EventRoundTest, ReadsOnceForAllThatAreAtOnePlace) {
  CountedLog log(5);
  EventRound round(log, TenantId("t"), {});
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(NumbersOf(*round.After(At(3))), ElementsAre(4, 5));
    EXPECT_THAT(NumbersOf(*round.After(At(3, kOdd))), ElementsAre(5));
    EXPECT_THAT(NumbersOf(*round.After(At(5))), IsEmpty());
  }
  EXPECT_EQ(log.reads, 1);
  EXPECT_EQ(log.heads, 1);
  EXPECT_EQ(log.domain_reads, 0);
}

TEST(EventRoundTest, MovesAWatcherPastWhatItDoesNotWant) {
  CountedLog log(5);
  EventRound round(log, TenantId("t"), {});
  const auto batch = round.After(At(4, kRare));
  ASSERT_TRUE(batch.ok()) << batch.status();
  EXPECT_THAT(batch->events, IsEmpty());
  EXPECT_EQ(batch->cursor.number, 5);
}

TEST(EventRoundTest, ReadsOneDomainsEventsForAWatcherFarBehind) {
  CountedLog log(100);
  EventRound round(log, TenantId("t"), {.batch_limit = 3, .single = true});
  const auto first = round.After(At(0, kOdd));
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_THAT(NumbersOf(*first), ElementsAre(1, 3, 5));
  EXPECT_EQ(first->cursor.number, 5);
  const auto all = round.After(At(0, kRare));
  ASSERT_TRUE(all.ok()) << all.status();
  EXPECT_THAT(NumbersOf(*all), ElementsAre(4));
  EXPECT_EQ(all->cursor.number, 100);
  EXPECT_EQ(log.reads, 0);
}

// Two events of 1,000 characters fit.
constexpr EventRound::Options kTwoLongEvents{.batch_limit = 6, .batch_limit_bytes = 3000};

TEST(EventRoundTest, BoundsABatchInOctetsAndMissesNothing) {
  CountedLog log(5);
  log.message = std::string(1000, 'x');
  EventRound round(log, TenantId("t"), kTwoLongEvents);
  std::int64_t seen = 0;
  for (const auto& expected : std::vector<std::vector<std::int64_t>>{{1, 2}, {3, 4}, {5}, {}}) {
    const auto batch = round.After(At(seen));
    ASSERT_TRUE(batch.ok()) << batch.status();
    EXPECT_EQ(NumbersOf(*batch), expected);
    seen = batch->cursor.number;
  }
  // Of one domain's watcher, too, the cursor is where the reading ended.
  EXPECT_EQ(round.After(At(1, kRare))->cursor.number, 3);
}

TEST(EventRoundTest, BoundsWhatAWatcherFarBehindIsSentAndMissesNothing) {
  CountedLog log(9);
  log.message = std::string(1000, 'x');
  EventRound round(log, TenantId("t"), kTwoLongEvents);
  const auto first = round.After(At(0, kOdd));
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(log.domain_reads, 1);
  EXPECT_THAT(NumbersOf(*first), ElementsAre(1, 3));
  EXPECT_EQ(first->cursor.number, 3);
}

TEST(EventRoundTest, SendsAnEventThatIsLongerThanABatch) {
  CountedLog log(2);
  log.message = std::string(5000, 'x');
  EventRound round(log, TenantId("t"), kTwoLongEvents);
  EXPECT_THAT(NumbersOf(*round.After(At(0))), ElementsAre(1));
  EXPECT_THAT(NumbersOf(*round.After(At(1))), ElementsAre(2));
}

TEST(EventRoundTest, KeepsWhatItHasReadOfFewPlacesOnly) {
  CountedLog log(100);
  EventRound round(log, TenantId("t"), {});
  for (int place = 0; place < 50; ++place) EXPECT_TRUE(round.After(At(place)).ok());
  EXPECT_TRUE(round.After(At(0)).ok());
  EXPECT_EQ(log.reads, 51);
}

TEST(EventRoundTest, ASingleWatcherCostsOneRead) {
  CountedLog log(5);
  EventRound round(log, TenantId("t"), {.single = true});
  EXPECT_THAT(NumbersOf(*round.After(At(3))), ElementsAre(4, 5));
  EXPECT_EQ(log.heads, 0);
  EXPECT_EQ(log.reads, 1);
}

TEST(EventRoundTest, PassesOnWhatTheLogSays) {
  CountedLog log(5);
  EventRound round(log, TenantId("t"), {});
  EXPECT_THAT(round.After(At(-1)), StatusIs(absl::StatusCode::kOutOfRange));
}

}  // namespace
}  // namespace cert
