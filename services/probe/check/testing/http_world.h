// A world of nameservers and web servers in which an http-01 check runs at once: zones made of
// records, pages made of replies, and time that passes when nothing else is to be done.

#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/metrics.h"
#include "base/testing/counting_random.h"
#include "base/testing/fake_clock.h"
#include "probe/check/environment.h"
#include "probe/check/testing/fake_dns.h"
#include "probe/core/fetcher.h"
#include "probe/core/testing/messages.h"

namespace probe::testing {

// Zones have nameservers of their own at public addresses; the root's is kRootServer.
class HttpWorld final : public Timers, public Asker, public Fetcher {
 public:
  static constexpr const char* kRootServer = "198.41.0.4";

  HttpWorld() { AddZone(".", kRootServer); }

  CheckEnvironment& environment() { return environment_; }

  // Or one more server of it.
  void AddZone(const std::string& zone, const std::string& server) {
    zones_[Name(zone)].push_back(server);
  }
  void Add(Record record) { records_.push_back({std::move(record), ""}); }
  // No other server has it.
  void AddAt(const std::string& server, Record record) {
    records_.push_back({std::move(record), server});
  }
  // The zone has other servers from now on.
  void MoveZone(const std::string& zone, const std::string& server) {
    zones_[Name(zone)] = {server};
  }
  // This server does so although the zone has left it.
  void StillServes(const std::string& server, const std::string& zone) {
    left_[server] = Name(zone);
  }
  // This server answers nothing from the next fetch on.
  void SilenceOnceFetched(const std::string& server) { silent_later_ = server; }
  // This server answers nothing, or only with this code.
  void Silence(const std::string& server) { silent_.insert(server); }
  void Fail(const std::string& server, int rcode) { failing_[server] = rcode; }
  void AddResolver(const std::string& address) {
    resolvers_.push_back({"resolver", {*IpAddress::Parse(address), 53}});
  }
  // What it answers; else that all is well.
  void Resolve(Question question, Message message) {
    resolved_.insert_or_assign(std::move(question), std::move(message));
  }
  // What is fetched at this address.
  void Serve(const std::string& url, const std::string& address, Fetched fetched) {
    pages_[url + " " + address] = std::move(fetched);
  }

  // Until nothing is left to happen.
  void Run() {
    while (!tasks_.empty()) {
      const auto first = tasks_.begin();
      clock_.Advance(first->first.first - clock_.TimeNow());
      Task task = std::move(first->second);
      tasks_.erase(first);
      task();
    }
  }

  absl::Duration Elapsed() const { return clock_.TimeNow() - start_; }
  // "http://www.shop.test/x 192.0.2.1", in order.
  const std::vector<std::string>& fetched() const { return fetched_; }
  // "192.0.2.53 www.shop.test", in order.
  const std::vector<std::string>& asked() const { return asked_; }

  TimerId After(absl::Duration delay, Task task) override {
    const TimerId id{next_++};
    tasks_[{clock_.TimeNow() + delay, id}] = std::move(task);
    return id;
  }
  void CancelTimer(TimerId timer) override {
    std::erase_if(tasks_, [timer](const auto& task) { return task.first.second == timer; });
  }

  void Ask(const Asking& asking, Asker::Done done) override {
    const std::string server = asking.server.ip.ToString();
    asked_.push_back(server + " " + asking.question.name.ToString());
    Reply reply{.kind = Reply::Kind::kTimeout};
    absl::Duration delay = asking.timeout;
    if (!silent_.contains(server)) {
      reply = {.kind = Reply::Kind::kAnswered,
               .message = asking.recursion_desired ? Resolved(asking.question)
                                                   : Answer(server, asking.question)};
      delay = absl::Milliseconds(1);
    }
    After(delay, [reply, done = std::move(done)]() mutable { done(std::move(reply)); });
  }

  void Fetch(Fetching fetching, Fetcher::Done done) override {
    const std::string key = fetching.url.ToString() + " " + fetching.address.ToString();
    fetched_.push_back(key);
    if (!silent_later_.empty()) silent_.insert(silent_later_);
    const auto page = pages_.find(key);
    const bool silent = page == pages_.end() || page->second.kind == Fetched::Kind::kTimeout;
    const Fetched result = page == pages_.end() ? Fetched{} : page->second;
    After(silent ? fetching.timeout : absl::Milliseconds(1),
          [result, done = std::move(done)]() mutable { done(std::move(result)); });
  }

 private:
  // The deepest zone that holds the name.
  DnsName ZoneOf(const DnsName& name) const {
    DnsName zone = name;
    while (!zones_.contains(zone)) zone = zone.Parent();
    return zone;
  }

  Message Resolved(const Question& question) const {
    const auto found = resolved_.find(question);
    Message message = found != resolved_.end() ? found->second
                      : question.type == RrType::kSoa
                          ? Authoritative({Soa(".", 60, 60)})
                          : Authoritative({Address(question.name.ToString(), "8.0.0.1")});
    message.authenticated_data = question.type == RrType::kSoa;
    message.recursion_available = true;
    return message;
  }

  // "ns.shop.test", "ns1.shop.test", …: their NS records, or their addresses.
  std::vector<Record> ServersOf(const DnsName& zone, RrType type) const {
    std::vector<Record> records;
    const std::string apex = zone.IsRoot() ? "root" : zone.ToString();
    for (const std::string& server : zones_.at(zone)) {
      const std::string number = records.empty() ? "" : std::to_string(records.size());
      const std::string name = "ns" + number + "." + apex;
      records.push_back(type == RrType::kNs ? NsRecord(zone.ToString(), name)
                                            : Address(name, server));
    }
    return records;
  }

  Message Answer(const std::string& server, const Question& question) const {
    const auto failing = failing_.find(server);
    if (failing != failing_.end()) return Authoritative({}, {}, failing->second);
    const DnsName zone = ZoneOf(question.name);
    const std::vector<Record> servers = ServersOf(zone, RrType::kNs);
    const std::vector<Record> addresses = ServersOf(zone, RrType::kA);
    const auto left = left_.find(server);
    const bool serves = std::ranges::find(zones_.at(zone), server) != zones_.at(zone).end() ||
                        (left != left_.end() && left->second == zone);
    if (!serves) {
      return Delegation(servers, addresses);
    }
    if (question.name == zone && question.type == RrType::kNs) return Authoritative(servers);
    std::vector<Record> answers;
    bool exists = question.name == zone;
    for (const Record& record : addresses) {
      if (record.owner != question.name) continue;
      exists = true;
      if (record.type == question.type) answers.push_back(record);
    }
    for (const auto& [record, only_at] : records_) {
      if (!only_at.empty() && only_at != server) continue;
      exists = exists || record.owner.IsSubdomainOf(question.name);
      const bool fits = record.type == question.type || record.type == RrType::kCname;
      if (record.owner == question.name && fits) answers.push_back(record);
    }
    if (!answers.empty()) return Authoritative(std::move(answers));
    return Authoritative({}, {Soa(zone.ToString(), 60, 60)},
                         exists ? kRcodeNoError : kRcodeNameError);
  }

  base::testing::FakeClock clock_;
  base::testing::CountingRandom random_;
  const absl::Time start_ = clock_.TimeNow();
  base::Metrics metrics_;
  std::map<DnsName, std::vector<std::string>> zones_;
  std::vector<std::pair<Record, std::string>> records_;  // and the server that alone has it
  std::map<std::string, DnsName> left_;
  std::set<std::string> silent_;
  std::string silent_later_;
  std::map<std::string, int> failing_;
  std::map<Question, Message> resolved_;
  std::map<std::string, Fetched> pages_;
  std::map<std::pair<absl::Time, TimerId>, Task> tasks_;
  std::uint64_t next_ = 0;
  std::vector<std::string> fetched_;
  std::vector<std::string> asked_;
  const Zone roots_{.nameservers = {{Name("ns.root"), {*IpAddress::Parse(kRootServer)}}},
                    .ttl = absl::Hours(1)};
  ZoneCache cache_{{}};
  const AddressPolicy policy_;
  std::vector<ResolverServer> resolvers_;
  CheckEnvironment environment_{.timers = *this,
                                .asker = *this,
                                .zones = cache_,
                                .roots = roots_,
                                .policy = policy_,
                                .resolvers = resolvers_,
                                .authoritative_port = 53,
                                .query_timeout = absl::Seconds(2),
                                .clock = clock_,
                                .metrics = metrics_,
                                .random = random_};
};

}  // namespace probe::testing
