// Questions over UDP and the answers that may be believed: those that come from the asked address
// and port to the socket the question left from, with its random id and its exact question in the
// random letter case. All others are dropped and counted; the question stays open.
//
// Not by c-ares: 1.18.1 does not check QR, letter case or source port, does not bind an answer to
// the server that was asked, cannot end one question, and lets one ICMP error fail all of a
// server's.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "base/metrics.h"
#include "probe/core/answer_check.h"
#include "probe/core/dns_message.h"
#include "probe/resolver/random_pool.h"
#include "probe/resolver/slot_pool.h"
#include "probe/resolver/udp_sockets.h"

namespace probe {

// Confined to its loop's thread.
class UdpExchange final : private UdpSockets::Receiver {
 public:
  struct Options {
    UdpSockets::Options sockets = {};
  };
  enum class Event {
    kAnswered,
    kCaseLost,     // answered, but without our letter case: ask again over TCP
    kUndelivered,  // ICMP says that nobody listens there
  };
  // Called once, on the loop; the packet is valid during the call only.
  using Handler = absl::AnyInvocable<void(Event, std::span<const std::uint8_t> packet)>;
  using Ticket = std::uint64_t;

  UdpExchange(Options options, EventLoop& loop, base::Random& random, base::Metrics& metrics);
  ~UdpExchange() override;

  // `options.id` and `.case_bits` are drawn here. UNAVAILABLE when sockets are missing. The handler
  // is not called then, and otherwise never from within Ask.
  absl::StatusOr<Ticket> Ask(const ServerAddress& server, const Question& question,
                             QueryOptions options, Handler handler);
  // The answer is no longer waited for; its handler is not called. Returns whether packets came
  // that claimed to be it.
  bool GiveUp(Ticket ticket);

 private:
  // Of a question that is open: the address, and what only its answer can repeat.
  struct Pending {
    Ticket ticket = 0;
    ServerAddress server = {};
    std::string query = {};
    UdpSockets::SocketId socket = -1;
    std::uint16_t id = 0;
    Handler handler = nullptr;
    bool suspicious = false;
  };
  // What is open at one socket, in any order: a few dozen, so that looking through their ids
  // touches a line or two of the cache, which a hash table for all would not.
  struct OpenHere {
    std::vector<std::uint16_t> ids;
    std::vector<Pending*> pending;  // of the id at the same index

    Pending* Find(std::uint16_t id) const;
    void Add(Pending* opened);
    void Remove(std::uint16_t id);
  };

  void OnPacket(UdpSockets::SocketId socket, const ServerAddress& from,
                std::span<const std::uint8_t> packet) override;
  void OnUndelivered(UdpSockets::SocketId socket, const ServerAddress& to,
                     std::span<const std::uint8_t> query) override;

  OpenHere& OpenAt(UdpSockets::SocketId socket);
  Pending* FindPending(UdpSockets::SocketId socket, const ServerAddress& from,
                       std::span<const std::uint8_t> packet);
  void Drop(const char* reason);
  Handler Remove(Pending& pending);

  base::Metrics& metrics_;
  RandomPool random_;
  UdpSockets sockets_;
  SlotPool<Pending> pending_;
  std::vector<OpenHere> open_;  // by socket
};

}  // namespace probe
