// The real Checker: one event loop per thread, each with its own engine, caches and checks, so that
// they share nothing. A name always goes to the same loop, which then knows its zone.

#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "base/pulse.h"
#include "base/random.h"
#include "probe/check/check_runner.h"
#include "probe/check/checker.h"
#include "probe/check/question_desk.h"
#include "probe/core/address_policy.h"
#include "probe/core/http_url.h"
#include "probe/core/zone.h"
#include "probe/http/curl_fetcher.h"
#include "probe/resolver/engine.h"

namespace probe {

// Thread-safe.
class ResolverPool final : public Checker {
 public:
  struct Root {
    std::string name;
    std::string address;
  };
  struct Resolver {
    std::string name;
    std::string address;
    int port = 53;
  };
  struct Options {
    std::vector<Root> roots = {};          // at least one
    std::vector<Resolver> resolvers = {};  // of several operators
    int authoritative_port = 53;
    int http_port = 80;  // of web servers, for http-01
    int https_port = 443;
    std::vector<std::string> allowed_private_ranges = {};  // CIDR
    absl::Duration query_timeout = absl::Seconds(2);
    int capacity = 1000;  // checks held at once
    int threads = 0;      // 0: one per core, or fewer where resolver_limit is small
    Engine::Options engine = {};
    QuestionDesk::Options desk = {};  // limits of the whole pool; each loop has an equal share
    ZoneCache::Options zones = {};
    ResolverWatch::Options watch = {};
  };

  // All must outlive the pool. INVALID_ARGUMENT names the option that cannot be used;
  // RESOURCE_EXHAUSTED without file descriptors.
  static absl::StatusOr<std::unique_ptr<ResolverPool>> Create(Options options,
                                                              const base::Clock& clock,
                                                              base::Random& random,
                                                              base::Metrics& metrics);
  // Checks that are not finished report a failure.
  ~ResolverPool() override;

  // Beyond the capacity a check fails at once, on the calling thread.
  void Start(Check check, Done done) override;
  void Cancel(const std::string& check_id) override;

  // Of all its threads.
  base::Pulses pulses() const;

 private:
  // What the loops share: immutable.
  struct Shared {
    Options options = {};
    Zone roots = {};
    std::vector<ResolverServer> resolvers = {};
    AddressPolicy policy = {};
    HttpPorts http_ports = {};
  };
  class Worker;

  ResolverPool(Shared shared, std::unique_ptr<CurlFetcher> fetcher, base::Metrics& metrics);
  static absl::StatusOr<Shared> Parse(Options options);
  // One for each core, as far as each has a part of the limit that a check can be done with.
  static int LoopsFor(const Options& options);
  static QuestionDesk::Options DeskShare(QuestionDesk::Options whole, int loops);
  void ShowInFlight(int change);

  const Shared shared_;
  base::Metrics& metrics_;
  std::atomic<int> in_flight_ = 0;
  const std::unique_ptr<CurlFetcher> fetcher_;  // all loops' HTTP
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace probe
