#include "cert/rpc/server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <chrono>
#include <utility>

#include "base/status_macros.h"
#include "transport/listener.h"

namespace cert {
namespace {

using Acceptor = grpc::experimental::ExternalConnectionAcceptor;
using AcceptorType = grpc::ServerBuilder::experimental_type::ExternalConnectionType;

}  // namespace

struct RpcServer::Impl {
  std::unique_ptr<Acceptor> acceptor;
  std::unique_ptr<grpc::Server> server;
  std::unique_ptr<transport::Listener> listener;
};

RpcServer::RpcServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

RpcServer::~RpcServer() { Shutdown(absl::ZeroDuration()); }

absl::StatusOr<std::unique_ptr<RpcServer>> RpcServer::Start(
    const Options& options, const std::vector<grpc::Service*>& services) {
  ASSIGN_OR_RETURN(const auto credentials, transport::MakeServerCredentials(options.tls));
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  auto impl = std::make_unique<Impl>();
  grpc::ServerBuilder builder;
  transport::Configure(options.connection, builder);
  impl->acceptor =
      builder.experimental().AddExternalConnectionAcceptor(AcceptorType::FROM_FD, credentials);
  for (grpc::Service* service : services) builder.RegisterService(service);
  ASSIGN_OR_RETURN(impl->listener, transport::Listener::Bind(options.address, options.port));
  impl->server = builder.BuildAndStart();
  if (impl->server == nullptr) return absl::InternalError("gRPC does not start a server");
  impl->listener->Start([acceptor = impl->acceptor.get()](int descriptor) {
    Acceptor::NewConnectionParameters connection;
    connection.fd = descriptor;
    acceptor->HandleNewConnection(&connection);
  });
  return std::unique_ptr<RpcServer>(new RpcServer(std::move(impl)));
}

int RpcServer::port() const { return impl_->listener->port(); }

void RpcServer::SetServing(bool serving) {
  impl_->server->GetHealthCheckService()->SetServingStatus(serving);
}

void RpcServer::Shutdown(absl::Duration grace) {
  impl_->listener->Stop();
  impl_->server->Shutdown(std::chrono::system_clock::now() + absl::ToChronoNanoseconds(grace));
}

}  // namespace cert
