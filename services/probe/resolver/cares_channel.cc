#include "probe/resolver/cares_channel.h"

#include <ares.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "base/status_macros.h"
#include "probe/core/ip_address.h"
#include "probe/resolver/cares_library.h"
#include "probe/resolver/socket_address.h"

namespace probe {
namespace {

// Only ever handed back to the hooks below; c-ares makes no system call with it.
constexpr ares_socket_t kVirtualSocket = 0;
constexpr std::size_t kAcknowledgedAtOnce = 64;
// A query for the root's addresses; the id is filled in.
using StandIn = std::array<unsigned char, 17>;
constexpr StandIn kStandIn{0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1};

StandIn MakeStandIn(std::uint16_t id) {
  StandIn query = kStandIn;
  query[0] = static_cast<unsigned char>(id >> 8U);
  query[1] = static_cast<unsigned char>(id & 0xffU);
  return query;
}

// What c-ares takes for its only server; nothing is ever sent there.
const ServerAddress kNowhere;

ares_channel AsChannel(void* channel) { return static_cast<ares_channel>(channel); }

}  // namespace

struct CaresChannel::Hooks {
  static ares_socket_t Open(int /*domain*/, int /*type*/, int /*protocol*/, void* /*self*/) {
    return kVirtualSocket;
  }
  static int Close(ares_socket_t /*socket*/, void* /*self*/) { return 0; }
  static int Connect(ares_socket_t /*socket*/, const sockaddr* /*address*/,
                     ares_socklen_t /*length*/, void* /*self*/) {
    return 0;
  }

  static ares_ssize_t Receive(ares_socket_t /*socket*/, void* data, std::size_t size, int /*flags*/,
                              sockaddr* from, ares_socklen_t* from_length, void* self_pointer) {
    auto* self = static_cast<CaresChannel*>(self_pointer);
    if (self->acknowledged_.empty()) {
      errno = EAGAIN;
      return -1;
    }
    StandIn answer = MakeStandIn(self->acknowledged_.back());
    self->acknowledged_.pop_back();
    answer[2] = 0x80;  // QR
    sockaddr_storage address{};
    *from_length = std::min<ares_socklen_t>(*from_length, ToSocketAddress(kNowhere, address));
    std::memcpy(from, &address, *from_length);
    const std::size_t length = std::min(size, answer.size());
    std::memcpy(data, answer.data(), length);
    return static_cast<ares_ssize_t>(length);
  }

  static ares_ssize_t SendVector(ares_socket_t /*socket*/, const iovec* vector, int count,
                                 void* self_pointer) {
    auto* self = static_cast<CaresChannel*>(self_pointer);
    ares_ssize_t sent = 0;
    for (int i = 0; i < count; ++i) sent += static_cast<ares_ssize_t>(vector[i].iov_len);
    self->sender_();
    return sent;
  }

  static void OnEnd(void* self_pointer, int /*status*/, int /*timeouts*/, unsigned char* /*answer*/,
                    int /*length*/) {
    --static_cast<CaresChannel*>(self_pointer)->held_;
  }
};

absl::StatusOr<std::unique_ptr<CaresChannel>> CaresChannel::Create(Sender sender) {
  static const ares_socket_functions hooks = {&Hooks::Open, &Hooks::Close, &Hooks::Connect,
                                              &Hooks::Receive, &Hooks::SendVector};
  // Truncation is ours to handle: c-ares only ever sees acknowledgements.
  void* const initialised =
      InitCaresChannel(ARES_FLAG_IGNTC | ARES_FLAG_STAYOPEN, nullptr, nullptr);
  if (initialised == nullptr) return absl::ResourceExhaustedError("c-ares: no channel");
  auto channel = std::unique_ptr<CaresChannel>(new CaresChannel(std::move(sender)));
  channel->channel_ = initialised;
  ares_set_socket_functions(AsChannel(initialised), &hooks, channel.get());
  if (!SetCaresServer(initialised, kNowhere)) {
    return absl::ResourceExhaustedError("c-ares: no server");
  }
  return channel;
}

CaresChannel::~CaresChannel() { ares_destroy(AsChannel(channel_)); }

void CaresChannel::Send(std::uint16_t id) {
  const StandIn query = MakeStandIn(id);
  ++held_;
  ares_send(AsChannel(channel_), query.data(), static_cast<int>(query.size()), &Hooks::OnEnd, this);
}

void CaresChannel::Acknowledge(std::uint16_t id) {
  acknowledged_.push_back(id);
  if (acknowledged_.size() < kAcknowledgedAtOnce) return;
  ares_process_fd(AsChannel(channel_), kVirtualSocket, ARES_SOCKET_BAD);  // reads them all
}

absl::StatusOr<CaresChannel*> CaresChannels::Pick() {
  const auto room = std::ranges::find_if(
      channels_, [](const auto& channel) { return channel->outstanding() < kMaxOutstanding; });
  if (room == channels_.end()) {
    ASSIGN_OR_RETURN(auto made, CaresChannel::Create(sender_));
    channels_.push_back(std::move(made));
    std::swap(channels_.front(), channels_.back());
  } else if (room != channels_.begin()) {
    std::iter_swap(channels_.begin(), room);
  }
  return channels_.front().get();
}

}  // namespace probe
