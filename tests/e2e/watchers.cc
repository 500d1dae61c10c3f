#include "e2e/watchers.h"

#include <algorithm>
#include <atomic>
#include <fstream>
#include <functional>
#include <memory>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "base/deadline.h"
#include "base/status_macros.h"
#include "cli/settings.h"
#include "e2e/tenant.h"
#include "e2e/watch_stream.h"
#include "lab/parallel.h"
#include "transport/connection.h"
#include "transport/tls.h"

namespace e2e {
namespace {

constexpr absl::Duration kLook = absl::Milliseconds(50);
constexpr absl::Duration kBetweenCuts = absl::Milliseconds(300);
constexpr std::size_t kKibibyte = 1024;

// Resident memory (proc(5)).
std::size_t Resident(const lab::Service& service) {
  std::ifstream status(absl::StrFormat("/proc/%d/status", service.pid()));
  for (std::string word; status >> word;) {
    std::size_t kibibytes = 0;
    if (word == "VmRSS:" && status >> kibibytes) return kibibytes * kKibibyte;
  }
  return 0;
}

std::size_t Resident(lab::Lab& lab) {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < lab.replicas(); ++i) bytes += Resident(lab.cert(i));
  return bytes;
}

// A tenant with its writers' connections and its watchers' channels, to each replica.
struct Party {
  std::string name;
  std::unique_ptr<Tenant> tenant;
  std::vector<std::unique_ptr<pb::EventService::Stub>> stubs;
};

absl::StatusOr<Party> Gather(lab::Lab& lab, const WatchPlan& plan, std::size_t number) {
  Party party{.name = absl::StrFormat("watched%d", number)};
  ASSIGN_OR_RETURN(party.tenant, Tenant::Connect(lab, party.name));
  ASSIGN_OR_RETURN(const std::string file, lab.WriteCliConfig(party.name, "admin"));
  ASSIGN_OR_RETURN(const cli::Settings settings, cli::LoadSettings(file));
  ASSIGN_OR_RETURN(const auto credentials, transport::MakeChannelCredentials(settings.tls));
  for (std::size_t i = 0; i < plan.channels * lab.replicas(); ++i) {
    grpc::ChannelArguments arguments;
    transport::Configure(settings.tls_server_name, arguments);
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // a connection of its own
    party.stubs.push_back(pb::EventService::NewStub(
        grpc::CreateCustomChannel(lab.grpc_address(i % lab.replicas()), credentials, arguments)));
  }
  return party;
}

absl::Status Write(Tenant& tenant, std::size_t replica, const WatchPlan& plan) {
  ASSIGN_OR_RETURN(const std::unique_ptr<cli::Client> api, tenant.ConnectTo(replica));
  for (std::size_t i = 0; i < plan.domains_per_writer; ++i) {
    const std::string hostname = absl::StrFormat("w%d-%d.shop.test", replica, i);
    ASSIGN_OR_RETURN(const pb::Domain domain, api->CreateDomain({.hostname = hostname}));
    RETURN_IF_ERROR(api->DeleteDomain(domain.name()));
  }
  return absl::OkStatus();
}

using Streams = std::vector<std::unique_ptr<WatchStream>>;

// Until each stream satisfies it.
absl::Status AwaitAll(const Streams& streams, const std::string& what,
                      const std::function<bool(std::size_t, const WatchStream::Seen&)>& satisfied) {
  const base::Deadline deadline = base::Deadline::After(2 * kPatience);
  for (std::size_t i = 0; i < streams.size(); ++i) {
    WatchStream::Seen seen = streams[i]->seen();
    while (seen.broken.ok() && !satisfied(i, seen)) {
      if (deadline.Expired()) {
        return absl::DeadlineExceededError(
            absl::StrFormat("stream %d has not %s: it is at %d", i, what, seen.last));
      }
      absl::SleepFor(kLook);
      seen = streams[i]->seen();
    }
    RETURN_IF_ERROR(seen.broken);
  }
  return absl::OkStatus();
}

absl::Status WriteAll(std::vector<Party>& parties, std::size_t replicas, const WatchPlan& plan) {
  std::vector<std::function<absl::Status()>> writers;
  for (Party& party : parties) {
    for (std::size_t replica = 0; replica < replicas; ++replica) {
      writers.emplace_back(
          [&party, replica, &plan] { return Write(*party.tenant, replica, plan); });
    }
  }
  return lab::InParallel(writers);
}

// The number of the tenant's newest event.
absl::StatusOr<std::int64_t> HeadOf(Party& party) {
  WatchStream probe(*party.stubs.front(), "tenants/" + party.name);
  probe.Start();
  const base::Deadline deadline = base::Deadline::After(kPatience);
  while (!probe.seen().begun && !deadline.Expired()) absl::SleepFor(kLook);
  if (!probe.seen().begun) return absl::DeadlineExceededError("no watch begins");
  return probe.seen().first;
}

WatchOutcome Sum(const Streams& streams) {
  WatchOutcome outcome;
  std::vector<absl::Duration> lags;
  for (const auto& stream : streams) {
    const WatchStream::Seen seen = stream->seen();
    outcome.seen += static_cast<std::size_t>(seen.last - seen.first);
    outcome.resumed += seen.resumed;
    lags.insert(lags.end(), seen.lags.begin(), seen.lags.end());
  }
  if (lags.empty()) return outcome;
  std::ranges::sort(lags);
  outcome.median_lag = lags[lags.size() / 2];
  outcome.late_lag = lags[lags.size() * 99 / 100];
  return outcome;
}

}  // namespace

absl::StatusOr<WatchOutcome> WatchAll(lab::Lab& lab, const WatchPlan& plan) {
  std::vector<Party> parties;
  for (std::size_t i = 0; i < plan.tenants; ++i) {
    ASSIGN_OR_RETURN(Party party, Gather(lab, plan, i));
    parties.push_back(std::move(party));
  }
  const std::size_t bytes_before = Resident(lab);
  Streams streams;
  for (std::size_t i = 0; i < plan.streams; ++i) {
    Party& party = parties[i % plan.tenants];
    auto& stub = *party.stubs[i / plan.tenants % party.stubs.size()];
    streams.push_back(std::make_unique<WatchStream>(stub, "tenants/" + party.name));
    streams.back()->Start();
  }
  RETURN_IF_ERROR(AwaitAll(streams, "begun",
                           [](std::size_t, const WatchStream::Seen& seen) { return seen.begun; }));

  std::atomic<bool> done = false;
  std::thread scissors([&] {
    for (std::size_t round = 0; !done; ++round) {
      for (std::size_t i = round % 2; i < streams.size(); i += plan.cut_every) streams[i]->Cut();
      absl::SleepFor(kBetweenCuts);
    }
  });
  const absl::Status written = WriteAll(parties, lab.replicas(), plan);
  done = true;
  scissors.join();
  RETURN_IF_ERROR(written);

  // What follows from a deletion is told later still: where the log is now is enough.
  std::vector<std::int64_t> heads;
  for (Party& party : parties) {
    ASSIGN_OR_RETURN(const std::int64_t head, HeadOf(party));
    heads.push_back(head);
  }
  RETURN_IF_ERROR(
      AwaitAll(streams, "seen the last event", [&](std::size_t i, const WatchStream::Seen& seen) {
        return seen.last >= heads[i % plan.tenants];
      }));
  WatchOutcome outcome = Sum(streams);
  for (const std::int64_t head : heads) outcome.events += static_cast<std::size_t>(head);
  outcome.bytes_before = bytes_before;
  outcome.bytes_after = Resident(lab);
  return outcome;
}

}  // namespace e2e
