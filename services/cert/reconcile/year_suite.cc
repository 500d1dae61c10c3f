// A year of a 90-day, a 47-day and a 6-day certificate on the real steps and a real database. The
// clock jumps to whatever is due next, once everything before it is done. CA and workers are away
// at times, above all when something is to be renewed.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <string>
#include <vector>

#include "cert/reconcile/testing/reconcile_fixture.h"

namespace cert {
namespace {

using ::testing::AllOf;
using ::testing::Ge;
using ::testing::Le;

constexpr absl::Duration kDay = absl::Hours(24);
constexpr absl::Duration kYear = absl::Hours(365 * 24);

// The machine's clock, moved ahead. Thread-safe.
class MovedClock final : public base::Clock {
 public:
  absl::Time TimeNow() const override {
    return base::SystemClock().TimeNow() + absl::Seconds(seconds_.load());
  }
  void Move(absl::Duration ahead) { seconds_ = absl::ToInt64Seconds(ahead); }

 private:
  std::atomic<std::int64_t> seconds_ = 0;
};

struct Outage {
  bool of_ca = false;
  bool of_workers = false;
  absl::Duration start;  // since the year's beginning
  absl::Duration end;
  bool of_renewal = false;  // begins shortly before one is due
};

// What is away, and for how long, when a certificate is to be renewed for the n-th time.
const std::map<int, Outage> kOutagesOfRenewals = {
    {2, {.of_ca = true, .end = absl::Minutes(80)}},
    {3, {.of_workers = true, .end = absl::Hours(12)}},
    {4, {.of_ca = true, .of_workers = true, .end = absl::Minutes(40)}},
    {30, {.of_workers = true, .end = absl::Hours(20)}},
};
constexpr absl::Duration kBeforeRenewal = absl::Minutes(30);

class YearSuite : public ReconcileTest {
 protected:
  YearSuite() {
    moved_ca_.Change([](FakeCaOptions& ca) {
      ca.offers_renewal_info = true;
      ca.renewal_retry_after = kDay;
    });
  }

  Services MakeServices() override {
    Services services = ReconcileTest::MakeServices();
    services.authorities = {
        {.name = "fake", .client = &moved_ca_, .issuer_roots = IssuerRoots(roots_)}};
    return services;
  }

  // What is due now, or is being done.
  struct Agenda {
    int open = 0;
    absl::Duration next;  // due time of the first of the others, since the year's beginning
    int served = 0;       // certificates with an issuance that has not expired
    int asleep = 0;       // domains and certificates that are not to be looked at any more
    int late = 0;         // renewals that are due
    int overlooked = 0;   // of those, that nobody will go on with within a day
  };
  Agenda Look() {
    const pqxx::row row = sql_.exec1(R"(
      WITH t AS MATERIALIZED (SELECT padlock.padlock_clock() AS now)
      SELECT count(*) FILTER (WHERE w.lease_token IS NOT NULL OR w.due_time <= t.now),
        extract(epoch FROM min(w.due_time)),
        (SELECT count(*) FROM padlock.certificates AS c
         JOIN padlock.issuances AS i ON i.tenant = c.tenant AND i.id = c.issuance, t
         WHERE i.not_after > t.now),
        count(*) FILTER (WHERE w.kind IN ('domain', 'certificate') AND w.due_time IS NULL),
        (SELECT count(*) FROM padlock.certificates AS c, t WHERE c.renew_time <= t.now),
        (SELECT count(*) FROM padlock.certificates AS c, t
         WHERE c.renew_time <= t.now AND NOT EXISTS (
           SELECT FROM padlock.work AS r WHERE r.tenant = c.tenant AND r.id IN (c.id, c.order_id)
             AND r.due_time <= t.now + interval '1 day'))
      FROM padlock.work AS w, t)");
    return {.open = row[0].as<int>(),
            .next = SinceBegin(row[1].as<double>()),
            .served = row[2].as<int>(),
            .asleep = row[3].as<int>(),
            .late = row[4].as<int>(),
            .overlooked = row[5].as<int>()};
  }

  absl::Duration SinceBegin(double unix_seconds) const {
    return absl::UnixEpoch() + absl::Seconds(unix_seconds) - begin_;
  }

  // By the clock of everybody.
  void MoveTo(absl::Duration time) {
    const absl::Duration ahead = begin_ + time - base::SystemClock().TimeNow() + absl::Seconds(1);
    clock_.Move(ahead);
    sql_.exec0(absl::StrFormat("UPDATE padlock.clock SET time_offset = '%d seconds'",
                               absl::ToInt64Seconds(ahead)));
    time_ = time;
  }

  // Those that begin when the renewals that are planned now are due.
  void PlanOutages() {
    for (const pqxx::row& row :
         sql_.exec("SELECT id, extract(epoch FROM renew_time) FROM padlock.certificates")) {
      const absl::Duration due = SinceBegin(row[1].as<double>());
      std::vector<absl::Duration>& known = renewals_[row[0].as<std::string>()];
      // It is looked at daily; by then the CA's window has moved the first plan.
      if (due > time_ + kBeforeRenewal && due < time_ + absl::Hours(30) &&
          (known.empty() || known.back() + kDay < due)) {
        known.push_back(due);
        const auto planned = kOutagesOfRenewals.find(static_cast<int>(known.size()));
        if (planned == kOutagesOfRenewals.end()) continue;
        Outage& outage = outages_.emplace_back(planned->second);
        outage.of_renewal = true;
        outage.start = due - kBeforeRenewal;
        outage.end += due;
      }
    }
  }

  void SetOutages() {
    bool ca_away = false;
    bool workers_away = false;
    for (const Outage& outage : outages_) {
      const bool lasts = outage.start <= time_ && time_ < outage.end;
      ca_away |= lasts && outage.of_ca;
      workers_away |= lasts && outage.of_workers;
    }
    moved_ca_.SetAway(ca_away);
    prober_.Answer([workers_away](const Question& question, const std::string&) {
      return workers_away ? View{.failure = "no worker answers"} : testing::Agrees(question);
    });
  }

  bool EndsOutageOfRenewal() const {
    return std::ranges::any_of(
        outages_, [&](const Outage& outage) { return outage.of_renewal && outage.end == time_; });
  }

  // The next moment at which something changes: a row is due, an outage begins or ends.
  absl::Duration Next(absl::Duration due) const {
    due = std::max(due, time_ + absl::Seconds(1));
    for (const Outage& outage : outages_) {
      if (outage.start > time_) due = std::min(due, outage.start);
      if (outage.end > time_) due = std::min(due, outage.end);
    }
    return due;
  }

  ::testing::AssertionResult Settles(Agenda& agenda) {
    const base::Deadline deadline = base::Deadline::After(kPatience);
    while (!deadline.Expired()) {
      agenda = Look();
      if (agenda.open == 0) return ::testing::AssertionSuccess();
      base::MutexLock lock(mutex_);
      changed_.WaitFor(mutex_, absl::Milliseconds(2));
    }
    return ::testing::AssertionFailure() << agenda.open << " rows are still open";
  }

  MovedClock clock_;
  FakeAcmeClient moved_ca_{{.profiles = {{"d90", 90 * kDay}, {"d47", 47 * kDay}, {"d6", 6 * kDay}}},
                           clock_};
  const std::string roots_ = WriteRoots(moved_ca_.RootPem());
  pqxx::connection connection_{database_->ConnectionString("postgres")};
  pqxx::nontransaction sql_{connection_};
  const absl::Time begin_ = base::SystemClock().TimeNow();
  absl::Duration time_;  // since then
  std::vector<Outage> outages_ = {
      {.of_workers = true, .start = 100 * kDay, .end = 100 * kDay + absl::Hours(20)},
      {.of_ca = true, .start = 200 * kDay, .end = 200 * kDay + absl::Hours(6)}};
  std::map<std::string, std::vector<absl::Duration>> renewals_;  // due times, by certificate
};

TEST_F(YearSuite, ACertificateOfAnyLifetimeIsServedThroughout) {
  StartReconciler();
  for (const char* profile : {"d90", "d47", "d6"}) {
    const auto made =
        domains_.Create(Operator("a"), {.parent = "tenants/a",
                                        .hostname = absl::StrFormat("%s.example.com", profile),
                                        .settings = {.profile = profile}});
    ASSERT_THAT(made, IsOk());
    ASSERT_TRUE(Reaches(made->domain, CertificateState::kActive));
  }
  int outages_survived = 0;
  for (Agenda agenda; time_ < kYear; reconciler_->Wake()) {
    ASSERT_TRUE(Settles(agenda)) << "at " << time_;
    ASSERT_EQ(agenda.served, 3) << "at " << time_;
    ASSERT_EQ(agenda.asleep, 0) << "at " << time_;
    ASSERT_EQ(agenda.overlooked, 0) << "at " << time_;
    PlanOutages();
    MoveTo(Next(agenda.next));
    const Agenda then = Look();
    ASSERT_EQ(then.served, 3) << "at " << time_;
    if (EndsOutageOfRenewal()) {
      EXPECT_GE(then.late, 1) << "at " << time_;
      ++outages_survived;
    }
    SetOutages();
  }
  EXPECT_GE(outages_survived, 10);
  for (const auto& [certificate, due_times] : renewals_) EXPECT_GE(due_times.size(), 5U);
  // None was renewed much earlier than planned, and nothing was ordered in vain over and over.
  EXPECT_THAT(moved_ca_.IssuedCertificates(), AllOf(Ge(6U + 11 + 78), Le(7U + 12 + 95)));
  EXPECT_LE(moved_ca_.Count(AcmeCall::kNewOrder), 200);
}

}  // namespace
}  // namespace cert
