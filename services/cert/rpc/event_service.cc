#include "cert/rpc/event_service.h"

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <cstddef>
#include <optional>
#include <utility>

#include "base/worker_pool.h"
#include "cert/app/event_reader.h"
#include "cert/rpc/from_proto.h"
#include "cert/rpc/to_proto.h"
#include "padlock/cert/v1/event_service.grpc.pb.h"

namespace cert {
namespace {

namespace pb = ::padlock::cert::v1;

constexpr int kStartThreads = 2;
// gRPC keeps a watch's request, with what we do not know of it, for as long as the watch lives.
constexpr std::size_t kMaxRequestBytes = 4096;

// One watch. Its steps follow one another, each on the thread that ended the last one:
//
//   Begin --> write "begun" --> OnWriteDone --> hub.Await --> write events --> OnWriteDone ...
//
// so at most one write or wait is in progress, and whoever ends the chain calls Finish, once. Only
// OnCancel comes from the side, and all it does is to end the wait.
class WatchReactor final : public grpc::ServerWriteReactor<pb::WatchEventsResponse> {
 public:
  WatchReactor(WatchHub& hub, CallRecord record) : hub_(hub), record_(std::move(record)) {}

  // `id` is open in the hub; it is closed with this reactor. Call before Begin.
  void set_id(WatchHub::WatchId id) { id_ = id; }

  void Begin(absl::StatusOr<WatchStart> start) {
    if (!start.ok()) return End(start.status());
    start_ = *std::move(start);
    message_.set_cursor(FormatCursor(start_.cursor));
    StartWrite(&message_);
  }

  void End(const absl::Status& status) { Finish(record_.Close(status)); }

 private:
  void OnWriteDone(bool ok) override {
    if (!ok) return End(absl::CancelledError("the watcher has gone"));
    const absl::Status waiting = hub_.Await(*id_, {.after = start_.cursor, .domain = start_.domain},
                                            [this](const absl::StatusOr<EventBatch>& batch) {
                                              if (!batch.ok()) return End(batch.status());
                                              Send(*batch);
                                            });
    if (!waiting.ok()) End(waiting);
  }

  void Send(const EventBatch& batch) {
    start_.cursor = batch.cursor;
    message_.Clear();
    message_.set_cursor(FormatCursor(start_.cursor));
    for (const Event& event : batch.events) {
      *message_.add_events() = ToProto(start_.tenant, event);
    }
    StartWrite(&message_);
  }

  void OnCancel() override {
    if (id_.has_value()) hub_.Cancel(*id_);
  }

  void OnDone() override {
    if (id_.has_value()) hub_.Close(*id_);
    delete this;
  }

  WatchHub& hub_;
  CallRecord record_;
  std::optional<WatchHub::WatchId> id_;  // set before the call's first callback
  WatchStart start_;
  pb::WatchEventsResponse message_;
};

// A thousand watchers who lost their connection are back all at once. They begin in threads of
// their own, so that none is turned away, nor any other call for their sake. None waits here that
// is not open in the hub, whose limit is this queue's.
class EventService final : public pb::EventService::CallbackService {
 public:
  EventService(EventLog& log, WatchHub& hub, CallRunner& runner)
      : log_(log),
        hub_(hub),
        runner_(runner),
        starts_({.threads = kStartThreads, .queue_limit = hub.watch_limit()}) {}

  grpc::ServerWriteReactor<pb::WatchEventsResponse>* WatchEvents(
      grpc::CallbackServerContext* context, const pb::WatchEventsRequest* request) override {
    CallRecord record = runner_.Open(*context, "WatchEvents");
    const absl::StatusOr<Caller> caller = runner_.Authenticate(*context, record);
    // OnDone deletes it.
    auto* const reactor = new WatchReactor(hub_, std::move(record));
    const absl::Status begun = caller.ok() ? Begin(*caller, *request, *reactor) : caller.status();
    if (!begun.ok()) reactor->End(begun);
    return reactor;
  }

 private:
  absl::Status Begin(const Caller& caller, const pb::WatchEventsRequest& request,
                     WatchReactor& reactor) {
    if (request.SpaceUsedLong() > kMaxRequestBytes) {
      return absl::InvalidArgumentError("the request is larger than any watch's may be");
    }
    const absl::StatusOr<WatchHub::WatchId> id = hub_.Open(TenantId(caller.identity.tenant));
    if (!id.ok()) return id.status();
    reactor.set_id(*id);
    const bool posted = starts_.Post([this, caller, &reactor, input = FromProto(request)] {
      reactor.Begin(StartWatch(log_, caller, input));
    });
    return posted ? absl::OkStatus() : absl::UnavailableError("the service is going away");
  }

  EventLog& log_;
  WatchHub& hub_;
  CallRunner& runner_;
  base::WorkerPool starts_;
};

}  // namespace

std::shared_ptr<grpc::Service> MakeEventService(EventLog& log, WatchHub& hub, CallRunner& runner) {
  return std::make_shared<EventService>(log, hub, runner);
}

}  // namespace cert
