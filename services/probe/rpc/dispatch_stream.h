// A worker's connection to the cert service: one stream to every address of the coordinator's
// hosts.
// Addresses are looked up every 30 s and after a loss; lost streams are dialled again with backoff;
// the worker's capacity is split evenly between the addresses.

#pragma once

#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/backoff.h"
#include "base/deadline.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "base/pulse.h"
#include "base/random.h"
#include "probe/check/checker.h"
#include "probe/rpc/stream_session.h"

namespace probe {

// Thread-safe.
class DispatchStream {
 public:
  struct Options {
    std::vector<std::string> hosts;  // names or addresses
    int port = 0;
    std::string tls_server_name;
    Greeting greeting;
    std::uint32_t capacity = 1000;  // checks held at once
    absl::Duration resolve_interval = absl::Seconds(30);
    base::BackoffPolicy backoff = {
        .initial = absl::Milliseconds(200), .cap = absl::Seconds(5), .multiplier = 2};
  };

  // Dials at once, from a thread of its own. All references must outlive it.
  DispatchStream(Options options, std::shared_ptr<grpc::ChannelCredentials> credentials,
                 Checker& checker, base::Random& random, base::Metrics& metrics);
  // Breaks off what is still connected.
  ~DispatchStream();
  DispatchStream(const DispatchStream&) = delete;
  DispatchStream& operator=(const DispatchStream&) = delete;

  // OK while at least one stream is established; otherwise UNAVAILABLE.
  absl::Status Ready() const;

  // Of its thread.
  base::PulsePtr pulse() const { return pulse_; }

  // Takes no more checks, finishes what is held and leaves; at the deadline breaks off the rest.
  void Drain(base::Deadline deadline);

 private:
  // A replica: its stream, or when to dial it again.
  struct Link {
    std::shared_ptr<StreamSession> session;
    std::uint64_t number = 0;  // the session's
    bool established = false;
    int failures = 0;
    base::Deadline dial_time = base::Deadline::After(absl::ZeroDuration());
  };
  void Run();
  void Adopt(const std::vector<std::string>& targets) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Dials what is due; returns when to look again.
  absl::Duration DialDue() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Dial(const std::string& target, Link& link) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Duration BeatAll() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ShareCapacity() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void AbortAll() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void OnEstablished(std::uint64_t number);
  void OnEnded(std::uint64_t number, std::shared_ptr<StreamSession> session,
               const absl::Status& status);
  Link* FindLink(std::uint64_t number) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::size_t Established() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Options options_;
  const std::shared_ptr<grpc::ChannelCredentials> credentials_;
  Checker& checker_;
  base::Random& random_;
  base::Metrics& metrics_;
  const std::shared_ptr<base::Pulse> pulse_;

  mutable base::Mutex mutex_;
  base::CondVar wake_;
  bool leaving_ ABSL_GUARDED_BY(mutex_) = false;               // nothing is dialled any more
  std::map<std::string, Link> links_ ABSL_GUARDED_BY(mutex_);  // by target
  // Every session that has not ended, those of addresses that are gone included.
  std::map<std::uint64_t, std::shared_ptr<StreamSession>> sessions_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::shared_ptr<StreamSession>> ended_ ABSL_GUARDED_BY(mutex_);  // to let go
  base::Deadline resolve_time_ ABSL_GUARDED_BY(mutex_) =
      base::Deadline::After(absl::ZeroDuration());
  std::uint64_t last_number_ ABSL_GUARDED_BY(mutex_) = 0;

  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace probe
