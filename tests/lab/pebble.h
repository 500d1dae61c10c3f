// Pebble, Let's Encrypt's small ACME server. It deadlocks with more than a few orders at once
// unless GOMAXPROCS is 1, and forgets everything, its CA included, when it is restarted.

#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lab/certificate_authority.h"
#include "lab/process.h"
#include "lab/stack.h"

namespace lab {

inline constexpr int kAcmePort = 14000;
inline constexpr int kPebbleManagementPort = 15000;

// Not thread-safe.
class Pebble {
 public:
  struct Options {
    std::string name = "pebble";           // of its files; differs from other Pebbles'
    int host = host::kPebble;              // the last octet of its address
    std::string resolver_address = {};     // port kDnsPort
    bool sleeps = true;                    // 1 to 3 s in each validation
    int nonce_reject_percent = 5;          // good nonces refused
    int authorization_reuse_percent = 50;  // valid authorizations used again
    bool validates = true;                 // else each answered challenge is valid
    int alternate_roots = 0;               // each brings an alternate chain (RFC 8555, 7.4.2)
    std::vector<std::string> blocked_names = {};
    // MAC keys in base64url, by key id. With any, accounts need an external account binding.
    std::map<std::string, std::string> external_accounts = {};
  };

  // `stack` and `authority`, which signs its HTTPS certificate, must outlive the server.
  static absl::StatusOr<std::unique_ptr<Pebble>> Start(const Stack& stack,
                                                       const CertificateAuthority& authority,
                                                       Options options);

  std::string address() const;
  std::string DirectoryUrl() const;
  // PEM of the root that signs what it issues.
  absl::StatusOr<std::string> RootPem() const;

  // What it says of a certificate, in JSON: its Status, and the Reason of a revocation.
  absl::StatusOr<std::string> CertificateStatus(const std::string& serial) const;

  void Kill();
  absl::Status Pause();
  // As Knot's; after Kill() with a new, empty state and another root.
  absl::Status Resume();

 private:
  Pebble(const Stack& stack, std::string directory, std::string tls_ca_file, Options options);

  absl::Status Launch();

  const Stack& stack_;
  const std::string directory_;
  const std::string tls_ca_file_;
  const Options options_;
  std::unique_ptr<Process> process_;
};

}  // namespace lab
