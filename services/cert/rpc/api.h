// Everything that padlock-cert serves over gRPC, wired together: the API for callers and the
// coordinator for probe workers, on one port.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/metrics.h"
#include "base/pulse.h"
#include "base/random.h"
#include "cert/core/agreement.h"
#include "cert/core/ids.h"
#include "cert/dispatch/dispatcher.h"
#include "cert/keys/sealer.h"
#include "cert/store/store.h"
#include "transport/identity.h"
#include "transport/tls.h"

namespace cert {

// Thread-safe.
class Api {
 public:
  struct Options {
    std::string address;  // an IP address
    int port = 0;         // 0: any free one
    transport::TlsFiles tls;
    transport::IdentityRules identities;
    AgreementPolicy policy;
    std::string delegation_zone;
    std::vector<std::string> reserved_zones;  // ours, too: nobody may add names inside them
    std::vector<std::string> authorities;     // the names of the configured CAs
    bool answers_http = false;                // whether HTTP validation is possible
    std::size_t max_names = 100;              // of a certificate
    int threads = 8;                          // for calls, each of which may wait for the database
  };
  // All must outlive the API.
  struct Environment {
    Store& store;
    EventLog& events;
    const Sealer& sealer;
    Dispatcher& dispatcher;
    base::Random& random;
    base::Metrics& metrics;
  };

  // Serves at once. Errors as RpcServer::Start.
  static absl::StatusOr<std::unique_ptr<Api>> Start(const Options& options,
                                                    const Environment& environment);
  ~Api();
  Api(const Api&) = delete;
  Api& operator=(const Api&) = delete;

  // Of the threads that answer calls.
  base::PulsePtr pulse() const;

  // This tenant has new events; empty: any may have.
  void Notify(const TenantId& tenant);

  // Health says NOT_SERVING from now on, so that no new callers come.
  void StopServing();
  // Ends the streams of workers and watchers, then calls in progress, after `grace` in any case.
  void Shutdown(absl::Duration grace);

 private:
  struct Parts;
  explicit Api(std::unique_ptr<Parts> parts);

  const std::unique_ptr<Parts> parts_;
};

}  // namespace cert
