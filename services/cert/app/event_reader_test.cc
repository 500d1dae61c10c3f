#include "cert/app/event_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/status_matchers.h"

namespace cert {
namespace {

using ::base::testing::IsOkAndHolds;
using ::base::testing::StatusIs;
using ::testing::HasSubstr;

constexpr char kDomainToken[] = "abcdefghijklmnopqrstuvwx23";

// A log of events 1 to `head_.number`, of which those up to `pruned_` are gone.
class FakeLog final : public EventLog {
 public:
  FakeLog(EventCursor head, std::int64_t pruned) : head_(std::move(head)), pruned_(pruned) {}

  absl::StatusOr<std::vector<Event>> ReadEvents(const TenantId&, const EventCursor& cursor,
                                                int) override {
    if (cursor.epoch != head_.epoch || cursor.number < pruned_) {
      return absl::OutOfRangeError("too old");
    }
    return std::vector<Event>();
  }
  absl::StatusOr<std::vector<Event>> ReadDomainEvents(const TenantId& tenant, const DomainId&,
                                                      const EventCursor& cursor,
                                                      int limit) override {
    return ReadEvents(tenant, cursor, limit);
  }
  absl::StatusOr<EventCursor> Head(const TenantId&) override { return head_; }
  absl::StatusOr<EventCursor> Oldest(const TenantId&) override {
    return EventCursor{.epoch = head_.epoch, .number = pruned_};
  }

 private:
  const EventCursor head_;
  const std::int64_t pruned_;
};

const Caller kReader{.identity = {.name = "r",
                                  .tenant = "acme",
                                  .perspective = "",
                                  .roles = {transport::Role::kReader}},
                     .request_id = "r1"};

class StartWatchTest : public ::testing::Test {
 protected:
  absl::StatusOr<WatchStart> Start(const std::string& cursor, const std::string& domain = "") {
    return StartWatch(log_, kReader,
                      {.parent = "tenants/acme", .cursor = cursor, .domain = domain});
  }

  FakeLog log_{{.epoch = "e-1", .number = 7}, 3};
};

TEST_F(StartWatchTest, BeginsAtTheHeadWithoutACursor) {
  const auto start = Start("");
  ASSERT_TRUE(start.ok());
  EXPECT_EQ(start->cursor, (EventCursor{"e-1", 7}));
}

TEST_F(StartWatchTest, BeginsBeforeTheOldestEventThatIsKeptWithOldest) {
  const auto start = Start("oldest");
  ASSERT_TRUE(start.ok());
  EXPECT_EQ(start->cursor, (EventCursor{"e-1", 3}));
}

TEST_F(StartWatchTest, ResumesAtACursor) {
  const auto start = Start("e-1.5");
  ASSERT_TRUE(start.ok());
  EXPECT_EQ(start->cursor, (EventCursor{"e-1", 5}));
}

TEST_F(StartWatchTest, RefusesCursorsThatItNeverGaveOut) {
  for (const char* cursor : {"e-1.8", "e-1.", "e-1", "e-1.-1", "e-1.+5", "e-1.05", "e-1.5 ",
                             "e/1.5", "e-1.99999999999999999999"}) {
    const auto start = Start(cursor);
    EXPECT_THAT(start, StatusIs(absl::StatusCode::kInvalidArgument)) << cursor;
    EXPECT_THAT(std::string(start.status().message()), HasSubstr("cursor: ")) << cursor;
  }
}

TEST_F(StartWatchTest, SaysThatACursorIsTooOld) {
  EXPECT_THAT(Start("e-1.2"), StatusIs(absl::StatusCode::kOutOfRange));
  EXPECT_THAT(Start("e-0.5"), StatusIs(absl::StatusCode::kOutOfRange));
}

TEST_F(StartWatchTest, FiltersByADomainOfTheSameTenantOnly) {
  const auto start = Start("", std::string("tenants/acme/domains/dom_") + kDomainToken);
  ASSERT_TRUE(start.ok());
  EXPECT_EQ(start->domain.text(), std::string("dom_") + kDomainToken);
  EXPECT_THAT(Start("", std::string("tenants/other/domains/dom_") + kDomainToken),
              StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(Start("", "tenants/acme"), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(CursorTest, IsReadBackAsItWasFormatted) {
  const EventCursor cursor{.epoch = "0b6f-77", .number = 12};
  EXPECT_THAT(ParseCursor(FormatCursor(cursor)), IsOkAndHolds(cursor));
}

TEST(SelectTest, KeepsTheOrderOfWhatIsWanted) {
  Event first;
  first.domain = DomainId("a");
  first.attempt = 1;
  Event second = first;
  second.domain = DomainId("b");
  Event third = first;
  third.attempt = 3;
  EXPECT_EQ(Select({first, second, third}, DomainId("a")), (std::vector<Event>{first, third}));
  EXPECT_EQ(Select({first, second, third}, DomainId()).size(), 3U);
}

}  // namespace
}  // namespace cert
