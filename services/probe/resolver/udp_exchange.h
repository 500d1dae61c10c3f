// Questions over UDP and the answers that may be believed: those that come from the asked address
// and port to the socket the question left from, with its random id and its exact question in the
// random letter case. All others are dropped and counted; the question stays open.
//
// Not by c-ares: 1.18.1 does not check QR, letter case or source port, does not bind an answer to
// the server that was asked, cannot end one question, and lets one ICMP error fail all of a
// server's.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "base/metrics.h"
#include "probe/core/answer_check.h"
#include "probe/core/dns_message.h"
#include "probe/resolver/random_pool.h"
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

  // A question to one server, part of what its asker keeps of it. Stays where it is while open.
  struct Attempt {
    ServerAddress server = {};
    EncodedQuery query = {};

    bool open() const { return socket >= 0; }

    // The exchange's own, while open.
    UdpSockets::SocketId socket = -1;
    std::uint16_t id = 0;
    bool suspicious = false;
    Attempt* next = nullptr;  // in its place among what is open at the socket
  };

  class Listener {
   public:
    virtual ~Listener() = default;
    // OnUdp will probably be called in a moment: see prefetch.h. In step 0 the attempt may not be
    // looked into, later it is open.
    virtual void Prefetch(const Attempt& attempt, int step) = 0;
    // Once for an attempt, which is no longer open; the packet is valid during the call only.
    virtual void OnUdp(Attempt& attempt, Event event, std::span<const std::uint8_t> packet) = 0;
  };

  // All must outlive the exchange.
  UdpExchange(Options options, EventLoop& loop, base::Random& random, base::Metrics& metrics,
              Listener& listener);
  ~UdpExchange() override;

  // Sends the query with an id and letter case that are drawn here. UNAVAILABLE when sockets are
  // missing: then it is not open. The listener is never told from within Send.
  absl::Status Send(Attempt& attempt);
  // The answer to an open attempt is no longer waited for. Returns whether packets came that
  // claimed to be it.
  bool GiveUp(Attempt& attempt);

 private:
  // What is open at one socket, a few dozen: the first of each place by id, which leads to the
  // next.
  struct OpenHere {
    std::array<Attempt*, 64> places = {};

    Attempt* First(std::uint16_t id) const { return places[id % places.size()]; }
    Attempt* Find(std::uint16_t id) const;
    void Add(Attempt& opened);
    void Remove(Attempt& open);
  };

  void OnPackets(UdpSockets::SocketId socket, std::span<const UdpSockets::Packet> packets) override;
  void OnUndelivered(UdpSockets::SocketId socket, const ServerAddress& to,
                     std::span<const std::uint8_t> query) override;

  OpenHere& OpenAt(UdpSockets::SocketId socket);
  void TakePacket(UdpSockets::SocketId socket, const UdpSockets::Packet& packet);
  Attempt* FindAttempt(UdpSockets::SocketId socket, const ServerAddress& from,
                       std::span<const std::uint8_t> packet);
  void Drop(const char* reason);
  void Close(Attempt& attempt);

  base::Metrics& metrics_;
  Listener& listener_;
  RandomPool random_;
  UdpSockets sockets_;
  std::vector<OpenHere> open_;  // by socket
};

}  // namespace probe
