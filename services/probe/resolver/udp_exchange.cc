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

}  // namespace

UdpExchange::UdpExchange(Options options, EventLoop& loop, base::Random& random,
                         base::Metrics& metrics)
    : options_(options),
      metrics_(metrics),
      random_(random),
      sockets_(options.sockets, loop, random, *this) {}

UdpExchange::~UdpExchange() = default;

absl::StatusOr<UdpExchange::Ticket> UdpExchange::Ask(const ServerAddress& address,
                                                     const Question& question, QueryOptions options,
                                                     Handler handler) {
  ASSIGN_OR_RETURN(Server* const server, FindServer(address));
  if (server->pending.size() >= options_.questions_per_server) {
    return absl::ResourceExhaustedError("too many questions are open at this server");
  }
  ASSIGN_OR_RETURN(const UdpSockets::SocketId socket,
                   sockets_.Acquire(address.ip.is_v6(), random_.DrawU32()));
  options.id = DrawId(*server);
  options.case_bits = random_.Draw<32>();
  auto pending = std::make_unique<Pending>();
  pending->ticket = next_ticket_++;
  pending->server = server;
  pending->query = EncodeQuery(question, options);
  pending->socket = socket;
  pending->handler = std::move(handler);

  const Ticket ticket = pending->ticket;
  if (server->pending.empty()) idle_.erase(server->idle_place);
  server->pending[options.id] = pending.get();
  sending_ = pending.get();
  sent_ = false;
  server->channel->Send(pending->query);
  sending_ = nullptr;
  pending_[ticket] = std::move(pending);
  if (sent_) return ticket;
  Remove(ticket);
  return absl::UnavailableError("there is no way to this address");
}

bool UdpExchange::GiveUp(Ticket ticket) {
  const std::unique_ptr<Pending> pending = Remove(ticket);
  return pending != nullptr && pending->suspicious;
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
  const std::unique_ptr<Pending> ended = Remove(pending->ticket);
  ended->handler(check == AnswerCheck::kAccepted ? Event::kAnswered : Event::kCaseLost, packet);
}

void UdpExchange::OnUndelivered(UdpSockets::SocketId socket, const ServerAddress& to,
                                std::span<const std::uint8_t> query) {
  Pending* const pending = FindPending(socket, to, query);
  if (pending == nullptr) return;
  const auto sent = base::AsBytes(pending->query);
  // What the ICMP message quotes must be what we sent; it may be cut short.
  if (query.size() > sent.size() || !std::ranges::equal(query, sent.first(query.size()))) return;
  const std::unique_ptr<Pending> ended = Remove(pending->ticket);
  ended->handler(Event::kUndelivered, {});
}

absl::StatusOr<UdpExchange::Server*> UdpExchange::FindServer(const ServerAddress& address) {
  const auto found = servers_.find(address);
  if (found != servers_.end()) return found->second.get();
  ASSIGN_OR_RETURN(std::unique_ptr<Server> made, MakeServer(address));
  Server* const server = made.get();
  server->address = address;
  server->idle_place = idle_.insert(idle_.end(), server);
  servers_[address] = std::move(made);
  return server;
}

// Points the longest idle channel to the new server, once there are enough of them.
absl::StatusOr<std::unique_ptr<UdpExchange::Server>> UdpExchange::MakeServer(
    const ServerAddress& address) {
  if (idle_.size() >= options_.idle_channels) {
    Server* const oldest = idle_.front();
    idle_.pop_front();
    std::unique_ptr<Server> server = std::move(servers_.extract(oldest->address).mapped());
    if (server->channel->PointTo(address)) return server;
  }
  auto server = std::make_unique<Server>();
  ASSIGN_OR_RETURN(server->channel,
                   CaresChannel::Create(address, [this](std::span<const std::uint8_t> packet) {
                     if (sending_ == nullptr) return;
                     sent_ = sockets_.Send(sending_->socket, sending_->server->address, packet);
                   }));
  return server;
}

std::uint16_t UdpExchange::DrawId(const Server& server) {
  while (true) {
    const auto id = static_cast<std::uint16_t>(random_.DrawU32());
    if (!server.pending.contains(id)) return id;
  }
}

UdpExchange::Pending* UdpExchange::FindPending(UdpSockets::SocketId socket,
                                               const ServerAddress& from,
                                               std::span<const std::uint8_t> packet) {
  const auto server = servers_.find(from);
  if (server == servers_.end()) {
    Drop("wrong_source");
    return nullptr;
  }
  if (packet.size() < kDnsHeaderLength) {
    Drop(AnswerCheckName(AnswerCheck::kShort));
    return nullptr;
  }
  const auto pending = server->second->pending.find(IdOf(packet));
  if (pending == server->second->pending.end()) {
    Drop(AnswerCheckName(AnswerCheck::kWrongId));
    return nullptr;
  }
  if (pending->second->socket != socket) {
    Drop("wrong_socket");
    return nullptr;
  }
  return pending->second;
}

void UdpExchange::Drop(const char* reason) {
  metrics_.Count("padlock_probe_dropped_packets_total", {{"reason", reason}});
}

std::unique_ptr<UdpExchange::Pending> UdpExchange::Remove(Ticket ticket) {
  const auto found = pending_.find(ticket);
  if (found == pending_.end()) return nullptr;
  std::unique_ptr<Pending> pending = std::move(found->second);
  pending_.erase(found);
  Server& server = *pending->server;
  server.channel->Acknowledge(pending->query);
  server.pending.erase(IdOf(base::AsBytes(pending->query)));
  if (server.pending.empty()) server.idle_place = idle_.insert(idle_.end(), &server);
  sockets_.Release(pending->socket);
  return pending;
}

}  // namespace probe
