// A DNS server that costs as little as possible, on every address of 127/8 at one port: it answers
// each TXT question with the same token, by authority at the zones' addresses and with recursion
// offered at the resolvers'; SOA questions with a SOA, all others with an empty answer and a SOA.
// It repeats the question as it came, letter case included.

#pragma once

#include <atomic>
#include <cstdint>
#include <ctime>
#include <memory>
#include <thread>

#include "absl/status/statusor.h"

namespace bench {

// Thread-safe.
class CannedDns {
 public:
  // Serves on a thread of its own, on `core`. Fails without a socket that is bound to loopback.
  static absl::StatusOr<std::unique_ptr<CannedDns>> Start(int core);
  ~CannedDns();

  std::uint16_t port() const { return port_; }

  // From now on: how many of 100 queries get no answer, and whether the first resolver gives none
  // at all.
  void SetLoss(int percent) { loss_percent_ = percent; }
  void SetFirstResolverDead(bool dead) { first_resolver_dead_ = dead; }

 private:
  struct Batch;

  CannedDns(int fd, std::uint16_t port);
  void Serve(int core);
  bool Drops(std::uint32_t destination);

  const int fd_;
  const std::uint16_t port_;
  std::atomic<bool> stopping_ = false;
  std::atomic<int> loss_percent_ = 0;
  std::atomic<bool> first_resolver_dead_ = false;
  std::uint64_t draw_ = 0x9e3779b97f4a7c15;  // confined to the thread
  std::jthread thread_;
};

}  // namespace bench
