#include "probe/resolver/udp_sockets.h"

// Before linux/errqueue.h, which needs timespec.
#include <ctime>

#include <linux/errqueue.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "absl/status/status.h"
#include "probe/resolver/socket_address.h"

namespace probe {
namespace {

constexpr int kPortTries = 8;
constexpr int kMaxBatchesPerEvent = 4;  // then others have their turn
constexpr std::uint16_t kFirstPort = 1024;

std::uint16_t DrawPort(base::Random& random) {
  std::array<std::uint8_t, 4> bytes{};
  random.Fill(bytes);
  std::uint32_t draw = 0;
  for (const std::uint8_t byte : bytes) draw = draw << 8U | byte;
  return static_cast<std::uint16_t>(kFirstPort + draw % (65536U - kFirstPort));
}

IpAddress Unspecified(bool is_v6) { return *IpAddress::Parse(is_v6 ? "::" : "0.0.0.0"); }

void SetOption(int fd, int level, int name, int value) {
  // Each is a wish: without it things still work, only less well.
  static_cast<void>(setsockopt(fd, level, name, &value, sizeof(value)));
}

bool BindToRandomPort(int fd, bool is_v6, base::Random& random) {
  for (int i = 0; i <= kPortTries; ++i) {
    // In the end any port that the kernel chooses, which draws at random too.
    const std::uint16_t port = i < kPortTries ? DrawPort(random) : std::uint16_t{0};
    sockaddr_storage address{};
    const socklen_t length = ToSocketAddress({Unspecified(is_v6), port}, address);
    if (bind(fd, reinterpret_cast<const sockaddr*>(&address), length) == 0) return true;
  }
  return false;
}

}  // namespace

// Where recvmmsg puts a batch of packets.
struct UdpSockets::Batch {
  Batch() {
    for (std::size_t i = 0; i < kBatch; ++i) {
      vectors[i] = {.iov_base = packets[i].data(), .iov_len = kPacketBytes};
    }
  }
  void Reset() {
    for (std::size_t i = 0; i < kBatch; ++i) {
      headers[i] = {};
      headers[i].msg_hdr.msg_name = &senders[i];
      headers[i].msg_hdr.msg_namelen = sizeof(senders[i]);
      headers[i].msg_hdr.msg_iov = &vectors[i];
      headers[i].msg_hdr.msg_iovlen = 1;
    }
  }

  std::array<std::array<std::uint8_t, kPacketBytes>, kBatch> packets{};
  std::array<iovec, kBatch> vectors{};
  std::array<sockaddr_storage, kBatch> senders{};
  std::array<mmsghdr, kBatch> headers{};
};

UdpSockets::UdpSockets(Options options, EventLoop& loop, base::Random& random, Receiver& receiver)
    : options_(options),
      loop_(loop),
      random_(random),
      receiver_(receiver),
      batch_(std::make_unique<Batch>()) {}

UdpSockets::~UdpSockets() {
  while (!sockets_.empty()) Close(sockets_.begin()->first);
}

absl::StatusOr<UdpSockets::SocketId> UdpSockets::Acquire(bool is_v6, std::uint32_t draw) {
  std::vector<SocketId>& available = available_[is_v6 ? 1 : 0];
  if (available.size() < options_.sockets_per_family) {
    const absl::StatusOr<SocketId> opened = Open(is_v6);
    // Fewer sockets than wanted will do; none will not.
    if (!opened.ok() && available.empty()) return opened.status();
    if (opened.ok()) available.push_back(*opened);
  }
  const std::size_t index = draw % available.size();
  const SocketId chosen = available[index];
  Socket& socket = sockets_[chosen];
  ++socket.outstanding;
  if (++socket.questions >= options_.questions_per_socket) {
    socket.retired = true;
    available[index] = available.back();
    available.pop_back();
  }
  return chosen;
}

void UdpSockets::Release(SocketId socket) {
  const auto found = sockets_.find(socket);
  if (found == sockets_.end()) return;
  --found->second.outstanding;
  if (socket != receiving_) CloseIfDone(socket);
}

void UdpSockets::CloseIfDone(SocketId socket) {
  const Socket& state = sockets_.at(socket);
  if (state.retired && state.outstanding == 0) Close(socket);
}

bool UdpSockets::Send(SocketId socket, const ServerAddress& to,
                      std::span<const std::uint8_t> packet) {
  sockaddr_storage address{};
  const socklen_t length = ToSocketAddress(to, address);
  // The first error may be an earlier question's ICMP error, reported here and cleared by that.
  for (int i = 0; i < 2; ++i) {
    if (sendto(socket, packet.data(), packet.size(), 0, reinterpret_cast<sockaddr*>(&address),
               length) >= 0) {
      return true;
    }
    if (errno == EAGAIN || errno == ENOBUFS) return true;
  }
  return false;
}

absl::StatusOr<UdpSockets::SocketId> UdpSockets::Open(bool is_v6) {
  const int fd = socket(is_v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return absl::UnavailableError("no UDP socket can be opened");
  if (is_v6) {
    SetOption(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    SetOption(fd, IPPROTO_IPV6, IPV6_RECVERR, 1);
  } else {
    SetOption(fd, IPPROTO_IP, IP_RECVERR, 1);
  }
  SetOption(fd, SOL_SOCKET, SO_RCVBUF, options_.buffer_bytes);
  SetOption(fd, SOL_SOCKET, SO_SNDBUF, options_.buffer_bytes);
  if (!BindToRandomPort(fd, is_v6, random_)) {
    close(fd);
    return absl::UnavailableError("no UDP port can be bound");
  }
  sockets_[fd] = {.is_v6 = is_v6};
  loop_.Watch(fd, EPOLLIN, [this, fd](std::uint32_t events) { OnEvents(fd, events); });
  return fd;
}

void UdpSockets::OnEvents(SocketId socket, std::uint32_t events) {
  receiving_ = socket;
  if ((events & EPOLLERR) != 0) ReceiveErrors(socket);
  if ((events & EPOLLIN) != 0) Receive(socket);
  receiving_ = -1;
  CloseIfDone(socket);
}

void UdpSockets::Close(SocketId socket) {
  loop_.Unwatch(socket);
  close(socket);
  sockets_.erase(socket);
}

void UdpSockets::Receive(SocketId socket) {
  for (int round = 0; round < kMaxBatchesPerEvent; ++round) {
    batch_->Reset();
    const int count =
        recvmmsg(socket, batch_->headers.data(), static_cast<unsigned>(kBatch), 0, nullptr);
    for (int i = 0; i < count; ++i) {
      const auto index = static_cast<std::size_t>(i);
      const auto from = FromSocketAddress(batch_->senders[index]);
      const mmsghdr& header = batch_->headers[index];
      // More than we said we can take, so cut by the kernel: as good as lost.
      if (!from || (header.msg_hdr.msg_flags & MSG_TRUNC) != 0) continue;
      receiver_.OnPacket(socket, *from, std::span(batch_->packets[index]).first(header.msg_len));
    }
    if (count < static_cast<int>(kBatch)) return;
  }
}

void UdpSockets::ReceiveErrors(SocketId socket) {
  while (true) {
    std::array<std::uint8_t, kPacketBytes> query{};
    std::array<std::uint8_t, 512> control{};
    sockaddr_storage destination{};
    iovec vector{.iov_base = query.data(), .iov_len = query.size()};
    msghdr header{};
    header.msg_name = &destination;
    header.msg_namelen = sizeof(destination);
    header.msg_iov = &vector;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    const ssize_t length = recvmsg(socket, &header, MSG_ERRQUEUE);
    if (length < 0) return;
    const auto to = FromSocketAddress(destination);
    if (!to) continue;
    receiver_.OnUndelivered(socket, *to, std::span(query).first(static_cast<std::size_t>(length)));
  }
}

}  // namespace probe
