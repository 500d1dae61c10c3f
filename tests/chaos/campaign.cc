#include "chaos/campaign.h"

#include <iostream>
#include <memory>
#include <pqxx/pqxx>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/deadline.h"
#include "base/status_macros.h"
#include "chaos/customers.h"
#include "chaos/faults.h"
#include "chaos/schedule.h"
#include "e2e/invariants.h"

namespace chaos {
namespace {

constexpr absl::Duration kTimeToRest = absl::Minutes(2);
constexpr std::chrono::milliseconds kLook(200);

// What is still to be done, and how long until the first of it is due if nobody is at it.
constexpr char kUnfinished[] = R"(
SELECT count(*) AS number,
       coalesce(string_agg(kind || ' ' || id || ' ' || state, ', '), '') AS what,
       CASE WHEN bool_or(lease_expire_time > padlock.padlock_now()) THEN 0
            ELSE coalesce(extract(epoch FROM min(due_time) - padlock.padlock_now()), 0) END AS pause
FROM padlock.work
WHERE due_time IS NOT NULL AND NOT (kind <> 'order' AND state = 'ACTIVE'))";
constexpr char kPassTime[] =
    "UPDATE padlock.clock SET time_offset = time_offset + make_interval(secs => %f);"
    "SELECT pg_notify('padlock_work', '')";
constexpr char kCounts[] = R"(
SELECT count(*) FILTER (WHERE kind = 'order') AS orders,
       count(*) FILTER (WHERE kind = 'order' AND state = 'FAILED') AS failed,
       (SELECT count(*) FROM padlock.issuances) AS issuances,
       (SELECT coalesce(sum(last_event_number), 0) FROM padlock.tenants) AS events
FROM padlock.work)";

lab::Lab::Options LabOptions() {
  lab::Lab::Options options;
  options.pebble_sleeps = false;
  options.nonce_reject_percent = 20;
  options.relays = true;
  options.order_limit = e2e::kUnreachedLimit;
  options.order_limit_window = e2e::kWholeRun;
  options.cert_config = "lease_duration { seconds: 5 }\n";
  return options;
}

pqxx::row QueryRow(const lab::Lab& lab, const char* sql) {
  pqxx::connection connection(lab.DatabaseFor("padlock_read"));
  return pqxx::nontransaction(connection).exec1(sql);
}

// Lets the database's clock run ahead where all that is left waits for a later time: a retry may be
// hours away.
absl::Status ComeToRest(lab::Lab& lab) {
  const base::Deadline deadline = base::Deadline::After(kTimeToRest);
  std::string what;
  while (!deadline.Expired()) {
    const pqxx::row left = QueryRow(lab, kUnfinished);
    if (left["number"].as<int>() == 0) return absl::OkStatus();
    what = left["what"].as<std::string>();
    const double pause = left["pause"].as<double>();
    if (pause > 1) {
      RETURN_IF_ERROR(lab.postgres().Execute("padlock", absl::StrFormat(kPassTime, pause)));
    }
    std::this_thread::sleep_for(kLook);
  }
  return absl::DataLossError("this does not come to its end: " + what);
}

absl::Status CheckAll(lab::Lab& lab, const std::vector<e2e::pb::Domain>& wanted, int forgotten) {
  RETURN_IF_ERROR(e2e::CheckLedger(lab, {.forgotten = forgotten, .counted = true}));
  ASSIGN_OR_RETURN(const std::unique_ptr<e2e::Tenant> tenant,
                   e2e::Tenant::Connect(lab, Customers::kTenant));
  for (const e2e::pb::Domain& domain : wanted) {
    RETURN_IF_ERROR(e2e::CheckServed(*tenant, domain));
  }
  return absl::OkStatus();
}

absl::Status Judge(lab::Lab& lab, const Schedule& schedule, const Customers::Done& done) {
  RETURN_IF_ERROR(done.status);
  RETURN_IF_ERROR(ComeToRest(lab));
  const pqxx::row counts = QueryRow(lab, kCounts);
  std::cout << "faults:\n";
  for (const auto& [name, times] : schedule.counts()) {
    std::cout << absl::StrFormat("%4d  %s\n", times, name);
  }
  std::cout << absl::StrFormat(
      "domains: %d to be served, %d deleted; calls that failed and were repeated: %d\n"
      "orders: %s, of which %s failed; certificates issued: %s; events: %s\n",
      done.wanted.size(), done.deleted, done.failed_calls, counts["orders"].c_str(),
      counts["failed"].c_str(), counts["issuances"].c_str(), counts["events"].c_str());
  // An order that the CA forgot after it was finalized fails here, and another takes its place.
  const bool forgot = schedule.counts().contains(kLostMemory);
  return CheckAll(lab, done.wanted, forgot ? counts["failed"].as<int>() : 0);
}

}  // namespace

absl::Status RunCampaign(const Plan& plan) {
  std::cout << absl::StrFormat("seed %d, %s\n", plan.seed, absl::FormatDuration(plan.length));
  ASSIGN_OR_RETURN(const std::unique_ptr<lab::Lab> lab, lab::Lab::Start(LabOptions()));
  Customers customers(*lab, plan.seed);
  Schedule schedule(AllFaults(*lab), plan.seed);
  const absl::Status ran = schedule.Run(base::Deadline::After(plan.length));
  const Customers::Done done = customers.Stop();
  RETURN_IF_ERROR(ran);
  try {
    return Judge(*lab, schedule, done);
  } catch (const std::exception& error) {
    return absl::InternalError(error.what());
  }
}

}  // namespace chaos
