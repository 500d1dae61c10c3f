#include "e2e/watch_stream.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "base/clock.h"

namespace e2e {

namespace pb = ::padlock::cert::v1;

namespace {

std::int64_t NumberOf(const std::string& cursor) {
  std::int64_t number = -1;
  return absl::SimpleAtoi(cursor.substr(cursor.rfind('.') + 1), &number) ? number : -1;
}

absl::Time TimeOf(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

}  // namespace

class WatchStream::Reactor final : public grpc::ClientReadReactor<pb::WatchEventsResponse> {
 public:
  Reactor(WatchStream& stream, const std::string& cursor) : stream_(stream) {
    request_.set_parent(stream.parent_);
    request_.set_cursor(cursor);
    stream.stub_.async()->WatchEvents(&context_, &request_, this);
    StartRead(&message_);
    StartCall();
  }

  void Cancel() { context_.TryCancel(); }

  void OnReadDone(bool ok) override {
    if (!ok) return;
    stream_.Take(message_);
    StartRead(&message_);
  }

  void OnDone(const grpc::Status& status) override {
    stream_.Ended(status);  // it forgets us, and may be gone afterwards
    delete this;
  }

 private:
  WatchStream& stream_;
  grpc::ClientContext context_;
  pb::WatchEventsRequest request_;
  pb::WatchEventsResponse message_;
};

WatchStream::WatchStream(pb::EventService::Stub& stub, std::string parent)
    : stub_(stub), parent_(std::move(parent)) {}

WatchStream::~WatchStream() {
  base::MutexLock lock(mutex_);
  stopping_ = true;
  if (reactor_ != nullptr) reactor_->Cancel();
  while (reactor_ != nullptr) changed_.Wait(mutex_);
}

void WatchStream::Start() {
  const base::MutexLock lock(mutex_);
  Open();
}

void WatchStream::Open() { reactor_ = new Reactor(*this, cursor_); }

void WatchStream::Cut() {
  const base::MutexLock lock(mutex_);
  if (reactor_ == nullptr || !seen_.begun) return;
  was_cut_ = true;
  reactor_->Cancel();
}

WatchStream::Seen WatchStream::seen() const {
  const base::MutexLock lock(mutex_);
  return seen_;
}

void WatchStream::Take(const pb::WatchEventsResponse& message) {
  const base::MutexLock lock(mutex_);
  if (!seen_.begun) {
    seen_.begun = true;
    seen_.first = seen_.last = NumberOf(message.cursor());
  }
  for (const pb::Event& event : message.events()) TakeEvent(event);
  if (!message.cursor().empty()) cursor_ = message.cursor();
}

void WatchStream::TakeEvent(const pb::Event& event) {
  const std::int64_t number = NumberOf(event.cursor());
  if (number != seen_.last + 1 && seen_.broken.ok()) {
    seen_.broken = absl::DataLossError(
        absl::StrFormat("event %d of %s came after %d", number, parent_, seen_.last));
  }
  const bool foreign = !event.domain().empty() && !absl::StartsWith(event.domain(), parent_ + "/");
  if (foreign && seen_.broken.ok()) {
    seen_.broken = absl::DataLossError(parent_ + " saw an event of " + event.domain());
  }
  seen_.last = number;
  if (seen_.resumed == 0) {
    seen_.lags.push_back(base::SystemClock().TimeNow() - TimeOf(event.time()));
  }
}

// Nothing but a cut ends a stream of a healthy service, but for its connection's age.
void WatchStream::Ended(const grpc::Status& status) {
  const base::MutexLock lock(mutex_);
  reactor_ = nullptr;
  changed_.NotifyAll();
  if (stopping_) return;
  const bool expected =
      std::exchange(was_cut_, false) || status.error_code() == grpc::StatusCode::UNAVAILABLE;
  if (!expected) {
    if (seen_.broken.ok()) {
      seen_.broken = absl::DataLossError("a stream ended: " + status.error_message());
    }
    return;
  }
  if (seen_.begun) ++seen_.resumed;
  Open();
}

}  // namespace e2e
