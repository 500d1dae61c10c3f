#include "base/admin_server.h"

#include "base/deadline.h"
#include "base/log.h"
#include "base/mutex.h"

namespace base {
namespace {

constexpr char kExposition[] = "text/plain; version=0.0.4; charset=utf-8";
constexpr int kNotFound = 404;
constexpr int kUnavailable = 503;
// For another request's look at whether we are ready, which ends within milliseconds when we are.
constexpr absl::Duration kPatience = absl::Seconds(1);

HttpReply ReplyOf(const absl::Status& status) {
  if (status.ok()) return {.body = "ok\n"};
  return {.status = kUnavailable, .body = std::string(status.message()) + "\n"};
}

// Thread-safe.
class Answers {
 public:
  Answers(AdminServer::Options options, const Metrics& metrics)
      : options_(std::move(options)), metrics_(metrics) {}

  HttpReply To(const HttpRequest& request) {
    const bool reads = request.method == "GET" || request.method == "HEAD";
    if (reads && request.path == "/livez") return ReplyOf(Live());
    if (reads && request.path == "/readyz") return ReplyOf(Ready());
    if (reads && request.path == "/metrics") {
      return {.body = metrics_.Render(), .content_type = kExposition};
    }
    return {.status = kNotFound, .body = "only /livez, /readyz and /metrics are here\n"};
  }

 private:
  absl::Status Live() const {
    absl::Status live = options_.live();
    if (!live.ok()) Log(LogLevel::kError, "not live", {LogField(live)});
    return live;
  }

  absl::Status Ready() {
    if (!BeginLook())
      return absl::UnavailableError("the previous readiness check has not ended yet");
    absl::Status ready = options_.ready();
    const MutexLock lock(mutex_);
    looking_ = false;
    ended_.NotifyOne();
    return ready;
  }

  // False when another one has not ended in time.
  bool BeginLook() {
    const Deadline deadline = Deadline::After(kPatience);
    const MutexLock lock(mutex_);
    while (looking_ && !deadline.Expired()) ended_.WaitFor(mutex_, deadline.Remaining());
    return !std::exchange(looking_, true);
  }

  const AdminServer::Options options_;
  const Metrics& metrics_;
  Mutex mutex_;
  CondVar ended_;
  bool looking_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace

absl::StatusOr<std::unique_ptr<AdminServer>> AdminServer::Start(Options options,
                                                                const Metrics& metrics) {
  const HttpListener::Options listen{.address = options.address, .port = options.port};
  const auto answers = std::make_shared<Answers>(std::move(options), metrics);
  auto listener = HttpListener::Start(
      listen, [answers](const HttpRequest& request) { return answers->To(request); });
  if (!listener.ok()) return listener.status();
  return std::unique_ptr<AdminServer>(new AdminServer(*std::move(listener)));
}

}  // namespace base
