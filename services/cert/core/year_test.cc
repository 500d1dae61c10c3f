// A year in virtual time: thousands of certificates go through the real lifecycle, schedules and
// renewal plans, while the CA, the DNS and the database are away now and then, at random from a
// seed.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <queue>
#include <random>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "cert/core/expiry.h"
#include "cert/core/key_plan.h"
#include "cert/core/lifecycle.h"
#include "cert/core/model.h"
#include "cert/core/renewal.h"
#include "cert/core/schedule.h"

namespace cert {
namespace {

constexpr absl::Time kNewYear = absl::FromUnixSeconds(1'800'000'000);
constexpr absl::Duration kOneDay = absl::Hours(24);
const absl::Time kYearEnd = kNewYear + 365 * kOneDay;
constexpr absl::Duration kOrderTime = absl::Minutes(2);  // of an order that nothing stops
// Within the last day before its end a certificate is renewed if everything works for this long at
// a stretch, and earlier in its window if everything works for a day.
constexpr absl::Duration kEnoughAtLast = absl::Minutes(65);
constexpr absl::Duration kEnoughBefore = absl::Minutes(24 * 60 + 5);

using Generator = std::mt19937_64;

double Fraction(Generator& random) { return std::uniform_real_distribution<>(0, 1)(random); }

struct Outage {
  absl::Time start;
  absl::Time end;
};

// When something does not work; sorted, not overlapping.
class Outages {
 public:
  // `mean_gap` between them; each lasts up to `longest`, mostly far less.
  Outages(absl::Duration mean_gap, absl::Duration longest, Generator& random) {
    std::exponential_distribution<> gap(1);
    absl::Time time = kNewYear + mean_gap * gap(random);
    while (time < kYearEnd + 100 * kOneDay) {
      const double part = Fraction(random);
      const absl::Time end = time + absl::Minutes(1) + longest * (part * part * part);
      list_.push_back({time, end});
      time = end + mean_gap * gap(random);
    }
  }

  // The end of the outage at `time`; nothing when it works.
  std::optional<absl::Time> EndAt(absl::Time time) const {
    const auto after = std::ranges::upper_bound(list_, time, {}, &Outage::start);
    if (after == list_.begin() || std::prev(after)->end <= time) return std::nullopt;
    return std::prev(after)->end;
  }

  const std::vector<Outage>& list() const { return list_; }

 private:
  std::vector<Outage> list_;
};

struct World {
  explicit World(std::uint64_t seed)
      : random(seed),
        ca(40 * kOneDay, 4 * kOneDay, random),
        limit(30 * kOneDay, kOneDay, random),
        dns(10 * kOneDay, kOneDay, random),
        database(10 * kOneDay, absl::Hours(2), random) {}

  // The longest time within [start, end) at a stretch in which everything worked.
  absl::Duration LongestHealth(absl::Time start, absl::Time end) const {
    std::vector<Outage> all;
    for (const Outages* kind : {&ca, &limit, &dns, &database}) {
      all.insert(all.end(), kind->list().begin(), kind->list().end());
    }
    std::ranges::sort(all, {}, &Outage::start);
    absl::Duration longest;
    absl::Time healthy_since = start;
    for (const Outage& outage : all) {
      if (outage.end <= healthy_since) continue;
      if (outage.start >= end) break;
      longest = std::max(longest, outage.start - healthy_since);
      healthy_since = outage.end;
    }
    return std::max(longest, end - healthy_since);
  }

  Generator random;
  const Outages ca;        // does not answer
  const Outages limit;     // answers 429 with the end as Retry-After
  const Outages dns;       // its validations fail
  const Outages database;  // no step can be stored
};

// One certificate, as reconcile/ keeps it.
struct Life {
  Certificate certificate;
  OrderProgress order;  // terminal when there is none
  Renewal renewal;
  int failed_orders = 0;
  int orders = 0;  // intended
  int issuances = 0;
  int looks = 0;  // for the CA's window
  int steps = 0;
  int expirations = 0;
};

class Year {
 public:
  Year(World& world, absl::Duration lifetime, bool offers_windows)
      : world_(world), lifetime_(lifetime), offers_windows_(offers_windows) {}

  void Run(int count) {
    lives_.resize(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < lives_.size(); ++i) {
      // All in the first hour: the renewals must spread by themselves.
      const absl::Time start = kNewYear + absl::Hours(1) * Fraction(world_.random);
      lives_[i].certificate.progress = {.state = CertificateState::kOrdering, .due_time = start};
      lives_[i].order = {.state = OrderState::kFailed};
      due_.push({start, i});
    }
    while (!due_.empty() && due_.top().first < kYearEnd) {
      const auto [now, index] = due_.top();
      due_.pop();
      Step(lives_[index], now);
      ++lives_[index].steps;
      due_.push({NextDue(lives_[index], now), index});
    }
  }

  const std::vector<Life>& lives() const { return lives_; }
  // How many renewals were planned for each hour, by the plan that was in force when they began.
  const std::map<std::int64_t, int>& renewals_by_hour() const { return renewals_by_hour_; }

 private:
  bool HasOrder(const Life& life) const { return !IsTerminal(life.order.state); }

  absl::Time NextDue(const Life& life, absl::Time now) const {
    const absl::Time due =
        HasOrder(life) ? life.order.due_time : life.certificate.progress.due_time;
    const absl::Time next = std::max(due, now + absl::Milliseconds(1));
    const std::optional<absl::Time> back = world_.database.EndAt(next);
    return back.value_or(next);
  }

  void Step(Life& life, absl::Time now) {
    if (HasOrder(life)) return StepOrder(life, now);
    if (life.certificate.progress.state == CertificateState::kActive) return StepActive(life, now);
    life.order = {.state = OrderState::kIntended, .start_time = now, .due_time = now};
    ++life.orders;
  }

  void StepActive(Life& life, absl::Time now) {
    const Renewal looked_at =
        NextRenewTime(life.certificate) > now ? Look(life, now) : life.renewal;
    const absl::Time renew_time = NextRenewTime(life.certificate);
    if (renew_time <= now) {
      ++renewals_by_hour_[absl::ToUnixSeconds(renew_time) / 3600];
      return Move(life, RenewalDue{}, now);
    }
    Move(life, StillWaiting{.next_look = NextLookAt(life.certificate, {looked_at})}, now);
  }

  // As reconcile/renewal_look.h and certificate_step.h do.
  Renewal Look(Life& life, absl::Time now) {
    Renewal renewal = life.renewal;
    if (renewal.refresh_time <= now) {
      ++life.looks;
      renewal = Ask(std::move(renewal), now);
    }
    const absl::Time renew_time = RenewTime(renewal);
    if (MoveRenewal(renewal.issuance, renew_time, now, life.certificate)) life.renewal = renewal;
    return renewal;
  }

  Renewal Ask(Renewal renewal, absl::Time now) const {
    if (world_.ca.EndAt(now)) return AfterNoWindow(std::move(renewal), std::nullopt, now);
    std::optional<AcmeRenewalInfo> info;
    if (offers_windows_) {
      const absl::Time start = renewal.validity.not_after - lifetime_ / 3;
      info = AcmeRenewalInfo{.window = {.start = start, .end = start + lifetime_ / 20}};
    }
    return AfterWindow(std::move(renewal), info, now);
  }

  // One step of the order; the steps in between are folded into those that may fail.
  void StepOrder(Life& life, absl::Time now) {
    if (world_.ca.EndAt(now)) {
      const absl::Duration pause = StepPause(life.order.tries, Fraction(world_.random));
      return MoveOrder(life, Retry{.retry_time = now + pause}, now);
    }
    if (life.order.state == OrderState::kIntended) {
      if (const auto end = world_.limit.EndAt(now)) return GiveUp(life, *end - now, now);
      MoveOrder(life, Created{}, now);
      MoveOrder(life, Published{}, now);
      return MoveOrder(life, Retry{.retry_time = now + kOrderTime, .counts = false}, now);
    }
    if (world_.dns.EndAt(now)) return GiveUp(life, std::nullopt, now);
    Issue(life, now);
  }

  void GiveUp(Life& life, std::optional<absl::Duration> retry_after, absl::Time now) {
    MoveOrder(life, GivenUp{}, now);
    MoveOrder(life, Withdrawn{}, now);
    ++life.failed_orders;
    const std::optional<absl::Time> end =
        life.certificate.issuance ? std::optional(life.renewal.validity.not_after) : std::nullopt;
    const absl::Duration pause = RenewalPause(life.failed_orders, retry_after, end, now);
    Move(life, OrderFailed{.retry_time = now + pause}, now);
  }

  void Issue(Life& life, absl::Time now) {
    if (life.certificate.issuance) CheckTheEnd(life, now);
    life.order = {.state = OrderState::kCompleted};
    life.failed_orders = 0;
    ++life.issuances;
    Issuance issuance;
    issuance.id = IssuanceId("iss_" + std::to_string(life.issuances));
    life.renewal = PlanRenewal({.issuance = issuance.id,
                                .validity = {.not_before = now, .not_after = now + lifetime_},
                                .draw = Fraction(world_.random)},
                               now);
    PlaceIssuance(issuance, RenewTime(life.renewal), life.certificate);
    Move(life,
         Issued{.validity = life.renewal.validity,
                .renew_time = NextLookAt(life.certificate, {life.renewal})},
         now);
  }

  // A certificate that ended before its successor came had no chance.
  void CheckTheEnd(Life& life, absl::Time now) {
    const absl::Time end = life.renewal.validity.not_after;
    if (now <= end) return;
    ++life.expirations;
    EXPECT_LT(world_.LongestHealth(end - kOneDay, end), kEnoughAtLast)
        << "ended at " << end << ", renewed at " << now;
    EXPECT_LT(world_.LongestHealth(*life.certificate.renew_time, end), kEnoughBefore)
        << "ended at " << end << ", renewed at " << now;
    EXPECT_LT(world_.LongestHealth(end, now), kEnoughAtLast) << "ended at " << end;
  }

  template <typename Event>
  void Move(Life& life, const Event& event, absl::Time now) {
    const auto next = Advance(life.certificate.progress, CertificateEvent{event}, now);
    ASSERT_TRUE(next.ok()) << next.status();
    life.certificate.progress = *next;
  }

  template <typename Event>
  void MoveOrder(Life& life, const Event& event, absl::Time now) {
    const auto next = Advance(life.order, OrderEvent{event}, now);
    ASSERT_TRUE(next.ok()) << next.status();
    life.order = *next;
  }

  using Due = std::pair<absl::Time, std::size_t>;

  World& world_;
  const absl::Duration lifetime_;
  const bool offers_windows_;
  std::vector<Life> lives_;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
  std::map<std::int64_t, int> renewals_by_hour_;
};

struct YearCase {
  std::string name;
  int count;
  int days;
  bool offers_windows;
  int max_issuances;  // in the year: renewals come no earlier than planned
};

class YearTest : public ::testing::TestWithParam<std::tuple<YearCase, std::uint64_t>> {
 protected:
  const YearCase& tested_ = std::get<0>(GetParam());
  World world_{std::get<1>(GetParam())};
};

// That none ends for lack of trying is checked wherever one is renewed late (CheckTheEnd).
TEST_P(YearTest, PassesWithOutages) {
  Year year(world_, tested_.days * kOneDay, tested_.offers_windows);
  year.Run(tested_.count);
  int busiest = 0;
  for (const auto& [hour, count] : year.renewals_by_hour()) busiest = std::max(busiest, count);
  // All were issued within an hour of each other: the first renewals spread over more than a tenth
  // of what is left of the lifetime.
  const double hours = tested_.days * 24.0 / 3 / 10;
  EXPECT_LE(busiest, std::max(20.0, 6 * tested_.count / hours));
  for (const Life& life : year.lives()) {
    EXPECT_GE(life.issuances, 365 / tested_.days);
    EXPECT_LE(life.issuances, tested_.max_issuances);
    EXPECT_EQ(life.certificate.progress.state == CertificateState::kFailed, false);
    EXPECT_NE(life.certificate.progress.due_time, absl::InfiniteFuture());
    // Asked for the window every six hours, or hourly while the CA does not answer.
    EXPECT_LE(life.looks, (tested_.offers_windows ? 365 * 4 : 365 * 2) + 24 * 40);
    EXPECT_LE(life.expirations, 3);
    // Orders are not opened faster than the schedule says: 1, 10, 100 minutes, a day, and on the
    // last day of a certificate hourly, then up to six an hour.
    EXPECT_LE(life.orders - life.issuances, life.issuances * 12 + 365);
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, YearTest,
    ::testing::Combine(::testing::Values(YearCase{"NinetyDays", 400, 90, true, 9},
                                         YearCase{"FortySevenDays", 400, 47, true, 16},
                                         YearCase{"SixDays", 50, 6, true, 130},
                                         YearCase{"NinetyDaysWithoutWindows", 400, 90, false, 9},
                                         YearCase{"SixDaysWithoutWindows", 50, 6, false, 140}),
                       ::testing::Values(1, 2)),
    [](const auto& test) {
      return std::get<0>(test.param).name + "Seed" + std::to_string(std::get<1>(test.param));
    });

}  // namespace
}  // namespace cert
