// Mutual TLS 1.3 for every gRPC port and channel; there is no way to turn it off. Certificates,
// keys and CAs are watched: connections made after a file was replaced use the new ones, open ones
// live until the server ages them out (connection.h). Revocation lists are looked up in each
// handshake that verifies a peer.

#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace grpc {
class ChannelCredentials;
class ServerCredentials;
}  // namespace grpc

namespace transport {

struct TlsFiles {
  std::string ca_file;             // PEM: who signs our peers' certificates
  std::string certificate_file;    // PEM: our chain
  std::string private_key_file;    // PEM
  std::string crl_directory = {};  // crl_directory.h; empty: nobody is revoked

  bool operator==(const TlsFiles&) const = default;
};

// Makes gRPC of this process refuse anything below TLS 1.3. gRPC 1.51 has no setter for the
// versions; a cipher list that holds no cipher of TLS 1.2 with certificates does it. Call first
// thing in main, before any thread and any use of gRPC.
void RequireTls13();

// Errors of both: what reading a file gives, and FAILED_PRECONDITION for files that hold no PEM
// certificate or key, or a key that is not the certificate's; and what CheckCrlDirectory() says.

// Refuses clients without a certificate from one of the CAs, and those on a revocation list.
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeServerCredentials(
    const TlsFiles& files, absl::Duration reload_interval = absl::Seconds(10));

// Refuses servers whose certificate is not from one of the CAs, lacks the target's name or is on a
// revocation list.
absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MakeChannelCredentials(
    const TlsFiles& files, absl::Duration reload_interval = absl::Seconds(10));

}  // namespace transport
