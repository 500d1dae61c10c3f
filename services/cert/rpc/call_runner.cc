#include "cert/rpc/call_runner.h"

#include <google/protobuf/message.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <memory>
#include <utility>

#include "transport/call.h"

namespace cert {

CallRunner::CallRunner(Environment environment, transport::IdentityRules rules)
    : environment_(environment), rules_(std::move(rules)) {}

CallRecord CallRunner::Open(const grpc::ServerContextBase& context, const char* method) {
  return {environment_.metrics, method, transport::RequestIdOf(context, environment_.random),
          context.peer()};
}

absl::StatusOr<Caller> CallRunner::Authenticate(const grpc::ServerContextBase& context,
                                                CallRecord& record) {
  absl::StatusOr<transport::Identity> identity = transport::IdentityOf(context, rules_);
  if (!identity.ok()) {
    record.set_caller(transport::NamesOffered(context));
    return identity.status();
  }
  record.set_tenant(identity->tenant);
  record.set_caller(identity->name);
  return Caller{.identity = *std::move(identity), .request_id = record.request_id()};
}

absl::Status CallRunner::Post(base::WorkerPool::Task task, std::size_t held_bytes) {
  if (environment_.pool.Post(std::move(task), held_bytes)) return absl::OkStatus();
  return absl::ResourceExhaustedError("too many calls at once; retry later");
}

grpc::ServerUnaryReactor* CallRunner::Run(grpc::CallbackServerContext* context, const char* method,
                                          const google::protobuf::Message& request,
                                          UseCase use_case) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  // Shared with the task, which is lost when the queue is full.
  const auto record = std::make_shared<CallRecord>(Open(*context, method));
  absl::StatusOr<Caller> caller = Authenticate(*context, *record);
  if (!caller.ok()) {
    reactor->Finish(record->Close(caller.status()));
    return reactor;
  }
  const absl::Status posted = Post(
      [context, reactor, record, caller = *std::move(caller),
       use_case = std::move(use_case)]() mutable {
        const absl::Status status =
            context->IsCancelled() ? absl::CancelledError("the caller has gone") : use_case(caller);
        reactor->Finish(record->Close(status));
      },
      request.SpaceUsedLong());
  if (!posted.ok()) reactor->Finish(record->Close(posted));
  return reactor;
}

}  // namespace cert
