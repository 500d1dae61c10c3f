#include "lab/relay.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <list>
#include <thread>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/mutex.h"
#include "base/status_macros.h"
#include "lab/descriptor.h"

namespace lab {
namespace {

constexpr std::size_t kChunk = 65536;
constexpr int kBacklog = 64;

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

absl::StatusOr<SocketAddress> ToSocketAddress(const SocketPlace& place) {
  SocketAddress result;
  if (place.port == 0) {
    auto* unix_address = reinterpret_cast<sockaddr_un*>(&result.storage);
    result.size = sizeof(*unix_address);
    unix_address->sun_family = AF_UNIX;
    if (place.address.size() >= sizeof(unix_address->sun_path)) {
      return absl::InvalidArgumentError(place.address + ": too long for a Unix socket");
    }
    place.address.copy(unix_address->sun_path, place.address.size());
    return result;
  }
  auto* address = reinterpret_cast<sockaddr_in*>(&result.storage);
  result.size = sizeof(*address);
  address->sin_family = AF_INET;
  address->sin_port = htons(static_cast<in_port_t>(place.port));
  if (inet_pton(AF_INET, place.address.c_str(), &address->sin_addr) != 1) {
    return absl::InvalidArgumentError(place.address + " is no IPv4 address");
  }
  return result;
}

Descriptor NewSocket(const SocketAddress& address) {
  return Descriptor(socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

bool SendAll(int socket, const char* data, std::size_t size) {
  while (size > 0) {
    const ssize_t sent = send(socket, data, size, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    data += sent;
    size -= static_cast<std::size_t>(sent);
  }
  return true;
}

// What all connections of a relay go by. Thread-safe.
class Rules {
 public:
  void SetHook(RelayHook hook) {
    const base::MutexLock lock(mutex_);
    hook_ = std::make_shared<const RelayHook>(std::move(hook));
  }

  Action RunHook(Moment moment, const std::string& request) const {
    std::shared_ptr<const RelayHook> hook;
    {
      const base::MutexLock lock(mutex_);
      hook = hook_;
    }
    return hook == nullptr || !*hook ? Action::kPass : (*hook)(moment, request);
  }

  std::atomic<bool> cut = false;

 private:
  mutable base::Mutex mutex_;
  std::shared_ptr<const RelayHook> hook_ ABSL_GUARDED_BY(mutex_);
};

// One client and its connection to the server, moved along by a thread of their own.
class Connection {
 public:
  Connection(const Rules& rules, Framing framing, Descriptor client, Descriptor server)
      : rules_(rules),
        client_(std::move(client)),
        server_(std::move(server)),
        requests_(framing),
        thread_([this] { Run(); }) {}

  ~Connection() {
    Close();
    thread_.join();
  }

  // Also wakes the thread when it is sending.
  void Close() {
    closing_ = true;
    shutdown(client_.get(), SHUT_RDWR);
    shutdown(server_.get(), SHUT_RDWR);
    Wake();
  }

  // The rules have changed.
  void Wake() { eventfd_write(wake_.get(), 1); }

  bool Ended() const { return closing_; }

 private:
  void Run() {
    while (!closing_) {
      const bool cut = rules_.cut;
      std::array<pollfd, 3> events = {{{wake_.get(), POLLIN, 0},
                                       {cut ? -1 : client_.get(), POLLIN, 0},
                                       {cut ? -1 : server_.get(), POLLIN, 0}}};
      if (poll(events.data(), events.size(), -1) < 0 && errno != EINTR) break;
      eventfd_t ignored = 0;
      if (events[0].revents != 0) eventfd_read(wake_.get(), &ignored);
      if (events[1].revents != 0 && !FromClient()) break;
      if (events[2].revents != 0 && !FromServer()) break;
    }
    closing_ = true;
    shutdown(client_.get(), SHUT_RDWR);
    shutdown(server_.get(), SHUT_RDWR);
  }

  // False when the connection is to end.
  bool FromClient() {
    const ssize_t size = recv(client_.get(), chunk_.data(), chunk_.size(), 0);
    if (size <= 0) return false;
    requests_.Append(chunk_.data(), static_cast<std::size_t>(size));
    Request request;
    while (requests_.Next(request)) {
      if (rules_.RunHook(Moment::kBeforeDelivery, request.name) == Action::kDrop) return false;
      if (!SendAll(server_.get(), request.octets.data(), request.octets.size())) return false;
      unanswered_.push_back(std::move(request.name));
    }
    return true;
  }

  bool FromServer() {
    const ssize_t size = recv(server_.get(), chunk_.data(), chunk_.size(), 0);
    if (size <= 0) return false;
    if (!unanswered_.empty()) {
      const std::string name = std::move(unanswered_.front());
      unanswered_.pop_front();
      if (rules_.RunHook(Moment::kBeforeReply, name) == Action::kDrop) return false;
    }
    return SendAll(client_.get(), chunk_.data(), static_cast<std::size_t>(size));
  }

  const Rules& rules_;
  const Descriptor client_;
  const Descriptor server_;
  const Descriptor wake_ = Descriptor(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  std::atomic<bool> closing_ = false;
  // Confined to the thread:
  RequestReader requests_;
  std::list<std::string> unanswered_;  // names of requests, none of whose answer has come
  std::array<char, kChunk> chunk_{};
  std::thread thread_;
};

}  // namespace

class Relay::Server {
 public:
  explicit Server(Options options) : options_(std::move(options)) {}

  ~Server() {
    shutdown(listener_.get(), SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
  }

  absl::Status Listen() {
    ASSIGN_OR_RETURN(const SocketAddress address, ToSocketAddress(options_.listen));
    ASSIGN_OR_RETURN(target_, ToSocketAddress(options_.target));
    listener_ = NewSocket(address);
    const int yes = 1;
    setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    if (bind(listener_.get(), address.get(), address.size) != 0 ||
        listen(listener_.get(), kBacklog) != 0) {
      return absl::ErrnoToStatus(errno, options_.listen.address);
    }
    thread_ = std::thread([this] { Accept(); });
    return absl::OkStatus();
  }

  void SetHook(RelayHook hook) { rules_.SetHook(std::move(hook)); }

  void SetCut(bool cut) {
    rules_.cut = cut;
    const base::MutexLock lock(mutex_);
    for (Connection& connection : connections_) connection.Wake();
  }

  void Reset() {
    const base::MutexLock lock(mutex_);
    for (Connection& connection : connections_) connection.Close();
  }

 private:
  // A server that cannot be reached closes its clients' connections.
  void Accept() {
    while (true) {
      Descriptor client(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!client.valid()) return;  // shut down
      Descriptor server = NewSocket(target_);
      if (connect(server.get(), target_.get(), target_.size) != 0) continue;
      const base::MutexLock lock(mutex_);
      connections_.remove_if([](const Connection& connection) { return connection.Ended(); });
      connections_.emplace_back(rules_, options_.framing, std::move(client), std::move(server));
    }
  }

  const Options options_;
  SocketAddress target_;
  Descriptor listener_;
  Rules rules_;
  base::Mutex mutex_;
  std::list<Connection> connections_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

absl::StatusOr<std::unique_ptr<Relay>> Relay::Start(Options options) {
  auto server = std::make_unique<Server>(std::move(options));
  RETURN_IF_ERROR(server->Listen());
  return std::unique_ptr<Relay>(new Relay(std::move(server)));
}

Relay::Relay(std::unique_ptr<Server> server) : server_(std::move(server)) {}

Relay::~Relay() = default;

void Relay::SetHook(RelayHook hook) { server_->SetHook(std::move(hook)); }

void Relay::Cut() { server_->SetCut(true); }

void Relay::Mend() { server_->SetCut(false); }

void Relay::Reset() { server_->Reset(); }

}  // namespace lab
