#include "bench/orders_bench.h"

#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "bench/knot_waker.h"
#include "bench/order_load.h"
#include "lab/lab.h"

namespace bench {
namespace {

constexpr int kOrders = 160;  // of each client, in a round
constexpr int kSingleOrders = 10;
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
          .dns = {.delegation_secondary = false},
          // As many as orders in flight, and some for what they leave to do.
          .cert_config = "reconciler_threads: 24\n"};
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
  Row onboarding{.measure = "domains from nothing to issued, 16 in flight",
                 .unit = kPerSecond,
                 .reference = "bare client",
                 .goal = Goal::kNone};
  Row single{.measure = "host and wildcard, records there to issued",
             .unit = kMilliseconds,
             .reference_value = kSecond,
             .goal = Goal::kAtMost,
             .reach = 1};
};

}  // namespace

absl::StatusOr<std::vector<Row>> BenchOrders(int rounds) {
  ASSIGN_OR_RETURN(const std::unique_ptr<lab::Lab> lab, lab::Lab::Start(QuickLab()));
  OrderRows rows;
  Samples onboardings;
  Samples speeds;
  Samples costs;
  lab::DnsTree& dns = lab->dns();
  const KnotWaker waker({{&dns.delegation_primary(), lab::kDelegationZone},
                         {&dns.customer_first(), kCustomersZone},
                         {&dns.customer_second(), kCustomersZone}});
  for (int round = 0; round < rounds; ++round) {
    ASSIGN_OR_RETURN(
        const OrderRun bare,
        RunGenerator(*lab, {.orders = kOrders, .label = absl::StrFormat("bare-%d", round)}));
    const std::string label = absl::StrFormat("ours-%d", round);
    ASSIGN_OR_RETURN(const OrderRun onboarding,
                     RunPadlock(*lab, {.orders = kOrders, .label = label}));
    ASSIGN_OR_RETURN(const OrderRun ours,
                     RunPadlock(*lab, {.orders = kOrders, .label = label, .onboarded = true}));
    Add(rows.onboarding, onboardings, onboarding.per_second(), bare.per_second());
    Add(rows.throughput, speeds, ours.per_second(), bare.per_second());
    Add(rows.cpu, costs, ours.cpu_milliseconds(), bare.cpu_milliseconds());
    ASSIGN_OR_RETURN(const OrderRun single,
                     RunPadlock(*lab, {.in_flight = 1,
                                       .orders = kSingleOrders,
                                       .label = absl::StrFormat("single-%d", round),
                                       .wildcard = true}));
    for (const absl::Duration time : single.times) {
      rows.single.values.Add(absl::ToDoubleMilliseconds(time));
      rows.single.ratios.Add(absl::ToDoubleMilliseconds(time) / kSecond);
    }
  }
  return std::vector<Row>{std::move(rows.throughput), std::move(rows.cpu),
                          std::move(rows.onboarding), std::move(rows.single)};
}

}  // namespace bench
