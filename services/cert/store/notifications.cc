#include "cert/store/notifications.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <pqxx/pqxx>
#include <thread>
#include <utility>

#include "base/backoff.h"
#include "base/log.h"
#include "base/random.h"
#include "cert/store/connection_pool.h"
#include "cert/store/pg_connection.h"
#include "cert/store/pqxx_guard.h"

namespace cert {
namespace {

constexpr base::BackoffPolicy kReconnects{.initial = absl::Milliseconds(100),
                                          .cap = absl::Seconds(5)};

class Receiver final : public pqxx::notification_receiver {
 public:
  Receiver(pqxx::connection_base& connection, const std::string& channel,
           absl::AnyInvocable<void(const std::string&)> handler)
      : pqxx::notification_receiver(connection, channel), handler_(std::move(handler)) {}

  void operator()(const std::string& payload, int /*backend*/) override { handler_(payload); }

 private:
  absl::AnyInvocable<void(const std::string&)> handler_;
};

}  // namespace

struct Notifications::Impl {
  Impl(std::string connection_string, Handlers given)
      : pool({.connection_string = std::move(connection_string),
              .application_name = "padlock-listen"}),
        handlers(std::move(given)),
        stop_event(eventfd(0, EFD_CLOEXEC)),
        thread([this](const std::stop_token& stop) { Loop(stop); }) {}

  ~Impl() {
    thread.request_stop();
    const std::uint64_t one = 1;
    // It can only fail when the counter is full, and then the thread is awake anyway.
    [[maybe_unused]] const ssize_t written = write(stop_event, &one, sizeof one);
    thread.join();
    close(stop_event);
  }

  void Loop(const std::stop_token& stop) {
    int failures = 0;
    while (!stop.stop_requested()) {
      const absl::Status status = Listen(stop, failures);
      if (stop.stop_requested()) return;
      ++failures;
      base::Log(base::LogLevel::kWarning, "notifications are lost; polling goes on",
                {base::LogField(status)});
      AwaitInput(-1, base::BackoffDelay(kReconnects, failures, base::SystemRandom().Fraction()));
    }
  }

  // Until the connection is lost or the stop. Sets `failures` to zero once it listens.
  absl::Status Listen(const std::stop_token& stop, int& failures) {
    absl::StatusOr<std::unique_ptr<PgConnection>> connection = pool.Connect();
    if (!connection.ok()) return connection.status();
    try {
      pqxx::connection& pq = (*connection)->connection;
      const Receiver work(pq, "padlock_work", [this](const std::string&) { handlers.work(); });
      const Receiver events(pq, "padlock_events", [this](const std::string& tenant) {
        handlers.events(TenantId(tenant));
      });
      failures = 0;
      handlers.work();
      handlers.events(TenantId());
      while (!stop.stop_requested()) {
        AwaitInput(pq.sock(), absl::InfiniteDuration());
        pq.get_notifs();
      }
      // The receivers' UNLISTEN would wait for a server that the network has lost.
      shutdown(pq.sock(), SHUT_RDWR);
      return absl::OkStatus();
    } catch (...) {
      return StatusFromCurrentException(Stage::kStatement);
    }
  }

  // Until the socket (if not negative) has something, the stop, or the time is over.
  void AwaitInput(int socket, absl::Duration timeout) const {
    pollfd waits[] = {{.fd = stop_event, .events = POLLIN, .revents = 0},
                      {.fd = socket, .events = POLLIN, .revents = 0}};
    const int milliseconds = timeout == absl::InfiniteDuration()
                                 ? -1
                                 : static_cast<int>(absl::ToInt64Milliseconds(timeout));
    poll(waits, 2, milliseconds);
  }

  const ConnectionPool pool;  // only for its way to connect
  Handlers handlers;
  const int stop_event;
  std::jthread thread;  // last: it uses the others
};

Notifications::Notifications(std::string connection_string, Handlers handlers)
    : impl_(std::make_unique<Impl>(std::move(connection_string), std::move(handlers))) {}

Notifications::~Notifications() = default;

}  // namespace cert
