#include "chaos/faults.h"

#include <atomic>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_format.h"

namespace chaos {
namespace {

constexpr absl::Duration kShort = absl::Seconds(2);
constexpr absl::Duration kBeyondALease = absl::Seconds(8);
constexpr int kOneIn = 3;  // of the messages that a fault loses

using Step = std::function<absl::Status()>;

// A step that cannot fail.
template <typename Body>
Step Do(Body body) {
  return [body] {
    body();
    return absl::OkStatus();
  };
}

// Says yes once in so many calls. Thread-safe.
class Sometimes {
 public:
  bool operator()() const { return ++*calls_ % kOneIn == 0; }

 private:
  std::shared_ptr<std::atomic<int>> calls_ = std::make_shared<std::atomic<int>>(0);
};

// Every server of the lab can be killed and paused, and resumed after both.
template <typename Server>
void AddServer(const std::string& name, Server& server, std::vector<Fault>& all) {
  const Step resume = [&server] { return server.Resume(); };
  all.push_back({"kill " + name, name, kShort, Do([&server] { server.Kill(); }), resume});
  all.push_back(
      {"pause " + name, name, kBeyondALease, [&server] { return server.Pause(); }, resume});
}

void AddService(const std::string& name, lab::Service& service, std::vector<Fault>& all) {
  AddServer(name, service, all);
  all.push_back({"stop " + name, name, kShort, [&service] { return service.Stop().status(); },
                 [&service] { return service.Resume(); }});
}

void AddDatabase(lab::Lab& lab, std::vector<Fault>& all) {
  const std::string name = "PostgreSQL";
  lab::Postgres& postgres = lab.postgres();
  lab::Relay& relay = lab.relays().database();
  const Step resume = [&postgres] { return postgres.Resume(); };
  all.push_back({"restart " + name, name, kShort, Do([&postgres] { postgres.Stop(); }), resume});
  all.push_back({"crash " + name, name, kShort, Do([&postgres] { postgres.Kill(); }), resume});
  all.push_back({"close all connections to " + name, name, kShort, Do([&relay] { relay.Reset(); }),
                 Do([] {})});
  // Some take place and some do not, and nobody is told which.
  const Step lose_commits = Do([&relay] {
    relay.SetHook(
        [before = Sometimes(), after = Sometimes()](lab::Moment at, const std::string& statement) {
          if (statement != "COMMIT") return lab::Action::kPass;
          const bool lose = at == lab::Moment::kBeforeDelivery ? before() : after();
          return lose ? lab::Action::kDrop : lab::Action::kPass;
        });
  });
  all.push_back({"lose commits", name, kShort, lose_commits, Do([&relay] { relay.SetHook({}); })});
}

void AddNetwork(lab::Lab& lab, std::vector<Fault>& all) {
  for (std::size_t replica = 0; replica < lab.replicas(); ++replica) {
    const std::string name = absl::StrFormat("the workers' way to padlock-cert %d", replica + 1);
    lab::Relay& relay = lab.relays().coordinator(replica);
    all.push_back({"cut " + name, name, kBeyondALease, Do([&relay] { relay.Cut(); }),
                   Do([&relay] { relay.Mend(); })});
    all.push_back({"reset " + name, name, kShort, Do([&relay] { relay.Reset(); }), Do([] {})});
  }
  lab::Relay& notifications = lab.relays().notifications();
  all.push_back({"lose notifications", "notifications", kBeyondALease,
                 Do([&notifications] { notifications.Cut(); }),
                 Do([&notifications] { notifications.Mend(); })});
}

void AddCa(lab::Lab& lab, std::vector<Fault>& all) {
  const std::string name = "the CA";
  lab::Pebble& pebble = lab.pebble();
  lab::AcmeProxy& proxy = lab.acme();
  all.push_back({"pause " + name, name, kBeyondALease, [&pebble] { return pebble.Pause(); },
                 [&pebble] { return pebble.Resume(); }});
  all.push_back({kLostMemory, name, kShort, Do([&pebble] { pebble.Kill(); }),
                 [&lab, &pebble]() -> absl::Status {
                   const absl::Status started = pebble.Resume();
                   return started.ok() ? lab.WriteIssuerRoots() : started;
                 }});
  const Step lose_replies = Do([&proxy] {
    proxy.SetHook([lose = Sometimes()](lab::Moment at, const lab::AcmeExchange&) {
      return at == lab::Moment::kBeforeReply && lose() ? lab::Action::kDrop : lab::Action::kPass;
    });
  });
  all.push_back(
      {"lose replies of " + name, name, kShort, lose_replies, Do([&proxy] { proxy.SetHook({}); })});
}

}  // namespace

std::vector<Fault> AllFaults(lab::Lab& lab) {
  std::vector<Fault> all;
  for (std::size_t i = 0; i < lab.replicas(); ++i) {
    AddService(absl::StrFormat("padlock-cert %d", i + 1), lab.cert(i), all);
  }
  for (std::size_t i = 0; i < lab.probes(); ++i) {
    AddService(absl::StrFormat("worker %d", i + 1), lab.probe(i), all);
  }
  AddDatabase(lab, all);
  AddNetwork(lab, all);
  AddCa(lab, all);
  AddServer("the delegation zone's primary", lab.dns().delegation_primary(), all);
  AddServer("the delegation zone's secondary", lab.dns().delegation_secondary(), all);
  AddServer("a customer's nameserver", lab.dns().customer_second(), all);
  AddServer("a public resolver", lab.resolver(0), all);
  return all;
}

}  // namespace chaos
