#include "bench/orders_bench.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "bench/agreement_load.h"
#include "bench/customer.h"
#include "bench/knot_waker.h"
#include "bench/order_load.h"
#include "lab/lab.h"

namespace bench {
namespace {

constexpr int kOrders = 160;  // of each client, in a round
constexpr int kSingleOrders = 10;
constexpr int kInFlight = 16;
constexpr int kAgreements = 160;
constexpr int kCachedAgreements = 32;
constexpr double kSecond = 1000;  // in milliseconds

constexpr char kPerSecond[] = "orders/s";
constexpr char kMilliseconds[] = "ms";

lab::Lab::Options QuickLab() {
  return {.pebble_sleeps = false,
          .nonce_reject_percent = 0,
          .authorization_reuse_percent = 0,
          .through_proxy = false,
          .probes = {"ams", "nyc"},
          .replicas = 1,
          // As many as orders in flight, and some for what they leave to do.
          .reconciler_threads = 24,
          .dns = {.customer_zones = CustomerZones(kInFlight), .delegation_secondary = false}};
}

struct OrderRows {
  Row throughput{.measure = "orders, 16 in flight, against a bare client",
                 .unit = kPerSecond,
                 .reference = "bare client",
                 .goal = Goal::kAtLeast,
                 .reach = 0.6};
  Row cpu{.measure = "our CPU per order against a bare client's",
          .unit = kMilliseconds,
          .reference = "bare client",
          .goal = Goal::kAtMost,
          .reach = 2};
  Row peer_throughput{.measure = "orders, 16 in flight, against acmez",
                      .unit = kPerSecond,
                      .reference = "acmez",
                      .goal = Goal::kAtLeast,
                      .reach = 0.6};
  Row peer_cpu{.measure = "our CPU per order against acmez's",
               .unit = kMilliseconds,
               .reference = "acmez",
               .goal = Goal::kAtMost,
               .reach = 2};
  Row onboarding{.measure = "domains from nothing to issued, 16 in flight",
                 .unit = kPerSecond,
                 .reference = "bare client",
                 .goal = Goal::kNone};
  Row single{.measure = "host and wildcard, records there to issued",
             .unit = kMilliseconds,
             .reference_value = kSecond,
             .goal = Goal::kAtMost,
             .reach = 1};
  Row agreed{.measure = "records there to agreed, 16 in flight, p99",
             .unit = kMilliseconds,
             .reference_value = 2 * kSecond,
             .goal = Goal::kAtMost,
             .reach = 1};
  Row agreed_after_cache{.measure = "end of a cached 'no' to agreed, p99",
                         .unit = kMilliseconds,
                         .reference_value = kSecond + absl::ToDoubleMilliseconds(LongestJitter()),
                         .goal = Goal::kAtMost,
                         .reach = 1};
  Row lateness{.measure = "look ended after the time shown for it, worst",
               .unit = kMilliseconds,
               .reference_value = kSecond,
               .goal = Goal::kAtMost,
               .reach = 1};
};

// Against the row's own bound.
void AddTime(Row& row, double milliseconds) {
  row.values.Add(milliseconds);
  row.ratios.Add(milliseconds / row.reference_value);
}

double QuantileMilliseconds(std::vector<absl::Duration> times, double share) {
  std::ranges::sort(times);
  const auto last = static_cast<double>(times.size() - 1);
  return absl::ToDoubleMilliseconds(times[static_cast<std::size_t>(share * last)]);
}

absl::Status MeasureAgreements(lab::Lab& lab, int round, OrderRows& rows) {
  ASSIGN_OR_RETURN(const std::vector<absl::Duration> plain,
                   TimeAgreements(lab, {.in_flight = kInFlight,
                                        .domains = kAgreements,
                                        .label = absl::StrFormat("agreed-%d", round)}));
  AddTime(rows.agreed, QuantileMilliseconds(plain, 0.99));
  ASSIGN_OR_RETURN(const std::vector<CachedAgreement> cached,
                   TimeCachedAgreements(lab, {.in_flight = kInFlight,
                                              .domains = kCachedAgreements,
                                              .label = absl::StrFormat("cached-%d", round)}));
  std::vector<absl::Duration> after_cache;
  std::vector<absl::Duration> late;
  for (const CachedAgreement& one : cached) {
    after_cache.push_back(one.after_cache);
    late.insert(late.end(), one.lateness.begin(), one.lateness.end());
  }
  AddTime(rows.agreed_after_cache, QuantileMilliseconds(after_cache, 0.99));
  AddTime(rows.lateness, QuantileMilliseconds(late, 1));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<Row>> BenchOrders(int rounds) {
  ASSIGN_OR_RETURN(const std::unique_ptr<lab::Lab> lab, lab::Lab::Start(QuickLab()));
  OrderRows rows;
  Samples onboardings;
  Samples speeds;
  Samples costs;
  Samples peer_speeds;
  Samples peer_costs;
  lab::DnsTree& dns = lab->dns();
  const KnotWaker waker({{&dns.delegation_primary(), lab::kDelegationZone},
                         {&dns.customer_first(), kCustomersZone},
                         {&dns.customer_second(), kCustomersZone}});
  for (int round = 0; round < rounds; ++round) {
    ASSIGN_OR_RETURN(
        const OrderRun bare,
        RunGenerator(*lab, {.orders = kOrders, .label = absl::StrFormat("bare-%d", round)}));
    ASSIGN_OR_RETURN(
        const OrderRun peer,
        RunPeer(*lab, {.orders = kOrders, .label = absl::StrFormat("acmez-%d", round)}));
    const std::string label = absl::StrFormat("ours-%d", round);
    ASSIGN_OR_RETURN(const OrderRun onboarding,
                     RunPadlock(*lab, {.orders = kOrders, .label = label}));
    // As autovacuum does within a minute: until then PostgreSQL takes every table for a small one.
    RETURN_IF_ERROR(lab->postgres().Execute("padlock", "ANALYZE"));
    ASSIGN_OR_RETURN(const OrderRun ours,
                     RunPadlock(*lab, {.orders = kOrders, .label = label, .onboarded = true}));
    Add(rows.onboarding, onboardings, onboarding.per_second(), bare.per_second());
    Add(rows.throughput, speeds, ours.per_second(), bare.per_second());
    Add(rows.cpu, costs, ours.cpu_milliseconds(), bare.cpu_milliseconds());
    Add(rows.peer_throughput, peer_speeds, ours.per_second(), peer.per_second());
    Add(rows.peer_cpu, peer_costs, ours.cpu_milliseconds(), peer.cpu_milliseconds());
    ASSIGN_OR_RETURN(const OrderRun single,
                     RunPadlock(*lab, {.in_flight = 1,
                                       .orders = kSingleOrders,
                                       .label = absl::StrFormat("single-%d", round),
                                       .wildcard = true}));
    for (const absl::Duration time : single.times) {
      AddTime(rows.single, absl::ToDoubleMilliseconds(time));
    }
    RETURN_IF_ERROR(MeasureAgreements(*lab, round, rows));
  }
  return std::vector<Row>{std::move(rows.throughput),      std::move(rows.cpu),
                          std::move(rows.peer_throughput), std::move(rows.peer_cpu),
                          std::move(rows.onboarding),      std::move(rows.single),
                          std::move(rows.agreed),          std::move(rows.agreed_after_cache),
                          std::move(rows.lateness)};
}

}  // namespace bench
