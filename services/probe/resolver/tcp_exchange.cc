#include "probe/resolver/tcp_exchange.h"

#include <ares.h>
#include <sys/epoll.h>

#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "probe/resolver/cares_library.h"

namespace probe {

struct TcpExchange::Connection {
  ~Connection() {
    // Ends the question and closes the socket, by the two callbacks below.
    if (channel != nullptr) ares_destroy(channel);
  }

  static void OnState(void* self_pointer, int fd, int readable, int writable) {
    auto* self = static_cast<Connection*>(self_pointer);
    if (readable == 0 && writable == 0) return self->exchange->loop_.Unwatch(fd);
    const std::uint32_t events = (readable != 0 ? std::uint32_t{EPOLLIN} : 0U) |
                                 (writable != 0 ? std::uint32_t{EPOLLOUT} : 0U);
    self->exchange->loop_.Watch(
        fd, events, [exchange = self->exchange, ticket = self->ticket, fd](std::uint32_t happened) {
          exchange->Process(ticket, fd, happened);
        });
  }

  static void OnEnd(void* self_pointer, int status, int /*timeouts*/, unsigned char* answer,
                    int length) {
    auto* self = static_cast<Connection*>(self_pointer);
    self->ended = true;
    if (status == ARES_SUCCESS) self->packet.assign(answer, answer + length);
  }

  TcpExchange* exchange = nullptr;
  Ticket ticket = 0;
  Handler handler;
  ares_channel channel = nullptr;
  bool ended = false;
  std::vector<std::uint8_t> packet;
};

TcpExchange::TcpExchange(EventLoop& loop) : loop_(loop) {}

TcpExchange::~TcpExchange() = default;

absl::StatusOr<TcpExchange::Ticket> TcpExchange::Ask(const ServerAddress& server,
                                                     std::span<const std::uint8_t> query,
                                                     Handler handler) {
  auto connection = std::make_unique<Connection>();
  connection->exchange = this;
  connection->ticket = next_ticket_++;
  connection->handler = std::move(handler);
  connection->channel = static_cast<ares_channel>(
      InitCaresChannel(ARES_FLAG_USEVC, &Connection::OnState, connection.get()));
  if (connection->channel == nullptr || !SetCaresServer(connection->channel, server)) {
    return absl::ResourceExhaustedError("c-ares: no channel");
  }
  const Ticket ticket = connection->ticket;
  Connection* const raw = connection.get();
  connections_[ticket] = std::move(connection);
  ares_send(raw->channel, reinterpret_cast<const unsigned char*>(query.data()),
            static_cast<int>(query.size()), &Connection::OnEnd, raw);
  // A connection that is refused at once has ended already.
  if (raw->ended) loop_.After(absl::ZeroDuration(), [this, ticket] { Settle(ticket); });
  return ticket;
}

void TcpExchange::GiveUp(Ticket ticket) { connections_.erase(ticket); }

void TcpExchange::Process(Ticket ticket, int fd, std::uint32_t events) {
  const auto found = connections_.find(ticket);
  if (found == connections_.end()) return;
  const bool failed = (events & (EPOLLERR | EPOLLHUP)) != 0;
  const bool readable = failed || (events & EPOLLIN) != 0;
  const bool writable = failed || (events & EPOLLOUT) != 0;
  ares_process_fd(found->second->channel, readable ? fd : ARES_SOCKET_BAD,
                  writable ? fd : ARES_SOCKET_BAD);
  Settle(ticket);
}

void TcpExchange::Settle(Ticket ticket) {
  const auto found = connections_.find(ticket);
  if (found == connections_.end() || !found->second->ended) return;
  const std::unique_ptr<Connection> connection = std::move(found->second);
  connections_.erase(found);
  connection->handler(connection->packet);
}

}  // namespace probe
