// What every gRPC server and channel of ours is set to: bounded messages and calls, keepalive, and
// an age at which connections end, so that within minutes every peer uses replaced certificates and
// is held against the CAs and, where there are any, the revocation lists of then (tls.h).

#pragma once

#include <cstddef>
#include <string>

#include "absl/time/time.h"

namespace grpc {
class ChannelArguments;
class ServerBuilder;
}  // namespace grpc

namespace transport {

struct ServerOptions {
  // A message is parsed before anybody knows whose it is, into 120 times as much memory at worst:
  // two octets make an empty observation. The longest that have a sense are reports of probe
  // workers (probe/core/report_limit.h) and a certificate's thousand names.
  int max_receive_bytes = 256 << 10;
  // Of one connection; what is more waits at the client.
  int max_calls = 1'000;
  // Of all connections together: octets that are no whole message yet, or that nobody has read, and
  // some 30 KiB of buffers for each. While there is more gRPC ends idle connections, then calls, of
  // any caller; clients retry.
  std::size_t max_unread_bytes = std::size_t{128} << 20U;
  // gRPC spreads it by ±10 %. Streams that are open then are cut after the grace.
  absl::Duration connection_age = absl::Minutes(10);
  absl::Duration connection_grace = absl::Seconds(30);
};

void Configure(const ServerOptions& options, grpc::ServerBuilder& builder);

// `tls_server_name`: the name that the server's certificate must hold; empty: the target's host.
// The peer's death is noticed within 15 s.
void Configure(const std::string& tls_server_name, grpc::ChannelArguments& arguments);

}  // namespace transport
