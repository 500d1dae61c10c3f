// c-ares' channels as the bookkeeping of what is outstanding over UDP.
//
// c-ares 1.18.1 does not check QR, letter case or source port, does not bind an answer to the
// server that was asked, cannot end one question, and lets one ICMP error fail all of a server's.
// So over UDP it gets no socket: what it sends goes to Sender, and it is told that a question has
// ended by an acknowledgement made from our own query. Nothing hostile ever reaches it; answers are
// checked, matched to their server and parsed by us. A channel therefore serves all servers, and
// there are as many as keep its 2,048 id buckets short.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace probe {

// Confined to its loop's thread.
class CaresChannel {
 public:
  // Where a query goes that c-ares sends.
  using Sender = std::function<void(std::span<const std::uint8_t> packet)>;

  // RESOURCE_EXHAUSTED when c-ares cannot be initialised.
  static absl::StatusOr<std::unique_ptr<CaresChannel>> Create(Sender sender);
  ~CaresChannel();
  CaresChannel(const CaresChannel&) = delete;
  CaresChannel& operator=(const CaresChannel&) = delete;

  // Hands `query` (made by EncodeQuery) to c-ares, which hands it to Sender at once.
  void Send(const std::string& query);
  // The query has its answer, or is given up.
  void Acknowledge(const std::string& query);

  int outstanding() const { return outstanding_; }

 private:
  struct Hooks;

  explicit CaresChannel(Sender sender) : sender_(std::move(sender)) {}

  Sender sender_;
  void* channel_ = nullptr;                    // ares_channel
  const std::string* acknowledged_ = nullptr;  // to be read next
  int outstanding_ = 0;
};

// Confined to its loop's thread.
class CaresChannels {
 public:
  explicit CaresChannels(CaresChannel::Sender sender) : sender_(std::move(sender)) {}

  // One with room for a question. RESOURCE_EXHAUSTED when c-ares has no more channels.
  absl::StatusOr<CaresChannel*> Pick();

 private:
  static constexpr int kMaxOutstanding = 4096;

  CaresChannel::Sender sender_;
  std::vector<std::unique_ptr<CaresChannel>> channels_;  // the one in use first
};

}  // namespace probe
