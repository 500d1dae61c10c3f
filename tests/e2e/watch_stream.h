// One watcher of a tenant's events that checks what it sees: every number once, in order. It can be
// cut and resumes by itself, like a caller that keeps the last cursor.

#pragma once

#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "padlock/cert/v1/event_service.grpc.pb.h"

namespace e2e {

// Thread-safe.
class WatchStream {
 public:
  // Of the events after the next one on. `stub` must outlive it.
  WatchStream(padlock::cert::v1::EventService::Stub& stub, std::string parent);
  // Ends the stream, and returns once no callback of it will come.
  ~WatchStream();
  WatchStream(const WatchStream&) = delete;
  WatchStream& operator=(const WatchStream&) = delete;

  void Start();
  // Breaks the stream off wherever it is; it resumes with the last cursor.
  void Cut();

  struct Seen {
    bool begun = false;      // the watch has begun: no event from now on is missed
    std::int64_t first = 0;  // the number that it began after
    std::int64_t last = 0;   // the newest number
    std::size_t resumed = 0;
    std::vector<absl::Duration> lags;
    absl::Status broken;  // what was wrong, once something was
  };
  Seen seen() const;

 private:
  class Reactor;

  void Open() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Take(const padlock::cert::v1::WatchEventsResponse& message);
  void TakeEvent(const padlock::cert::v1::Event& event) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Ended(const grpc::Status& status);

  padlock::cert::v1::EventService::Stub& stub_;
  const std::string parent_;
  mutable base::Mutex mutex_;
  base::CondVar changed_;
  std::string cursor_ ABSL_GUARDED_BY(mutex_);
  Seen seen_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool was_cut_ ABSL_GUARDED_BY(mutex_) = false;
  Reactor* reactor_ ABSL_GUARDED_BY(mutex_) = nullptr;  // deletes itself
};

}  // namespace e2e
