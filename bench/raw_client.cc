#include "bench/raw_client.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "bench/thread.h"
#include "bench/workload.h"
#include "probe/core/dns_message.h"

namespace bench {
namespace {

constexpr std::size_t kBatch = 64;
constexpr std::size_t kPacketBytes = 512;

// The workload's questions in order, for ever, each for the next destination of its check.
class Questions {
 public:
  explicit Questions(std::uint16_t port) {
    for (const Name& name : Names()) {
      queries_.push_back(probe::EncodeQuery(
          {*probe::DnsName::Parse(name.text), probe::RrType::kTxt}, {.recursion_desired = false}));
    }
    for (std::size_t i = 0; i < kZones * kAddressesPerZone; ++i) {
      Add(AuthoritativeAddress(i), port);
    }
    for (std::size_t i = 0; i < kResolvers; ++i) Add(ResolverAddress(i), port);
  }

  void Next(msghdr& header, iovec& vector) {
    std::string& query = queries_[check_ % kNames];
    // A linear congruential generator: no two questions in flight look alike.
    id_ = static_cast<std::uint16_t>(id_ * 25173U + 13849U);
    std::memcpy(query.data(), &id_, sizeof(id_));
    vector = {.iov_base = query.data(), .iov_len = query.size()};
    const std::size_t zone = check_ % kNames % kZones;
    const std::size_t place = query_ < kAddressesPerZone
                                  ? zone * kAddressesPerZone + query_
                                  : kZones * kAddressesPerZone + query_ - kAddressesPerZone;
    header.msg_name = &destinations_[place];
    if (++query_ < kQueriesPerCheck) return;
    query_ = 0;
    ++check_;
  }

 private:
  void Add(const probe::IpAddress& ip, std::uint16_t port) {
    sockaddr_in address{
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {}, .sin_zero = {}};
    std::memcpy(&address.sin_addr, ip.bytes().data(), 4);
    destinations_.push_back(address);
  }

  std::vector<std::string> queries_;
  std::vector<sockaddr_in> destinations_;
  std::size_t check_ = 0;
  std::size_t query_ = 0;
  std::uint16_t id_ = 1;
};

class Client {
 public:
  explicit Client(const RawOptions& options)
      : per_socket_(options.outstanding / options.sockets), questions_(options.port) {
    for (std::size_t i = 0; i < options.sockets; ++i) {
      const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
      const sockaddr_in any{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {}, .sin_zero = {}};
      // The kernel draws the port.
      static_cast<void>(bind(fd, reinterpret_cast<const sockaddr*>(&any), sizeof(any)));
      sockets_.push_back(fd);
    }
    for (std::size_t i = 0; i < kBatch; ++i) {
      in_vectors_[i] = {.iov_base = packets_[i].data(), .iov_len = kPacketBytes};
      in_[i].msg_hdr.msg_iov = &in_vectors_[i];
      in_[i].msg_hdr.msg_iovlen = 1;
      in_[i].msg_hdr.msg_name = &senders_[i];
      out_[i].msg_hdr.msg_namelen = sizeof(sockaddr_in);
      out_[i].msg_hdr.msg_iov = &out_vectors_[i];
      out_[i].msg_hdr.msg_iovlen = 1;
    }
  }
  ~Client() {
    for (const int fd : sockets_) close(fd);
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void Fill() {
    for (const int fd : sockets_) Send(fd, per_socket_);
  }
  std::size_t outstanding() const { return per_socket_ * sockets_.size(); }
  // Takes what has come at every socket and asks as many questions again.
  std::size_t TakeRound() {
    std::size_t answers = 0;
    for (const int fd : sockets_) {
      const std::size_t taken = Receive(fd);
      Send(fd, taken);
      answers += taken;
    }
    return answers;
  }

 private:
  std::size_t Receive(int fd) {
    for (mmsghdr& header : in_) header.msg_hdr.msg_namelen = sizeof(sockaddr_in);
    return static_cast<std::size_t>(std::max(0, recvmmsg(fd, in_.data(), kBatch, 0, nullptr)));
  }

  void Send(int fd, std::size_t count) {
    for (std::size_t sent = 0; sent < count;) {
      const std::size_t batch = std::min(count - sent, kBatch);
      for (std::size_t i = 0; i < batch; ++i) questions_.Next(out_[i].msg_hdr, out_vectors_[i]);
      static_cast<void>(sendmmsg(fd, out_.data(), static_cast<unsigned>(batch), 0));
      sent += batch;
    }
  }

  const std::size_t per_socket_;
  Questions questions_;
  std::vector<int> sockets_;
  std::array<std::array<std::uint8_t, kPacketBytes>, kBatch> packets_{};
  std::array<sockaddr_in, kBatch> senders_{};
  std::array<iovec, kBatch> in_vectors_{};
  std::array<iovec, kBatch> out_vectors_{};
  std::array<mmsghdr, kBatch> in_{};
  std::array<mmsghdr, kBatch> out_{};
};

std::size_t AskUntil(Client& client, absl::Time end) {
  std::size_t answers = 0;
  absl::Time last_answer = absl::Now();
  while (true) {
    const std::size_t taken = client.TakeRound();
    answers += taken;
    const absl::Time now = absl::Now();
    if (now >= end) return answers;
    if (taken > 0) last_answer = now;
    if (now - last_answer > absl::Milliseconds(50)) {
      client.Fill();  // what is missing was lost
      last_answer = now;
    }
    // Where the server is the slower one: rather whole batches than many calls for little.
    if (taken < client.outstanding() / 4) absl::SleepFor(absl::Microseconds(100));
  }
}

}  // namespace

Run RunRawClient(const RawOptions& options) {
  Run run;
  std::jthread thread([&] {
    PinThisThread(options.core, "raw");
    Client client(options);
    client.Fill();
    const absl::Time begin = absl::Now() + options.span.warm_up;
    AskUntil(client, begin);
    const clockid_t clock = ThisThreadsClock();
    const double before = SecondsOf(clock);
    run.queries = static_cast<double>(AskUntil(client, begin + options.span.measured));
    run.answered = run.queries;
    run.cpu_seconds = SecondsOf(clock) - before;
    run.wall_seconds = absl::ToDoubleSeconds(absl::Now() - begin);
  });
  thread.join();
  return run;
}

}  // namespace bench
