// Caddy's ACME server: a CA written by others than Pebble's authors, on smallstep's library. What
// it does otherwise is in docs/testing.md.

#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lab/certificate_authority.h"
#include "lab/process.h"
#include "lab/stack.h"

namespace lab {

// Its validation knows these ports alone.
inline constexpr int kStandardDnsPort = 53;
inline constexpr int kStandardHttpPort = 80;

// Not thread-safe.
class Caddy {
 public:
  struct Options {
    std::string resolver_address = {};  // port kStandardDnsPort
  };

  // PERMISSION_DENIED, saying what is missing, where this user cannot run it: it takes a mount
  // namespace, for a resolv.conf of its own, and servers at the standard ports.
  static absl::Status IsAllowed(const Stack& stack);

  // `stack` and `authority`, which signs its HTTPS certificate, must outlive the server.
  static absl::StatusOr<std::unique_ptr<Caddy>> Start(const Stack& stack,
                                                      const CertificateAuthority& authority,
                                                      const Options& options);

  std::string DirectoryUrl() const;
  // PEM of the root that signs what it issues.
  absl::StatusOr<std::string> RootPem() const;

 private:
  Caddy(const Stack& stack, std::string directory);

  absl::Status Launch();
  std::string address() const;

  const Stack& stack_;
  const std::string directory_;
  std::unique_ptr<Process> process_;
};

}  // namespace lab
