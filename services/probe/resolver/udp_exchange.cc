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
    : metrics_(metrics), random_(random), sockets_(options.sockets, loop, random, *this) {}

UdpExchange::~UdpExchange() = default;

absl::StatusOr<UdpExchange::Ticket> UdpExchange::Ask(const ServerAddress& server,
                                                     const Question& question, QueryOptions options,
                                                     Handler handler) {
  ASSIGN_OR_RETURN(const UdpSockets::SocketId socket, sockets_.Acquire(server.ip.is_v6()));
  OpenHere& open = OpenAt(socket);
  do {
    options.id = random_.DrawU16();
  } while (open.Find(options.id) != nullptr);
  options.case_bits = random_.DrawCaseBits(question.name.wire().size());
  const Ticket ticket = pending_.Add();
  Pending& pending = *pending_.Find(ticket);
  pending.ticket = ticket;
  pending.server = server;
  EncodeQuery(question, options, pending.query);
  pending.socket = socket;
  pending.id = options.id;
  pending.handler = std::move(handler);
  pending.suspicious = false;
  open.Add(&pending);
  sockets_.Send(socket, server, base::AsBytes(pending.query));
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

UdpExchange::OpenHere& UdpExchange::OpenAt(UdpSockets::SocketId socket) {
  const auto index = static_cast<std::size_t>(socket);
  if (open_.size() <= index) open_.resize(index + 1);
  return open_[index];
}

UdpExchange::Pending* UdpExchange::OpenHere::Find(std::uint16_t id) const {
  const auto found = std::ranges::find(ids, id);
  return found == ids.end() ? nullptr : pending[static_cast<std::size_t>(found - ids.begin())];
}

void UdpExchange::OpenHere::Add(Pending* opened) {
  ids.push_back(opened->id);
  pending.push_back(opened);
}

void UdpExchange::OpenHere::Remove(std::uint16_t id) {
  const auto found = std::ranges::find(ids, id);
  if (found == ids.end()) return;
  pending[static_cast<std::size_t>(found - ids.begin())] = pending.back();
  *found = ids.back();
  ids.pop_back();
  pending.pop_back();
}

UdpExchange::Pending* UdpExchange::FindPending(UdpSockets::SocketId socket,
                                               const ServerAddress& from,
                                               std::span<const std::uint8_t> packet) {
  if (packet.size() < kDnsHeaderLength) {
    Drop(AnswerCheckName(AnswerCheck::kShort));
    return nullptr;
  }
  Pending* const pending = OpenAt(socket).Find(IdOf(packet));
  if (pending == nullptr) {
    Drop(AnswerCheckName(AnswerCheck::kWrongId));
    return nullptr;
  }
  if (pending->server != from) {
    Drop("wrong_source");
    return nullptr;
  }
  return pending;
}

void UdpExchange::Drop(const char* reason) {
  metrics_.Count("padlock_probe_dropped_packets_total", {{"reason", reason}});
}

// Returns the handler of the question, which is open no more.
UdpExchange::Handler UdpExchange::Remove(Pending& pending) {
  OpenAt(pending.socket).Remove(pending.id);
  sockets_.Release(pending.socket);
  Handler handler = std::exchange(pending.handler, nullptr);
  pending_.Remove(pending.ticket);
  return handler;
}

}  // namespace probe
