#include "transport/listener.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <thread>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/deadline.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/status_macros.h"

namespace transport {
namespace {

constexpr absl::Duration kReportInterval = absl::Seconds(10);
// After a failure that another attempt would meet at once.
constexpr int kPauseMilliseconds = 100;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { Close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  void Close() { Replace(-1); }
  void Replace(int fd) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = fd;
  }

 private:
  int fd_;
};

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t bytes = 0;
};

absl::StatusOr<SocketAddress> ParseAddress(const std::string& address, int port) {
  SocketAddress parsed;
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  if (inet_pton(AF_INET, address.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(static_cast<in_port_t>(port));
    std::memcpy(&parsed.storage, &v4, sizeof(v4));
    parsed.bytes = sizeof(v4);
    return parsed;
  }
  if (inet_pton(AF_INET6, address.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(static_cast<in_port_t>(port));
    std::memcpy(&parsed.storage, &v6, sizeof(v6));
    parsed.bytes = sizeof(v6);
    return parsed;
  }
  return absl::InvalidArgumentError(absl::StrFormat("not an IP address: '%s'", address));
}

int PortOf(int socket) {
  SocketAddress bound;
  bound.bytes = sizeof(bound.storage);
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&bound.storage), &bound.bytes);
  // The port has the same place in sockaddr_in and sockaddr_in6.
  sockaddr_in address{};
  std::memcpy(&address, &bound.storage, sizeof(address));
  return ntohs(address.sin_port);
}

int NewReserve() { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }

}  // namespace

class Listener::Acceptor {
 public:
  explicit Acceptor(int socket)
      : socket_(socket), stop_(::eventfd(0, EFD_CLOEXEC)), reserve_(NewReserve()) {}

  absl::Status Bind(const SocketAddress& address) const {
    const int yes = 1;
    // Not SO_REUSEPORT, with which two processes could share the port unnoticed.
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    const auto* place = reinterpret_cast<const sockaddr*>(&address.storage);
    if (socket_.valid() && stop_.valid() && reserve_.valid() &&
        ::bind(socket_.get(), place, address.bytes) == 0 &&
        ::listen(socket_.get(), SOMAXCONN) == 0) {
      return absl::OkStatus();
    }
    return absl::UnavailableError(std::generic_category().message(errno));
  }

  int port() const { return PortOf(socket_.get()); }

  void Start(OnConnection on_connection) {
    thread_ =
        std::jthread([this, on_connection = std::move(on_connection)] { Run(on_connection); });
  }

  void Stop() {
    ::eventfd_write(stop_.get(), 1);
    if (thread_.joinable()) thread_.join();
    socket_.Close();
  }

 private:
  void Run(const OnConnection& on_connection) {
    std::array<pollfd, 2> events{pollfd{.fd = stop_.get(), .events = POLLIN, .revents = 0},
                                 pollfd{.fd = socket_.get(), .events = POLLIN, .revents = 0}};
    while (events[0].revents == 0) {
      if (::poll(events.data(), events.size(), -1) > 0 && events[1].revents != 0) {
        Accept(on_connection);
      }
    }
  }

  void Accept(const OnConnection& on_connection) {
    const int connection = ::accept4(socket_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (connection >= 0) {
      const int yes = 1;
      ::setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
      on_connection(connection);
      return;
    }
    const int error = errno;
    if (error == EMFILE || error == ENFILE) return Refuse(error);
    // What is left says something about one connection, that it is gone, or is short of memory.
    if (error == ENOBUFS || error == ENOMEM) Pause();
  }

  // A caller who is refused knows at once, one who is left in the backlog waits. The descriptor
  // that this takes is kept for it.
  void Refuse(int error) {
    reserve_.Close();
    const int refused = ::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (refused >= 0) ::close(refused);
    reserve_.Replace(NewReserve());
    Report(error);
    if (refused < 0 || !reserve_.valid()) Pause();
  }

  void Report(int error) {
    ++refusals_;
    if (!next_report_.Expired()) return;
    base::Log(base::LogLevel::kError, "connections refused",
              {{"connections", refusals_}, {"error", std::generic_category().message(error)}});
    next_report_ = base::Deadline::After(kReportInterval);
    refusals_ = 0;
  }

  void Pause() const {
    pollfd stop{.fd = stop_.get(), .events = POLLIN, .revents = 0};
    ::poll(&stop, 1, kPauseMilliseconds);
  }

  Descriptor socket_;
  const Descriptor stop_;
  Descriptor reserve_;  // these three are the thread's alone while it runs
  int refusals_ = 0;    // since the last report
  base::Deadline next_report_ = base::Deadline::After(absl::ZeroDuration());
  std::jthread thread_;
};

absl::StatusOr<std::unique_ptr<Listener>> Listener::Bind(const std::string& address, int port) {
  ASSIGN_OR_RETURN(const SocketAddress place, ParseAddress(address, port));
  auto acceptor = std::make_unique<Acceptor>(
      ::socket(place.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const absl::Status bound = acceptor->Bind(place);
  if (bound.ok()) return std::unique_ptr<Listener>(new Listener(std::move(acceptor)));
  return absl::UnavailableError(
      absl::StrFormat("cannot listen on %s port %d: %s", address, port, bound.message()));
}

Listener::Listener(std::unique_ptr<Acceptor> acceptor) : acceptor_(std::move(acceptor)) {}

Listener::~Listener() { Stop(); }

int Listener::port() const { return acceptor_->port(); }

void Listener::Start(OnConnection on_connection) { acceptor_->Start(std::move(on_connection)); }

void Listener::Stop() { acceptor_->Stop(); }

}  // namespace transport
