#include "probe/resolver/udp_exchange.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "base/status_macros.h"
#include "base/strings.h"

namespace probe {
namespace {

std::uint16_t IdOf(std::span<const std::uint8_t> packet) {
  return static_cast<std::uint16_t>(packet[0] << 8U | packet[1]);
}

std::uint64_t PlaceOf(UdpSockets::SocketId socket, std::uint16_t id) {
  return static_cast<std::uint64_t>(socket) << 16U | id;
}

}  // namespace

UdpExchange::UdpExchange(Options options, EventLoop& loop, base::Random& random,
                         base::Metrics& metrics)
    : metrics_(metrics),
      random_(random),
      sockets_(options.sockets, loop, random, *this),
      channels_([this](std::span<const std::uint8_t> packet) {
        if (sending_ != nullptr) sockets_.Send(sending_->socket, sending_->server, packet);
      }) {}

UdpExchange::~UdpExchange() = default;

absl::StatusOr<UdpExchange::Ticket> UdpExchange::Ask(const ServerAddress& server,
                                                     const Question& question, QueryOptions options,
                                                     Handler handler) {
  ASSIGN_OR_RETURN(CaresChannel* const channel, channels_.Pick());
  ASSIGN_OR_RETURN(const UdpSockets::SocketId socket, sockets_.Acquire(server.ip.is_v6()));
  options.id = DrawId(socket);
  options.case_bits = random_.DrawCaseBits(question.name.wire().size());
  const Ticket ticket = pending_.Add();
  Pending& pending = *pending_.Find(ticket);
  pending.ticket = ticket;
  pending.server = server;
  pending.query = EncodeQuery(question, options);
  pending.socket = socket;
  pending.channel = channel;
  pending.handler = std::move(handler);
  pending.suspicious = false;
  places_[PlaceOf(socket, options.id)] = &pending;
  sending_ = &pending;
  channel->Send(pending.query);
  sending_ = nullptr;
  return ticket;
}

bool UdpExchange::GiveUp(Ticket ticket) {
  Pending* const pending = pending_.Find(ticket);
  if (pending == nullptr) return false;
  const bool suspicious = pending->suspicious;
  Remove(*pending);
  return suspicious;
}

void UdpExchange::OnPacket(UdpSockets::SocketId socket, const ServerAddress& from,
                           std::span<const std::uint8_t> packet) {
  Pending* const pending = FindPending(socket, from, packet);
  if (pending == nullptr) return;
  const AnswerCheck check = CheckAnswer(base::AsBytes(pending->query), packet);
  if (check != AnswerCheck::kAccepted && check != AnswerCheck::kCaseLost) {
    pending->suspicious = true;
    return Drop(AnswerCheckName(check));
  }
  if (check == AnswerCheck::kCaseLost) Drop(AnswerCheckName(check));
  Handler handler = Remove(*pending);
  handler(check == AnswerCheck::kAccepted ? Event::kAnswered : Event::kCaseLost, packet);
}

void UdpExchange::OnUndelivered(UdpSockets::SocketId socket, const ServerAddress& to,
                                std::span<const std::uint8_t> query) {
  Pending* const pending = FindPending(socket, to, query);
  if (pending == nullptr) return;
  const auto sent = base::AsBytes(pending->query);
  // What the ICMP message quotes must be what we sent; it may be cut short.
  if (query.size() > sent.size() || !std::ranges::equal(query, sent.first(query.size()))) return;
  Handler handler = Remove(*pending);
  handler(Event::kUndelivered, {});
}

std::uint16_t UdpExchange::DrawId(UdpSockets::SocketId socket) {
  while (true) {
    const std::uint16_t id = random_.DrawU16();
    if (!places_.contains(PlaceOf(socket, id))) return id;
  }
}

UdpExchange::Pending* UdpExchange::FindPending(UdpSockets::SocketId socket,
                                               const ServerAddress& from,
                                               std::span<const std::uint8_t> packet) {
  if (packet.size() < kDnsHeaderLength) {
    Drop(AnswerCheckName(AnswerCheck::kShort));
    return nullptr;
  }
  const auto place = places_.find(PlaceOf(socket, IdOf(packet)));
  if (place == places_.end()) {
    Drop(AnswerCheckName(AnswerCheck::kWrongId));
    return nullptr;
  }
  if (place->second->server != from) {
    Drop("wrong_source");
    return nullptr;
  }
  return place->second;
}

void UdpExchange::Drop(const char* reason) {
  metrics_.Count("padlock_probe_dropped_packets_total", {{"reason", reason}});
}

// Returns the handler of the question, which is open no more.
UdpExchange::Handler UdpExchange::Remove(Pending& pending) {
  pending.channel->Acknowledge(pending.query);
  places_.erase(PlaceOf(pending.socket, IdOf(base::AsBytes(pending.query))));
  sockets_.Release(pending.socket);
  Handler handler = std::exchange(pending.handler, nullptr);
  pending_.Remove(pending.ticket);
  return handler;
}

}  // namespace probe
