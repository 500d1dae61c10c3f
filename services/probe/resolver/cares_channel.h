// c-ares' channels as the bookkeeping of what is outstanding over UDP.
//
// c-ares 1.18.1 does not check QR, letter case or source port, does not bind an answer to the
// server that was asked, cannot end one question, and lets one ICMP error fail all of a server's.
// So over UDP it gets no socket and no packet. It is given a stand-in for each query, with its id
// and the root for its question, because comparing questions is where it spends its time; when it
// sends that, Sender sends the query; and it is told that a question has ended by an
// acknowledgement of the stand-in. Nothing hostile ever reaches it; answers are checked, matched to
// their server and parsed by us. A channel therefore serves all servers, and there are as many as
// keep its 2,048 id buckets short.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace probe {

// Confined to its loop's thread.
class CaresChannel {
 public:
  // Called when c-ares sends a stand-in.
  using Sender = std::function<void()>;

  // RESOURCE_EXHAUSTED when c-ares cannot be initialised.
  static absl::StatusOr<std::unique_ptr<CaresChannel>> Create(Sender sender);
  ~CaresChannel();
  CaresChannel(const CaresChannel&) = delete;
  CaresChannel& operator=(const CaresChannel&) = delete;

  // Hands the question of this id to c-ares, which calls Sender at once.
  void Send(std::uint16_t id);
  // The question has its answer, or is given up. Of several with one id any may end: c-ares knows
  // nothing else of them, and is told of many at once, because each call of it costs the same.
  void Acknowledge(std::uint16_t id);

  std::size_t outstanding() const { return held_ - acknowledged_.size(); }

 private:
  struct Hooks;

  explicit CaresChannel(Sender sender) : sender_(std::move(sender)) {}

  Sender sender_;
  void* channel_ = nullptr;                  // ares_channel
  std::vector<std::uint16_t> acknowledged_;  // to be read by c-ares, the last one first
  std::size_t held_ = 0;                     // by c-ares
};

// Confined to its loop's thread.
class CaresChannels {
 public:
  explicit CaresChannels(CaresChannel::Sender sender) : sender_(std::move(sender)) {}

  // One with room for a question. RESOURCE_EXHAUSTED when c-ares has no more channels.
  absl::StatusOr<CaresChannel*> Pick();

 private:
  static constexpr std::size_t kMaxOutstanding = 4096;

  CaresChannel::Sender sender_;
  std::vector<std::unique_ptr<CaresChannel>> channels_;  // the one in use first
};

}  // namespace probe
