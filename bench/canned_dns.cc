#include "bench/canned_dns.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <span>

#include "absl/status/status.h"
#include "bench/thread.h"
#include "bench/workload.h"

namespace bench {
namespace {

constexpr std::size_t kBatch = 64;
constexpr std::size_t kPacketBytes = 512;
constexpr std::size_t kHeader = 12;
constexpr std::size_t kZoneLabels = 3;  // z45.bench.test
constexpr std::uint8_t kTxt = 16;
constexpr std::uint8_t kSoa = 6;
constexpr int kBufferBytes = 64 << 20;

void SetOption(int fd, int level, int name, int value) {
  static_cast<void>(setsockopt(fd, level, name, &value, sizeof(value)));
}

// Type, class IN, TTL 300, length, one string.
std::array<std::uint8_t, 54> TxtRecord() {
  std::array<std::uint8_t, 54> record{0, kTxt, 0, 1, 0, 0, 1, 0x2c, 0, 44, 43};
  std::memcpy(record.data() + 11, kToken, 43);
  return record;
}

// Type, class IN, TTL 300, length; root as MNAME and RNAME; serial 1, others and the minimum 60.
constexpr std::array<std::uint8_t, 32> kSoaRecord{0, kSoa, 0, 1, 0, 0,  1, 0x2c, 0,  22, 0,
                                                  0, 0,    0, 0, 1, 0,  0, 0,    60, 0,  0,
                                                  0, 60,   0, 0, 0, 60, 0, 0,    0,  60};
constexpr std::array<std::uint8_t, 11> kOpt{0, 0, 41, 4, 0xd0};

template <std::size_t N>
std::size_t Append(const std::array<std::uint8_t, N>& from, std::uint8_t* packet, std::size_t at) {
  std::memcpy(packet + at, from.data(), N);
  return at + N;
}

// Where the name of the question begins its last three labels, and where it ends; 0 if broken.
struct NamePlace {
  std::size_t zone = 0;
  std::size_t end = 0;
};

NamePlace FindName(std::span<const std::uint8_t> query) {
  std::array<std::size_t, kZoneLabels> last{kHeader, kHeader, kHeader};
  std::size_t labels = 0;
  std::size_t at = kHeader;
  while (at < query.size() && query[at] != 0) {
    last[labels++ % kZoneLabels] = at;
    at += 1U + query[at];
  }
  if (at + 5 > query.size()) return {};
  return {labels < kZoneLabels ? kHeader : last[labels % kZoneLabels], at + 1};
}

// Turns the query in `packet` into its answer and returns that one's length, 0 for none.
std::size_t Answer(std::uint8_t* packet, std::size_t length, bool resolver) {
  static const std::array<std::uint8_t, 54> txt = TxtRecord();
  if (length < kHeader + 5) return 0;
  const NamePlace name = FindName({packet, length});
  if (name.end == 0 || name.end + 4 + 2 + txt.size() + kOpt.size() > kPacketBytes) return 0;
  const std::uint8_t type = packet[name.end + 1];
  const bool has_opt = packet[11] != 0;
  // QR and AA or RA; RD stays as it came.
  packet[2] = static_cast<std::uint8_t>((packet[2] & 0x01U) | (resolver ? 0x80U : 0x84U));
  packet[3] = resolver ? 0x80 : 0;
  std::size_t at = name.end + 4;
  const bool negative = type != kTxt && type != kSoa;
  packet[negative ? 9 : 7] = 1;
  packet[at++] = 0xc0;
  packet[at++] = static_cast<std::uint8_t>(negative ? name.zone : kHeader);
  at = type == kTxt ? Append(txt, packet, at) : Append(kSoaRecord, packet, at);
  return has_opt ? Append(kOpt, packet, at) : at;
}

}  // namespace

struct CannedDns::Batch {
  Batch() {
    for (std::size_t i = 0; i < kBatch; ++i) {
      in[i].msg_hdr = {.msg_name = &peers[i],
                       .msg_namelen = sizeof(sockaddr_in),
                       .msg_iov = &vectors[i],
                       .msg_iovlen = 1,
                       .msg_control = controls[i].data(),
                       .msg_controllen = kControlBytes,
                       .msg_flags = 0};
      vectors[i].iov_base = packets[i].data();
    }
  }
  void Reset() {
    for (std::size_t i = 0; i < kBatch; ++i) {
      in[i].msg_hdr.msg_controllen = kControlBytes;
      vectors[i].iov_len = kPacketBytes;
    }
  }
  in_pktinfo* PacketInfo(std::size_t i) {
    return reinterpret_cast<in_pktinfo*>(controls[i].data() + sizeof(cmsghdr));
  }

  static constexpr std::size_t kControlBytes = CMSG_SPACE(sizeof(in_pktinfo));
  std::array<std::array<std::uint8_t, kPacketBytes>, kBatch> packets{};
  std::array<sockaddr_in, kBatch> peers{};
  std::array<iovec, kBatch> vectors{};
  alignas(cmsghdr) std::array<std::array<std::uint8_t, kControlBytes>, kBatch> controls{};
  std::array<mmsghdr, kBatch> in{};
  std::array<mmsghdr, kBatch> out{};
};

absl::StatusOr<std::unique_ptr<CannedDns>> CannedDns::Start(int core) {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return absl::ErrnoToStatus(errno, "socket");
  // All of 127/8 and nothing else.
  constexpr char kLoopback[] = "lo";
  sockaddr_in address{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {}, .sin_zero = {}};
  socklen_t length = sizeof(address);
  if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, kLoopback, sizeof(kLoopback)) != 0 ||
      bind(fd, reinterpret_cast<sockaddr*>(&address), length) != 0 ||
      getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    absl::Status status = absl::ErrnoToStatus(errno, "bind to loopback");
    close(fd);
    return status;
  }
  SetOption(fd, IPPROTO_IP, IP_PKTINFO, 1);
  SetOption(fd, SOL_SOCKET, SO_RCVBUF, kBufferBytes);
  SetOption(fd, SOL_SOCKET, SO_SNDBUF, kBufferBytes);
  SetOption(fd, SOL_SOCKET, SO_RCVBUFFORCE, kBufferBytes);  // where we may
  SetOption(fd, SOL_SOCKET, SO_SNDBUFFORCE, kBufferBytes);
  const timeval patience{.tv_sec = 0, .tv_usec = 50'000};  // to see that it is time to stop
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  auto server = std::unique_ptr<CannedDns>(new CannedDns(fd, ntohs(address.sin_port)));
  server->thread_ = std::jthread([raw = server.get(), core] { raw->Serve(core); });
  return server;
}

CannedDns::CannedDns(int fd, std::uint16_t port) : fd_(fd), port_(port) {}

CannedDns::~CannedDns() {
  stopping_ = true;
  thread_.join();
  close(fd_);
}

bool CannedDns::Drops(std::uint32_t destination) {
  static const std::uint32_t first_resolver = [] {
    std::uint32_t address = 0;
    std::memcpy(&address, ResolverAddress(0).bytes().data(), sizeof(address));
    return address;
  }();
  if (first_resolver_dead_.load(std::memory_order_relaxed) && destination == first_resolver) {
    return true;
  }
  const int percent = loss_percent_.load(std::memory_order_relaxed);
  if (percent == 0) return false;
  draw_ ^= draw_ << 13U;
  draw_ ^= draw_ >> 7U;
  draw_ ^= draw_ << 17U;
  return static_cast<int>(draw_ % 100) < percent;
}

void CannedDns::Serve(int core) {
  PinThisThread(core, "server");
  const auto batch = std::make_unique<Batch>();
  while (!stopping_.load(std::memory_order_relaxed)) {
    batch->Reset();
    const int received = recvmmsg(fd_, batch->in.data(), kBatch, MSG_WAITFORONE, nullptr);
    std::size_t answers = 0;
    for (std::size_t i = 0; i < static_cast<std::size_t>(std::max(received, 0)); ++i) {
      in_pktinfo* const info = batch->PacketInfo(i);
      const std::uint32_t asked = info->ipi_addr.s_addr;
      if (Drops(asked)) continue;
      const auto* bytes = reinterpret_cast<const std::uint8_t*>(&asked);
      const bool resolver = IsResolver(*probe::IpAddress::FromBytes({bytes, 4}));
      const std::size_t length = Answer(batch->packets[i].data(), batch->in[i].msg_len, resolver);
      if (length == 0) continue;
      batch->vectors[i].iov_len = length;
      // Back from the address that was asked, whatever the route would choose.
      *info = {.ipi_ifindex = 0, .ipi_spec_dst = {asked}, .ipi_addr = {}};
      batch->out[answers++].msg_hdr = batch->in[i].msg_hdr;
    }
    for (std::size_t sent = 0; sent < answers;) {
      const int count = sendmmsg(fd_, &batch->out[sent], static_cast<unsigned>(answers - sent), 0);
      sent += static_cast<std::size_t>(std::max(count, 1));  // one that cannot be sent is lost
    }
  }
}

}  // namespace bench
