#include "probe/resolver/udp_exchange.h"

#include <algorithm>
#include <utility>

#include "base/status_macros.h"
#include "probe/core/prefetch.h"

namespace probe {
namespace {

std::uint16_t IdOf(std::span<const std::uint8_t> packet) {
  return static_cast<std::uint16_t>(packet[0] << 8U | packet[1]);
}

constexpr int kMaxDraws = 4;

}  // namespace

UdpExchange::UdpExchange(Options options, EventLoop& loop, base::Random& random,
                         base::Metrics& metrics, Listener& listener)
    : metrics_(metrics),
      listener_(listener),
      random_(random),
      sockets_(options.sockets, loop, random, *this) {}

UdpExchange::~UdpExchange() = default;

absl::Status UdpExchange::Send(Attempt& attempt) {
  ASSIGN_OR_RETURN(const UdpSockets::SocketId socket, sockets_.Acquire(attempt.server.ip.is_v6()));
  OpenHere& open = OpenAt(socket);
  // One whose place is free needs no look at another attempt, which has left the cache.
  int draws = 0;
  do {
    attempt.id = random_.DrawU16();
  } while (open.First(attempt.id) != nullptr &&
           (++draws < kMaxDraws || open.Find(attempt.id) != nullptr));
  Disguise(attempt.id, random_.DrawCaseBits(attempt.query.size() - kDnsHeaderLength),
           attempt.query);
  attempt.socket = socket;
  attempt.suspicious = false;
  open.Add(attempt);
  sockets_.Send(socket, attempt.server, attempt.query);
  return absl::OkStatus();
}

bool UdpExchange::GiveUp(Attempt& attempt) {
  Close(attempt);
  return attempt.suspicious;
}

void UdpExchange::OnPackets(UdpSockets::SocketId socket,
                            std::span<const UdpSockets::Packet> packets) {
  const OpenHere& open = OpenAt(socket);
  for (int step = 0; step < kPrefetchSteps; ++step) {
    for (const UdpSockets::Packet& packet : packets) {
      if (packet.octets.size() < kDnsHeaderLength) continue;
      const std::uint16_t id = IdOf(packet.octets);
      const Attempt* const attempt = step == 0 ? open.First(id) : open.Find(id);
      if (attempt != nullptr) listener_.Prefetch(*attempt, step);
    }
  }
  for (const UdpSockets::Packet& packet : packets) TakePacket(socket, packet);
}

void UdpExchange::TakePacket(UdpSockets::SocketId socket, const UdpSockets::Packet& packet) {
  Attempt* const attempt = FindAttempt(socket, packet.from, packet.octets);
  if (attempt == nullptr) return;
  const AnswerCheck check = CheckAnswer(attempt->query, packet.octets);
  if (check != AnswerCheck::kAccepted && check != AnswerCheck::kCaseLost) {
    attempt->suspicious = true;
    return Drop(AnswerCheckName(check));
  }
  if (check == AnswerCheck::kCaseLost) Drop(AnswerCheckName(check));
  Close(*attempt);
  listener_.OnUdp(*attempt, check == AnswerCheck::kAccepted ? Event::kAnswered : Event::kCaseLost,
                  packet.octets);
}

void UdpExchange::OnUndelivered(UdpSockets::SocketId socket, const ServerAddress& to,
                                std::span<const std::uint8_t> query) {
  Attempt* const attempt = FindAttempt(socket, to, query);
  if (attempt == nullptr) return;
  const std::span<const std::uint8_t> sent = attempt->query;
  // What the ICMP message quotes must be what we sent; it may be cut short.
  if (query.size() > sent.size() || !std::ranges::equal(query, sent.first(query.size()))) return;
  Close(*attempt);
  listener_.OnUdp(*attempt, Event::kUndelivered, {});
}

UdpExchange::OpenHere& UdpExchange::OpenAt(UdpSockets::SocketId socket) {
  const auto index = static_cast<std::size_t>(socket);
  if (open_.size() <= index) open_.resize(index + 1);
  return open_[index];
}

UdpExchange::Attempt* UdpExchange::OpenHere::Find(std::uint16_t id) const {
  Attempt* attempt = First(id);
  while (attempt != nullptr && attempt->id != id) attempt = attempt->next;
  return attempt;
}

void UdpExchange::OpenHere::Add(Attempt& opened) {
  opened.next = std::exchange(places[opened.id % places.size()], &opened);
}

void UdpExchange::OpenHere::Remove(Attempt& open) {
  Attempt** link = &places[open.id % places.size()];
  while (*link != &open) link = &(*link)->next;
  *link = open.next;
}

UdpExchange::Attempt* UdpExchange::FindAttempt(UdpSockets::SocketId socket,
                                               const ServerAddress& from,
                                               std::span<const std::uint8_t> packet) {
  if (packet.size() < kDnsHeaderLength) {
    Drop(AnswerCheckName(AnswerCheck::kShort));
    return nullptr;
  }
  Attempt* const attempt = OpenAt(socket).Find(IdOf(packet));
  if (attempt == nullptr) {
    Drop(AnswerCheckName(AnswerCheck::kWrongId));
    return nullptr;
  }
  if (attempt->server != from) {
    Drop("wrong_source");
    return nullptr;
  }
  return attempt;
}

void UdpExchange::Drop(const char* reason) {
  metrics_.Count("padlock_probe_dropped_packets_total", {{"reason", reason}});
}

void UdpExchange::Close(Attempt& attempt) {
  const UdpSockets::SocketId socket = std::exchange(attempt.socket, -1);
  OpenAt(socket).Remove(attempt);
  sockets_.Release(socket);
}

}  // namespace probe
