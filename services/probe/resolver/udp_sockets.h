// The UDP sockets of one loop. Each is bound to a port drawn at random, carries a bounded number of
// questions and is then replaced, so that whoever wants to forge an answer must guess the port as
// well as the id. Sockets are shared by all servers and unconnected: the sender of each packet is
// reported with it, and ICMP errors come with the question that they are about (IP_RECVERR).

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "base/random.h"
#include "probe/core/ip_address.h"
#include "probe/resolver/event_loop.h"

namespace probe {

// Confined to its loop's thread.
class UdpSockets {
 public:
  struct Options {
    std::size_t sockets_per_family = 16;
    int questions_per_socket = 256;
    int buffer_bytes = 4 << 20;  // of the kernel, each way; it may grant less
  };
  using SocketId = int;

  class Receiver {
   public:
    virtual ~Receiver() = default;
    virtual void OnPacket(SocketId socket, const ServerAddress& from,
                          std::span<const std::uint8_t> packet) = 0;
    // `query` is what had been sent to `to` and could not be delivered.
    virtual void OnUndelivered(SocketId socket, const ServerAddress& to,
                               std::span<const std::uint8_t> query) = 0;
  };

  // All of them must outlive the sockets.
  UdpSockets(Options options, EventLoop& loop, base::Random& random, Receiver& receiver);
  ~UdpSockets();
  UdpSockets(const UdpSockets&) = delete;
  UdpSockets& operator=(const UdpSockets&) = delete;

  // A socket for one question to an address of this family; `draw` is random. Give it back with
  // Release. UNAVAILABLE where the family or file descriptors are missing.
  absl::StatusOr<SocketId> Acquire(bool is_v6, std::uint32_t draw);
  void Release(SocketId socket);

  // False when there is no route or the kernel refuses; a full buffer counts as loss on the way.
  bool Send(SocketId socket, const ServerAddress& to, std::span<const std::uint8_t> packet);

 private:
  struct Socket {
    bool is_v6 = false;
    int questions = 0;
    int outstanding = 0;
    bool retired = false;
  };
  static constexpr std::size_t kBatch = 32;
  static constexpr std::size_t kPacketBytes = 4096;
  struct Batch;

  absl::StatusOr<SocketId> Open(bool is_v6);
  void Close(SocketId socket);
  void CloseIfDone(SocketId socket);
  void OnEvents(SocketId socket, std::uint32_t events);
  void Receive(SocketId socket);
  void ReceiveErrors(SocketId socket);

  const Options options_;
  EventLoop& loop_;
  base::Random& random_;
  Receiver& receiver_;
  absl::flat_hash_map<SocketId, Socket> sockets_;   // by file descriptor
  std::array<std::vector<SocketId>, 2> available_;  // by family: IPv4, IPv6
  std::unique_ptr<Batch> batch_;
  SocketId receiving_ = -1;  // not closed while its packets are handed out
};

}  // namespace probe
