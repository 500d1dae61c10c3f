// A DNS in memory for tests of the check's phases: nameservers with zones, an asker that answers
// from them, and time that passes at once. Servers are exact where the checks depend on it
// (delegations, wildcards, CNAME, NXDOMAIN and NODATA with the SOA), and otherwise small.

#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/metrics.h"
#include "base/testing/counting_random.h"
#include "base/testing/fake_clock.h"
#include "probe/check/check_runner.h"
#include "probe/core/testing/messages.h"

namespace probe::testing {

struct FakeZone {
  std::string name;
  std::uint32_t serial = 1;
  std::vector<Record> records = {};  // a zone below by its NS records, with glue
};

// What the zones of one server answer; the deepest that holds the name does.
Message AnswerFrom(const std::vector<FakeZone>& zones, const Question& question);

// Confined to one thread.
class FakeDns final : public Asker, public Timers {
 public:
  using Server = std::function<std::optional<Message>(const Question&)>;

  FakeDns();

  // The server at `address`, which may be changed at any time. Where there is none, nobody answers.
  std::vector<FakeZone>& At(const std::string& address) { return servers_[address]; }
  // Answers instead of the zones at `address`; nullopt is silence.
  void Script(const std::string& address, Server server);

  void AddResolver(const std::string& address);

  // A check to its end.
  Report Run(Check check);

  // Questions so far, as "192.0.2.1 www.test 16", the type as its number.
  const std::vector<std::string>& asked() const { return asked_; }
  int CountAsked(const std::string& part) const;
  ZoneCache& zones() { return zones_; }
  base::testing::FakeClock& clock() { return clock_; }

  void Ask(const Asking& asking, Done done) override;
  TimerId After(absl::Duration delay, Task task) override;
  void CancelTimer(TimerId timer) override;

 private:
  void RunNext();

  base::testing::FakeClock clock_;
  base::testing::CountingRandom random_;
  base::Metrics metrics_;
  ZoneCache zones_{ZoneCache::Options{}};
  AddressPolicy policy_;
  Zone roots_;
  std::vector<ResolverServer> resolvers_;
  CheckEnvironment environment_;
  std::map<std::string, std::vector<FakeZone>> servers_;
  std::map<std::string, Server> scripts_;
  std::vector<std::string> asked_;
  std::map<std::pair<absl::Time, TimerId>, Task> timers_;
  std::uint64_t next_timer_ = 0;
};

}  // namespace probe::testing
