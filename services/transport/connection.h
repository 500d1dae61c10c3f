// What every gRPC server and channel of ours is set to: bounded messages, keepalive, and an age at
// which connections end, so that replaced certificates and revoked peers are gone within minutes.

#pragma once

#include <string>

#include "absl/time/time.h"

namespace grpc {
class ChannelArguments;
class ServerBuilder;
}  // namespace grpc

namespace transport {

struct ServerOptions {
  int max_receive_bytes = 4 << 20;
  // gRPC spreads it by ±10 %. Streams that are open then are cut after the grace.
  absl::Duration connection_age = absl::Minutes(10);
  absl::Duration connection_grace = absl::Seconds(30);
};

void Configure(const ServerOptions& options, grpc::ServerBuilder& builder);

// `tls_server_name`: the name that the server's certificate must hold; empty: the target's host.
// The peer's death is noticed within 15 s.
void Configure(const std::string& tls_server_name, grpc::ChannelArguments& arguments);

}  // namespace transport
