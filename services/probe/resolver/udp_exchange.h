// Questions over UDP and the answers that may be believed: those that come from the asked address
// and port to the socket the question left from, with its random id and its exact question in the
// random letter case. All others are dropped and counted; the question stays open.

#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <span>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "base/metrics.h"
#include "probe/core/answer_check.h"
#include "probe/core/dns_message.h"
#include "probe/resolver/cares_channel.h"
#include "probe/resolver/random_pool.h"
#include "probe/resolver/udp_sockets.h"

namespace probe {

// Confined to its loop's thread.
class UdpExchange final : private UdpSockets::Receiver {
 public:
  struct Options {
    UdpSockets::Options sockets = {};
    // c-ares channels kept although nothing is outstanding on them; about 73 KiB each.
    std::size_t idle_channels = 256;
    // 2,048 id buckets in c-ares: more outstanding would cost a search each.
    std::size_t questions_per_server = 8192;
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

  // `options.id` and `.case_bits` are drawn here. RESOURCE_EXHAUSTED when too many questions are
  // open at the server or channels run out; UNAVAILABLE when there is no way to it. The handler is
  // not called then.
  absl::StatusOr<Ticket> Ask(const ServerAddress& server, const Question& question,
                             QueryOptions options, Handler handler);
  // The answer is no longer waited for; its handler is not called. Returns whether packets came
  // that claimed to be it.
  bool GiveUp(Ticket ticket);

 private:
  struct Pending;
  struct Server {
    ServerAddress address;
    std::unique_ptr<CaresChannel> channel;
    absl::flat_hash_map<std::uint16_t, Pending*> pending;  // by id
    std::list<Server*>::iterator idle_place;               // valid while nothing is pending
  };
  struct Pending {
    Ticket ticket = 0;
    Server* server = nullptr;
    std::string query;
    UdpSockets::SocketId socket = -1;
    Handler handler;
    bool suspicious = false;
  };

  void OnPacket(UdpSockets::SocketId socket, const ServerAddress& from,
                std::span<const std::uint8_t> packet) override;
  void OnUndelivered(UdpSockets::SocketId socket, const ServerAddress& to,
                     std::span<const std::uint8_t> query) override;

  absl::StatusOr<Server*> FindServer(const ServerAddress& address);
  absl::StatusOr<std::unique_ptr<Server>> MakeServer(const ServerAddress& address);
  std::uint16_t DrawId(const Server& server);
  Pending* FindPending(UdpSockets::SocketId socket, const ServerAddress& from,
                       std::span<const std::uint8_t> packet);
  void Drop(const char* reason);
  std::unique_ptr<Pending> Remove(Ticket ticket);

  const Options options_;
  base::Metrics& metrics_;
  RandomPool random_;
  UdpSockets sockets_;
  absl::flat_hash_map<ServerAddress, std::unique_ptr<Server>> servers_;
  std::list<Server*> idle_;  // the longest idle first
  absl::flat_hash_map<Ticket, std::unique_ptr<Pending>> pending_;
  Ticket next_ticket_ = 1;
  const Pending* sending_ = nullptr;  // what c-ares is being handed
  bool sent_ = false;
};

}  // namespace probe
