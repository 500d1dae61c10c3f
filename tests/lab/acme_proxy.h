// Stands between padlock-cert and Pebble: records every request, and lets a test act, or cut the
// connection, before its delivery or before the reply (lab/tap.h).

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lab/certificate_authority.h"
#include "lab/stack.h"
#include "lab/tap.h"

namespace lab {

// What a request asks for, read from the paths that Pebble uses.
enum class AcmeCall {
  kDirectory,
  kNewNonce,
  kNewAccount,
  kNewOrder,
  kOrder,          // polled
  kAuthorization,  // polled
  kDeactivation,   // of an authorization
  kChallenge,      // polled
  kAnswer,         // of a challenge
  kFinalize,
  kCertificate,
  kOther,
};

struct AcmeExchange {
  AcmeCall call = AcmeCall::kOther;
  std::string path;
  int status = 0;        // of the reply; 0 before it came, or when the CA was unreachable
  std::string location;  // of the reply: for newOrder the order's URL
};

// Called in the connection's thread, several at a time; it may block.
using AcmeHook = std::function<Action(Moment, const AcmeExchange&)>;

// Thread-safe.
class AcmeProxy {
 public:
  // Listens on host::kAcmeProxy, port kAcmePort. `stack` and `authority` must outlive it.
  static absl::StatusOr<std::unique_ptr<AcmeProxy>> Start(const Stack& stack,
                                                          const CertificateAuthority& authority);
  // Waits for requests under way: a blocking hook must be let go before.
  ~AcmeProxy();
  AcmeProxy(const AcmeProxy&) = delete;
  AcmeProxy& operator=(const AcmeProxy&) = delete;

  std::string DirectoryUrl() const;

  // Replaces the hook; an empty one passes everything.
  void SetHook(AcmeHook hook);

  // All requests delivered to the CA so far, in the order of their ends.
  std::vector<AcmeExchange> History() const;
  // Of all challenges that clients have seen (RFC 8555, 8.1).
  std::vector<std::string> ChallengeTokens() const;
  // How many of them were of this kind, and accepted (2xx): a refused nonce is not.
  int Accepted(AcmeCall call) const;

 private:
  class Server;
  explicit AcmeProxy(std::unique_ptr<Server> server);

  const std::unique_ptr<Server> server_;
};

}  // namespace lab
