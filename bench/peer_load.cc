#include <memory>
#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include "base/deadline.h"
#include "base/status_macros.h"
#include "bench/order_load.h"
#include "lab/dns_tree.h"
#include "lab/process.h"
#include "lab/stack.h"

namespace bench {
namespace {

constexpr absl::Duration kPatience = absl::Minutes(2);

// The one line that bench/peer prints.
absl::StatusOr<OrderRun> ParseRun(const std::string& output) {
  const auto run = nlohmann::json::parse(output, nullptr, /*allow_exceptions=*/false);
  if (!run.is_object()) return absl::InternalError("the peer printed: " + output);
  return OrderRun{.orders = run.value("orders", 0.0),
                  .seconds = run.value("seconds", 0.0),
                  .cpu_seconds = run.value("cpu_seconds", 0.0)};
}

}  // namespace

absl::StatusOr<OrderRun> RunPeer(lab::Lab& lab, const OrderLoad& load) {
  const lab::TsigKey& key = lab.dns().delegation_key();
  ASSIGN_OR_RETURN(const std::unique_ptr<lab::Process> peer,
                   lab::Process::Start(
                       {.name = "acme-peer",
                        .command = {PADLOCK_BENCH_PEER,                         //
                                    "-directory", lab.pebble().DirectoryUrl(),  //
                                    "-root", lab.authority().root_file(),       //
                                    "-nameserver",
                                    absl::StrFormat("%s:%d", lab.dns().delegation_servers().front(),
                                                    lab::kDnsPort),                 //
                                    "-zone", lab::kDelegationZone,                  //
                                    "-key", key.name,                               //
                                    "-label", load.label,                           //
                                    "-orders", absl::StrFormat("%d", load.orders),  //
                                    "-in-flight", absl::StrFormat("%d", load.in_flight)},
                        .environment = {"TSIG_SECRET=" + key.secret}}));
  ASSIGN_OR_RETURN(const int code, peer->Wait(base::Deadline::After(kPatience)));
  if (code != 0) return absl::InternalError("the peer failed: " + peer->Output());
  return ParseRun(peer->Output());
}

}  // namespace bench
