// Questions over TCP (RFC 7766), for what UDP cannot answer: one connection for each. c-ares
// connects, frames and reads; our timers end what takes too long.

#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "probe/core/ip_address.h"
#include "probe/resolver/event_loop.h"

namespace probe {

// Confined to its loop's thread.
class TcpExchange {
 public:
  // Called once, on the loop and never from within Ask. An empty packet: the connection was refused
  // or lost. Whether the packet answers the query is not checked here.
  using Handler = absl::AnyInvocable<void(std::span<const std::uint8_t> packet)>;
  using Ticket = std::uint64_t;

  explicit TcpExchange(EventLoop& loop);
  ~TcpExchange();
  TcpExchange(const TcpExchange&) = delete;
  TcpExchange& operator=(const TcpExchange&) = delete;

  // `query` is what EncodeQuery made. RESOURCE_EXHAUSTED when c-ares has no channel.
  absl::StatusOr<Ticket> Ask(const ServerAddress& server, std::span<const std::uint8_t> query,
                             Handler handler);
  // Closes the connection; the handler is not called.
  void GiveUp(Ticket ticket);

 private:
  struct Connection;

  void Process(Ticket ticket, int fd, std::uint32_t events);
  void Settle(Ticket ticket);

  EventLoop& loop_;
  absl::flat_hash_map<Ticket, std::unique_ptr<Connection>> connections_;
  Ticket next_ticket_ = 1;
};

}  // namespace probe
