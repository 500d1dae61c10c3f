// Runs the unary calls of the API. A gRPC callback must not block (all of them share a few
// threads), so the use case runs on a worker thread, which then finishes the call:
//
//   handler: authenticate --> Post ............ worker: use case --> log, count --> Finish
//                  \              \ queue full, in calls or octets: RESOURCE_EXHAUSTED
//                   \ UNAUTHENTICATED, PERMISSION_DENIED

#pragma once

#include <cstddef>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/metrics.h"
#include "base/random.h"
#include "base/worker_pool.h"
#include "cert/app/caller.h"
#include "cert/rpc/call_record.h"
#include "transport/identity.h"

namespace google::protobuf {
class Message;
}  // namespace google::protobuf

namespace grpc {
class CallbackServerContext;
class ServerContextBase;
class ServerUnaryReactor;
}  // namespace grpc

namespace cert {

// Thread-safe.
class CallRunner {
 public:
  // All must outlive this object, and the pool every call.
  struct Environment {
    base::WorkerPool& pool;
    base::Metrics& metrics;
    base::Random& random;
  };
  using UseCase = absl::AnyInvocable<absl::Status(const Caller&)>;

  CallRunner(Environment environment, transport::IdentityRules rules);

  // Returns the reactor of the call. The use case may use the call's request and response until it
  // returns. It is skipped when the caller has gone meanwhile.
  grpc::ServerUnaryReactor* Run(grpc::CallbackServerContext* context, const char* method,
                                const google::protobuf::Message& request, UseCase use_case);

  // For calls of other shapes.
  CallRecord Open(const grpc::ServerContextBase& context, const char* method);
  absl::StatusOr<Caller> Authenticate(const grpc::ServerContextBase& context, CallRecord& record);

 private:
  // RESOURCE_EXHAUSTED when the queue is full.
  absl::Status Post(base::WorkerPool::Task task, std::size_t held_bytes);

  const Environment environment_;
  const transport::IdentityRules rules_;
};

}  // namespace cert
