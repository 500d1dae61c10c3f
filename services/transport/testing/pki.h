// Certificates and mutual TLS servers for tests: a CA of its own in a directory that goes with it.

#pragma once

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <string>

#include "base/testing/temp_directory.h"
#include "lab/certificate_authority.h"
#include "transport/connection.h"
#include "transport/tls.h"

namespace transport::testing {

inline constexpr char kServerName[] = "cert.padlock";

class Pki {
 public:
  Pki() {
    ca_ = *lab::CertificateAuthority::Create(directory_.path());
    server_ = Mint({.name = "server", .dns_names = {kServerName}});
  }
  Pki(const Pki&) = delete;
  Pki& operator=(const Pki&) = delete;

  TlsFiles Mint(const lab::CertificateAuthority::Request& request) const {
    const lab::Credentials minted = *ca_->Mint(request);
    return {minted.ca_file, minted.certificate_file, minted.private_key_file};
  }
  std::shared_ptr<grpc::ChannelCredentials> Client(const std::string& spiffe_id) const {
    return *MakeChannelCredentials(Mint({.name = "client", .uris = {spiffe_id}}));
  }

  // On 127.0.0.1; `port` 0 takes a free one and is set to it.
  std::unique_ptr<grpc::Server> Serve(grpc::Service& service, int& port) const {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:" + std::to_string(port), *MakeServerCredentials(server_),
                             &port);
    Configure(ServerOptions{}, builder);
    builder.RegisterService(&service);
    return builder.BuildAndStart();
  }

  const std::string& directory() const { return directory_.path(); }
  const TlsFiles& server_files() const { return server_; }

 private:
  const base::testing::TempDirectory directory_;
  std::unique_ptr<lab::CertificateAuthority> ca_;
  TlsFiles server_;
};

}  // namespace transport::testing
