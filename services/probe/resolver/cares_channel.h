// One c-ares channel with exactly one server: the bookkeeping of what is outstanding there.
//
// c-ares 1.18.1 does not check QR, letter case or source port, does not bind an answer to the
// server that was asked, cannot end one question, and lets one ICMP error fail all of a server's.
// So over UDP it gets no socket: what it sends goes through Sender, and it is told that a question
// has ended by an acknowledgement made from our own query. Nothing hostile ever reaches it; answers
// are checked and parsed by us.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "probe/core/ip_address.h"

namespace probe {

// Confined to its loop's thread.
class CaresChannel {
 public:
  // Where a query goes that c-ares sends.
  using Sender = std::function<void(std::span<const std::uint8_t> packet)>;

  // RESOURCE_EXHAUSTED when c-ares cannot be initialised.
  static absl::StatusOr<std::unique_ptr<CaresChannel>> Create(const ServerAddress& server,
                                                              Sender sender);
  ~CaresChannel();
  CaresChannel(const CaresChannel&) = delete;
  CaresChannel& operator=(const CaresChannel&) = delete;

  // Only while nothing is outstanding; much cheaper than a new channel.
  [[nodiscard]] bool PointTo(const ServerAddress& server);

  // Hands `query` (made by EncodeQuery, its id unique here) to c-ares, which hands it to Sender at
  // once.
  void Send(const std::string& query);
  // The query has its answer, or is given up.
  void Acknowledge(const std::string& query);

  int outstanding() const { return outstanding_; }

 private:
  struct Hooks;

  explicit CaresChannel(Sender sender) : sender_(std::move(sender)) {}

  Sender sender_;
  ServerAddress server_;
  void* channel_ = nullptr;                    // ares_channel
  const std::string* acknowledged_ = nullptr;  // to be read next
  int outstanding_ = 0;
};

}  // namespace probe
