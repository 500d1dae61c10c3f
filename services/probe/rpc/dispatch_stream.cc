#include "probe/rpc/dispatch_stream.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "probe/rpc/resolve_hosts.h"

namespace probe {
namespace {

// After a loss the addresses are looked up again, but no more often than this.
constexpr absl::Duration kResolvePause = absl::Seconds(1);

// Of its own thread, since that looks the hosts up: each may take the system's resolver a minute or
// two where its servers do not answer (base/pulse.h), and may be one of several.
constexpr absl::Duration kSilenceBound = absl::Minutes(10);

bool IsRefusal(const absl::Status& status) {
  return absl::IsPermissionDenied(status) || absl::IsUnauthenticated(status) ||
         absl::IsInvalidArgument(status);
}

}  // namespace

DispatchStream::DispatchStream(Options options,
                               std::shared_ptr<grpc::ChannelCredentials> credentials,
                               Checker& checker, base::Random& random, base::Metrics& metrics)
    : options_(std::move(options)),
      credentials_(std::move(credentials)),
      checker_(checker),
      random_(random),
      metrics_(metrics),
      pulse_(std::make_shared<base::Pulse>("stream", kSilenceBound)),
      thread_([this] { Run(); }) {}

DispatchStream::~DispatchStream() {
  {
    base::MutexLock lock(mutex_);
    leaving_ = true;
    AbortAll();
  }
  wake_.NotifyAll();
  thread_.join();
}

absl::Status DispatchStream::Ready() const {
  base::MutexLock lock(mutex_);
  if (Established() > 0) return absl::OkStatus();
  return absl::UnavailableError("no stream to the cert service is established");
}

void DispatchStream::Drain(base::Deadline deadline) {
  base::MutexLock lock(mutex_);
  leaving_ = true;
  for (const auto& [number, session] : sessions_) session->Drain();
  wake_.NotifyAll();
  while (!sessions_.empty() && !deadline.Expired()) {
    wake_.WaitFor(mutex_, deadline.Remaining());
  }
  AbortAll();
}

// Ends when we are leaving and the last session has ended.
void DispatchStream::Run() {
  metrics_.Set("padlock_probe_streams", {}, 0);  // that there is none is to be seen
  while (true) {
    pulse_->Beat();
    bool resolve = false;
    std::vector<std::shared_ptr<StreamSession>> ended;  // destroyed here, without the lock
    {
      base::MutexLock lock(mutex_);
      ended.swap(ended_);
      if (leaving_ && sessions_.empty()) return;
      resolve = !leaving_ && resolve_time_.Expired();
      if (resolve) resolve_time_ = base::Deadline::After(options_.resolve_interval);
    }
    absl::StatusOr<std::vector<std::string>> targets = std::vector<std::string>();
    if (resolve) targets = ResolveHosts(options_.hosts, options_.port);
    if (!targets.ok()) {
      base::Log(base::LogLevel::kWarning, "the cert service's host does not resolve",
                {base::LogField(targets.status())});
    }
    base::MutexLock lock(mutex_);
    if (targets.ok() && resolve) Adopt(*targets);
    if (!targets.ok()) resolve_time_ = resolve_time_.Within(options_.backoff.cap);
    const absl::Duration pause = std::min(DialDue(), BeatAll());
    const bool finished = leaving_ && sessions_.empty();
    if (!ended_.empty() || finished) continue;
    wake_.WaitFor(mutex_, std::min(pause, base::Pulse::kLongestWait));
  }
}

void DispatchStream::Adopt(const std::vector<std::string>& targets) {
  for (auto link = links_.begin(); link != links_.end();) {
    if (std::find(targets.begin(), targets.end(), link->first) != targets.end()) {
      ++link;
      continue;
    }
    if (link->second.session != nullptr) link->second.session->Drain();
    link = links_.erase(link);
  }
  for (const std::string& target : targets) links_.try_emplace(target);
  ShareCapacity();
}

absl::Duration DispatchStream::DialDue() {
  if (leaving_) return options_.resolve_interval;
  absl::Duration pause = resolve_time_.Remaining();
  for (auto& [target, link] : links_) {
    if (link.session != nullptr) continue;
    if (link.dial_time.Expired()) {
      Dial(target, link);
    } else {
      pause = std::min(pause, link.dial_time.Remaining());
    }
  }
  return pause;
}

void DispatchStream::Dial(const std::string& target, Link& link) {
  const std::uint64_t number = ++last_number_;
  link.number = number;
  link.session = StreamSession::Dial(
      {.target = target,
       .tls_server_name = options_.tls_server_name,
       .greeting = options_.greeting,
       .established = [this, number] { OnEstablished(number); },
       .ended = [this, number](
                    std::shared_ptr<StreamSession> session,
                    const absl::Status& status) { OnEnded(number, std::move(session), status); }},
      credentials_, checker_);
  sessions_[number] = link.session;
  ShareCapacity();
}

absl::Duration DispatchStream::BeatAll() {
  absl::Duration pause = options_.resolve_interval;
  for (const auto& [number, session] : sessions_) pause = std::min(pause, session->Beat());
  return pause;
}

void DispatchStream::ShareCapacity() {
  if (links_.empty() || leaving_) return;
  const auto share = options_.capacity / static_cast<std::uint32_t>(links_.size());
  for (const auto& [target, link] : links_) {
    if (link.session != nullptr) link.session->SetShare(std::max(share, 1U));
  }
}

void DispatchStream::AbortAll() {
  for (const auto& [number, session] : sessions_) session->Abort();
}

void DispatchStream::OnEstablished(std::uint64_t number) {
  base::MutexLock lock(mutex_);
  if (Link* link = FindLink(number); link != nullptr) {
    link->established = true;
    link->failures = 0;
  }
  metrics_.Set("padlock_probe_streams", {}, static_cast<double>(Established()));
  base::Log(base::LogLevel::kInfo, "connected to the cert service");
  wake_.NotifyAll();
}

void DispatchStream::OnEnded(std::uint64_t number, std::shared_ptr<StreamSession> session,
                             const absl::Status& status) {
  base::Log(IsRefusal(status) ? base::LogLevel::kError : base::LogLevel::kInfo,
            "a stream to the cert service has ended", {base::LogField(status)});
  base::MutexLock lock(mutex_);
  sessions_.erase(number);
  ended_.push_back(std::move(session));
  if (Link* link = FindLink(number); link != nullptr) {
    link->session = nullptr;
    link->established = false;
    ++link->failures;
    link->dial_time = base::Deadline::After(
        base::BackoffDelay(options_.backoff, link->failures, random_.Fraction()));
    resolve_time_ = resolve_time_.Within(kResolvePause);
  }
  metrics_.Count("padlock_probe_stream_ends_total",
                 {{"code", absl::StatusCodeToString(status.code())}});
  metrics_.Set("padlock_probe_streams", {}, static_cast<double>(Established()));
  wake_.NotifyAll();
}

DispatchStream::Link* DispatchStream::FindLink(std::uint64_t number) {
  for (auto& [target, link] : links_) {
    if (link.number == number) return &link;
  }
  return nullptr;
}

std::size_t DispatchStream::Established() const {
  return static_cast<std::size_t>(std::count_if(
      links_.begin(), links_.end(), [](const auto& entry) { return entry.second.established; }));
}

}  // namespace probe
