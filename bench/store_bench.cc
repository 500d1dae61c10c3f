#include "bench/store_bench.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/random.h"
#include "base/status_macros.h"
#include "bench/store_fill.h"
#include "cert/app/certificates.h"
#include "cert/keys/sealer.h"
#include "cert/store/connection_pool.h"
#include "cert/store/migrate.h"
#include "cert/store/postgres_store.h"
#include "cert/store/postgres_work_queue.h"
#include "lab/test_database.h"

namespace bench {
namespace {

constexpr int kDue = 2'000;    // at either size: what is overdue costs, not what is there
constexpr int kClaimed = 8;    // rows for each claim
constexpr int kWarmUp = 200;   // calls
constexpr int kCalls = 1'000;  // for each measurement, at either size
constexpr double kReach = 1.3;

// One size.
class Subject {
 public:
  static absl::StatusOr<std::unique_ptr<Subject>> Create(int certificates) {
    ASSIGN_OR_RETURN(auto database, lab::TestDatabase::Create([](const std::string& owner) {
                       return cert::Migrate(owner);
                     }));
    RETURN_IF_ERROR(FillStore(database->ConnectionString("postgres"), certificates, kDue));
    return std::unique_ptr<Subject>(new Subject(certificates, std::move(database)));
  }

  absl::Status Get(int draw) {
    const int id = draw % certificates_;
    const std::string tenant = absl::StrFormat("t%d", id % kTenants);
    const cert::Caller caller{
        .identity = {.name = "bench", .tenant = tenant, .roles = {transport::Role::kReader}},
        .request_id = "bench"};
    return certificates_api_
        .Get(caller, absl::StrFormat("tenants/%s/certificates/crt_%d", tenant, id),
             cert::Certificates::View::kBasic)
        .status();
  }

  absl::Status Claim() {
    ASSIGN_OR_RETURN(leases_, queue_.ClaimDue({.limit = kClaimed, .lease = absl::Seconds(30)}));
    if (leases_.size() == kClaimed) return absl::OkStatus();
    return absl::InternalError("too few rows are due");
  }
  absl::Status GiveBack() {
    for (const cert::Lease& lease : leases_) RETURN_IF_ERROR(queue_.GiveBack(lease));
    return absl::OkStatus();
  }

  absl::Status LookAhead() { return queue_.UntilNextDue().status(); }

 private:
  Subject(int certificates, std::unique_ptr<lab::TestDatabase> database)
      : certificates_(certificates),
        database_(std::move(database)),
        pool_({.connection_string = database_->ConnectionString("padlock_cert")}),
        claim_pool_({.connection_string = database_->ConnectionString("padlock_claim")}) {}

  const int certificates_;
  const std::unique_ptr<lab::TestDatabase> database_;
  cert::ConnectionPool pool_;
  cert::ConnectionPool claim_pool_;
  cert::PostgresStore store_{pool_, base::SystemRandom()};
  cert::PostgresWorkQueue queue_{claim_pool_};
  const cert::Sealer sealer_ = *cert::Sealer::Create({{"kek1", std::string(32, 'k')}});
  cert::Certificates certificates_api_{store_, sealer_};
  std::vector<cert::Lease> leases_;
};

// One call to measure, with what has to be put right after it.
struct Measure {
  std::string name;
  std::function<absl::Status(Subject&, int draw)> call;
  std::function<absl::Status(Subject&)> afterwards = [](Subject&) { return absl::OkStatus(); };
};

std::vector<Measure> Measures() {
  return {{.name = "Get", .call = [](Subject& subject, int draw) { return subject.Get(draw); }},
          {.name = "claim of due work",
           .call = [](Subject& subject, int) { return subject.Claim(); },
           .afterwards = [](Subject& subject) { return subject.GiveBack(); }},
          {.name = "look for the next due time",
           .call = [](Subject& subject, int) { return subject.LookAhead(); }}};
}

absl::StatusOr<double> Microseconds(Subject& subject, const Measure& measure, int draw) {
  const auto start = std::chrono::steady_clock::now();
  RETURN_IF_ERROR(measure.call(subject, draw));
  const double elapsed =
      std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count();
  RETURN_IF_ERROR(measure.afterwards(subject));
  return elapsed;
}

double Quantile(std::vector<double> values, double share) {
  std::ranges::sort(values);
  return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
}

Row MakeRow(const std::string& measure, const char* quantile) {
  return {.measure = measure + ", " + quantile,
          .unit = "us",
          .reference = "few certificates",
          .goal = Goal::kAtMost,
          .reach = kReach};
}

struct Rows {
  Row median;
  Row tail;
  Samples medians;  // of few
  Samples tails;
};

void AddRatio(Row& row, Samples& references, double many, double few) {
  row.values.Add(many);
  references.Add(few);
  row.reference_value = references.Median();
  row.ratios.Add(many / few);
}

absl::Status RunRound(const Measure& measure, Subject& few, Subject& many, std::mt19937& random,
                      Rows& rows) {
  std::vector<double> with_few;
  std::vector<double> with_many;
  for (int i = -kWarmUp; i < kCalls; ++i) {
    const int draw = static_cast<int>(random() >> 1U);
    ASSIGN_OR_RETURN(const double here, Microseconds(few, measure, draw));
    ASSIGN_OR_RETURN(const double there, Microseconds(many, measure, draw));
    if (i < 0) continue;
    with_few.push_back(here);
    with_many.push_back(there);
  }
  AddRatio(rows.median, rows.medians, Quantile(with_many, 0.5), Quantile(with_few, 0.5));
  AddRatio(rows.tail, rows.tails, Quantile(with_many, 0.99), Quantile(with_few, 0.99));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<Row>> BenchStore(int rounds, StoreSizes sizes) {
  ASSIGN_OR_RETURN(const auto few, Subject::Create(sizes.few));
  ASSIGN_OR_RETURN(const auto many, Subject::Create(sizes.many));
  const std::vector<Measure> measures = Measures();
  std::vector<Rows> rows;
  for (const Measure& measure : measures) {
    rows.push_back({.median = MakeRow(measure.name, "p50"), .tail = MakeRow(measure.name, "p99")});
  }
  std::mt19937 random(1);  // NOLINT: the same draws in every run
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < measures.size(); ++i) {
      RETURN_IF_ERROR(RunRound(measures[i], *few, *many, random, rows[i]));
    }
  }
  std::vector<Row> all;
  for (Rows& each : rows) {
    all.push_back(std::move(each.median));
    all.push_back(std::move(each.tail));
  }
  return all;
}

}  // namespace bench
