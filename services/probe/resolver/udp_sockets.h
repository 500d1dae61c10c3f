// The UDP sockets of one loop. Each is bound to a port drawn at random, carries a bounded number of
// questions and is then replaced, so that whoever wants to forge an answer must guess the port as
// well as the id. Sockets are shared by all servers and unconnected: the sender of each packet is
// reported with it, and ICMP errors come with the question that they are about (IP_RECVERR).
//
// Sends and receives are batched: what one round of the loop sends leaves at its end, and a few
// questions in a row share a socket, drawn at random, so that one system call carries them all.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "base/random.h"
#include "probe/core/ip_address.h"
#include "probe/resolver/event_loop.h"
#include "probe/resolver/random_pool.h"

namespace probe {

// Confined to its loop's thread.
class UdpSockets {
 public:
  struct Options {
    std::size_t sockets_per_family = 256;
    int questions_per_socket = 256;
    int questions_in_a_row = 32;  // at most kSendBatch
    int buffer_bytes = 4 << 20;   // of the kernel, each way; it may grant less
  };
  using SocketId = int;

  struct Packet {
    ServerAddress from;
    std::span<const std::uint8_t> octets;
  };

  class Receiver {
   public:
    virtual ~Receiver() = default;
    // All that has come in one batch; valid during the call only.
    virtual void OnPackets(SocketId socket, std::span<const Packet> packets) = 0;
    // `query` is what was to be sent to `to`, or had been, and could not be delivered.
    virtual void OnUndelivered(SocketId socket, const ServerAddress& to,
                               std::span<const std::uint8_t> query) = 0;
  };

  // All of them must outlive the sockets.
  UdpSockets(Options options, EventLoop& loop, base::Random& random, Receiver& receiver);
  ~UdpSockets();
  UdpSockets(const UdpSockets&) = delete;
  UdpSockets& operator=(const UdpSockets&) = delete;

  // A socket for one question to an address of this family. Give it back with Release. UNAVAILABLE
  // where the family or file descriptors are missing.
  absl::StatusOr<SocketId> Acquire(bool is_v6);
  void Release(SocketId socket);

  // Before the loop waits again; `socket` is the one acquired last. When there is no route or the
  // kernel refuses, the receiver is told that it is undelivered; a full buffer counts as loss on
  // the way.
  void Send(SocketId socket, const ServerAddress& to, std::span<const std::uint8_t> packet);

 private:
  struct Socket {
    int questions = 0;
    int outstanding = 0;
    bool is_v6 = false;
    bool open = false;
    bool retired = false;
  };
  static constexpr std::size_t kSendBatch = 32;
  // More than are sent in a row, so that their answers together are seen to be all that has come.
  static constexpr std::size_t kReceiveBatch = 48;
  static constexpr std::size_t kPacketBytes = 4096;
  struct Inbox;
  struct Outbox;
  struct Undelivered {
    SocketId socket;
    ServerAddress to;
    std::vector<std::uint8_t> query;
  };
  // Of one address family.
  struct Family {
    std::vector<SocketId> available = {};
    SocketId current = -1;  // for the next questions in a row
    int left_in_row = 0;
    std::unique_ptr<Outbox> outbox;  // what the current socket is to send
  };

  absl::StatusOr<SocketId> Choose(Family& family, bool is_v6);
  absl::StatusOr<SocketId> Open(bool is_v6);
  void Close(SocketId socket);
  void CloseIfDone(SocketId socket);
  void OnEvents(SocketId socket, std::uint32_t events);
  void Receive(SocketId socket);
  void Flush();
  void SendOut(Outbox& outbox);
  void ReceiveErrors(SocketId socket);

  const Options options_;
  EventLoop& loop_;
  RandomPool random_;
  Receiver& receiver_;
  EventLoop::TaskId flush_;
  std::vector<Socket> sockets_;     // by file descriptor
  std::array<Family, 2> families_;  // IPv4, IPv6
  std::unique_ptr<Inbox> inbox_;
  std::vector<Undelivered> undelivered_;  // to be reported at the end of the round
  SocketId receiving_ = -1;               // not closed while its packets are handed out
};

}  // namespace probe
