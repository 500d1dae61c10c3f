#include "probe/resolver/udp_sockets.h"

// Before linux/errqueue.h, which needs timespec.
#include <ctime>

#include <linux/errqueue.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "base/status_macros.h"
#include "probe/core/dns_message.h"
#include "probe/resolver/socket_address.h"

namespace probe {
namespace {

constexpr int kPortTries = 8;
constexpr int kMaxBatchesPerEvent = 4;  // then others have their turn
// Below are the ports of most UDP servers, which could not start on this host while one is ours.
constexpr std::uint16_t kFirstPort = 10'000;

std::uint16_t DrawPort(RandomPool& random) {
  return static_cast<std::uint16_t>(kFirstPort + random.DrawU32() % (65536U - kFirstPort));
}

IpAddress Unspecified(bool is_v6) { return *IpAddress::Parse(is_v6 ? "::" : "0.0.0.0"); }

void SetOption(int fd, int level, int name, int value) {
  // Each is a wish: without it things still work, only less well.
  static_cast<void>(setsockopt(fd, level, name, &value, sizeof(value)));
}

bool BindToRandomPort(int fd, bool is_v6, RandomPool& random) {
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
struct UdpSockets::Inbox {
  Inbox() {
    for (std::size_t i = 0; i < kReceiveBatch; ++i) {
      vectors[i] = {.iov_base = packets[i].data(), .iov_len = kPacketBytes};
      headers[i].msg_hdr.msg_name = &senders[i];
      headers[i].msg_hdr.msg_iov = &vectors[i];
      headers[i].msg_hdr.msg_iovlen = 1;
      Reset(i);
    }
  }
  // The kernel has written what it has used.
  void Reset(std::size_t i) { headers[i].msg_hdr.msg_namelen = sizeof(sockaddr_in6); }

  // Not multiples of a page apart, which would all contend for the same lines of the cache.
  using Packet = std::array<std::uint8_t, kPacketBytes + 64>;
  std::array<Packet, kReceiveBatch> packets{};
  std::array<iovec, kReceiveBatch> vectors{};
  std::array<sockaddr_storage, kReceiveBatch> senders{};
  std::array<mmsghdr, kReceiveBatch> headers{};
};

// What one socket is to send.
struct UdpSockets::Outbox {
  Outbox() {
    for (std::size_t i = 0; i < kSendBatch; ++i) {
      headers[i].msg_hdr.msg_name = &destinations[i];
      headers[i].msg_hdr.msg_iov = &vectors[i];
      headers[i].msg_hdr.msg_iovlen = 1;
    }
  }

  SocketId socket = -1;
  std::size_t count = 0;
  std::array<std::array<std::uint8_t, kMaxQueryLength>, kSendBatch> packets{};
  std::array<iovec, kSendBatch> vectors{};
  std::array<sockaddr_storage, kSendBatch> destinations{};
  std::array<mmsghdr, kSendBatch> headers{};
};

UdpSockets::UdpSockets(Options options, EventLoop& loop, base::Random& random, Receiver& receiver)
    : options_(options),
      loop_(loop),
      random_(random),
      receiver_(receiver),
      flush_(loop.BeforeWaiting([this] { Flush(); })),
      inbox_(std::make_unique<Inbox>()) {}

UdpSockets::~UdpSockets() {
  loop_.RemoveBeforeWaiting(flush_);
  for (std::size_t fd = 0; fd < sockets_.size(); ++fd) {
    if (sockets_[fd].open) Close(static_cast<SocketId>(fd));
  }
}

absl::StatusOr<UdpSockets::SocketId> UdpSockets::Acquire(bool is_v6) {
  Family& family = families_[is_v6 ? 1 : 0];
  if (family.left_in_row == 0) {
    if (family.outbox == nullptr) family.outbox = std::make_unique<Outbox>();
    SendOut(*family.outbox);
    ASSIGN_OR_RETURN(family.current, Choose(family, is_v6));
    family.left_in_row = std::min(options_.questions_in_a_row, static_cast<int>(kSendBatch));
  }
  const SocketId chosen = family.current;
  Socket& socket = sockets_[static_cast<std::size_t>(chosen)];
  ++socket.outstanding;
  --family.left_in_row;
  if (++socket.questions >= options_.questions_per_socket) {
    socket.retired = true;
    family.left_in_row = 0;
    std::erase(family.available, chosen);
  }
  return chosen;
}

absl::StatusOr<UdpSockets::SocketId> UdpSockets::Choose(Family& family, bool is_v6) {
  std::vector<SocketId>& available = family.available;
  if (available.size() < options_.sockets_per_family) {
    const absl::StatusOr<SocketId> opened = Open(is_v6);
    // Fewer sockets than wanted will do; none will not.
    if (!opened.ok() && available.empty()) return opened.status();
    if (opened.ok()) available.push_back(*opened);
  }
  return available[random_.DrawU32() % available.size()];
}

void UdpSockets::Release(SocketId socket) {
  --sockets_[static_cast<std::size_t>(socket)].outstanding;
  if (socket != receiving_) CloseIfDone(socket);
}

void UdpSockets::CloseIfDone(SocketId socket) {
  const Socket& state = sockets_[static_cast<std::size_t>(socket)];
  if (state.retired && state.outstanding == 0) Close(socket);
}

void UdpSockets::Send(SocketId socket, const ServerAddress& to,
                      std::span<const std::uint8_t> packet) {
  Outbox& outbox = *families_[to.ip.is_v6() ? 1 : 0].outbox;
  const std::size_t i = outbox.count++;
  outbox.socket = socket;
  std::memcpy(outbox.packets[i].data(), packet.data(), packet.size());
  outbox.vectors[i] = {.iov_base = outbox.packets[i].data(), .iov_len = packet.size()};
  outbox.headers[i].msg_hdr.msg_namelen = ToSocketAddress(to, outbox.destinations[i]);
}

void UdpSockets::Flush() {
  do {
    // Those who hear that theirs is undelivered may send again.
    for (const Undelivered& failed : std::exchange(undelivered_, {})) {
      receiver_.OnUndelivered(failed.socket, failed.to, failed.query);
    }
    for (Family& family : families_) {
      family.left_in_row = 0;
      if (family.outbox != nullptr) SendOut(*family.outbox);
    }
  } while (!undelivered_.empty());
}

void UdpSockets::SendOut(Outbox& outbox) {
  int errors = 0;
  for (std::size_t sent = 0; sent < outbox.count;) {
    const int count = sendmmsg(outbox.socket, &outbox.headers[sent],
                               static_cast<unsigned>(outbox.count - sent), 0);
    if (count > 0) {
      sent += static_cast<std::size_t>(count);
      errors = 0;
      continue;
    }
    if (errno == EAGAIN || errno == ENOBUFS) break;
    // The first error may be an earlier question's ICMP error, reported here and cleared by that.
    if (++errors < 2) continue;
    const iovec& vector = outbox.vectors[sent];
    const auto* bytes = static_cast<const std::uint8_t*>(vector.iov_base);
    if (const auto to = FromSocketAddress(outbox.destinations[sent])) {
      undelivered_.push_back({outbox.socket, *to, {bytes, bytes + vector.iov_len}});
    }
    ++sent;
    errors = 0;
  }
  outbox.count = 0;
}

absl::StatusOr<UdpSockets::SocketId> UdpSockets::Open(bool is_v6) {
  const int fd = socket(is_v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return absl::UnavailableError("no UDP socket can be opened");
  if (is_v6) {
    SetOption(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    SetOption(fd, IPPROTO_IPV6, IPV6_RECVERR, 1);
  } else {
    SetOption(fd, IPPROTO_IP, IP_RECVERR, 1);
    // Queries are too short for fragments. Where there can be none, the kernel need not choose an
    // id for them (RFC 6864, 4.1), which costs it 2 % of the sending.
    SetOption(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
  }
  SetOption(fd, SOL_SOCKET, SO_RCVBUF, options_.buffer_bytes);
  SetOption(fd, SOL_SOCKET, SO_SNDBUF, options_.buffer_bytes);
  if (!BindToRandomPort(fd, is_v6, random_)) {
    close(fd);
    return absl::UnavailableError("no UDP port can be bound");
  }
  const auto index = static_cast<std::size_t>(fd);
  if (sockets_.size() <= index) sockets_.resize(index + 1);
  sockets_[index] = {.is_v6 = is_v6, .open = true};
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
  for (Family& family : families_) {
    // Given up before they were sent.
    if (family.outbox != nullptr && family.outbox->socket == socket) family.outbox->count = 0;
  }
  loop_.Unwatch(socket);
  close(socket);
  sockets_[static_cast<std::size_t>(socket)] = {};
}

void UdpSockets::Receive(SocketId socket) {
  for (int round = 0; round < kMaxBatchesPerEvent; ++round) {
    const int count =
        recvmmsg(socket, inbox_->headers.data(), static_cast<unsigned>(kReceiveBatch), 0, nullptr);
    std::array<Packet, kReceiveBatch> packets;
    std::size_t whole = 0;
    for (std::size_t i = 0; i < static_cast<std::size_t>(std::max(count, 0)); ++i) {
      const mmsghdr& header = inbox_->headers[i];
      const auto from = FromSocketAddress(inbox_->senders[i]);
      // More than we said we can take, so cut by the kernel: as good as lost.
      if (from && (header.msg_hdr.msg_flags & MSG_TRUNC) == 0) {
        packets[whole++] = {*from, std::span(inbox_->packets[i]).first(header.msg_len)};
      }
      inbox_->Reset(i);
    }
    receiver_.OnPackets(socket, std::span(packets).first(whole));
    if (count < static_cast<int>(kReceiveBatch)) return;
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
