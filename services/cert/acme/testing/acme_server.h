// A CA behind HTTPS that does what it is told: FakeCa (testing/fake_ca.h) as an RFC 8555 server on
// loopback, and the faults that no real CA shows on demand. Any ACME client may use it; signatures,
// nonces and URLs are checked as a real one does. It never looks at the DNS: an answered challenge
// is valid, unless FailValidation() says otherwise.
//
//   auto ca = AcmeServer::Start({});                      // 127.0.0.1, any free port
//   config: directory_url = (*ca)->DirectoryUrl(), tls_ca_file = a file with (*ca)->TlsRootPem(),
//           issuer_roots_file = a file with (*ca)->RootPem()
//
//   What the CA is, from now on:
//     ca->Change([](FakeCaOptions& it) { it.issuance = FakeIssuance::kWrongKey; });
//       wrong key, wrong chain, expired …                 FakeCaOptions::issuance
//       processing that never ends                        issuance_polls = FakeCaOptions::kForEver
//       ARI 'now'                                         renewal_window = {long ago, not so long}
//       other validity, profiles, alternate chains        lifetime, profiles, alternate_chains
//   What happens to requests of one kind, the next one or the next `times`:
//     ca->Next(AcmeCall::kNewOrder, AcmeFault::Problem("rateLimited", 429, "too many", "3600"));
//     ca->Next(AcmeCall::kNewOrder, AcmeFault::LoseReply());        // done, and not told
//     ca->Next(AcmeCall::kFinalize, AcmeFault::Gateway(502), 3);    // HTML of a box in front
//     ca->Next(AcmeCall::kGetOrder, AcmeFault::Stall());            // half-open: never answered
//   Retry-After is sent as given: seconds, or an HTTP date (HttpDate()).

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "cert/acme/testing/acme_call.h"
#include "cert/acme/testing/fake_ca.h"

namespace cert {

// What happens to a request instead of an answer. Those that take effect do what was asked first.
struct AcmeFault {
  enum class Kind {
    kProblem,      // refused, without effect
    kGateway,      // an HTML page, without effect
    kLoseRequest,  // the connection is closed without effect
    kLoseReply,    // it takes effect, and the connection is closed
    kStall,        // no effect and no answer; the connection stays open until Release()
    kStallReply,   // it takes effect; no answer as above
    kHalfReply,    // it takes effect; half of the answer, then as above
  };

  static AcmeFault Problem(const std::string& name, int status, const std::string& detail,
                           const std::string& retry_after = {}) {
    return {.kind = Kind::kProblem,
            .status = status,
            .problem = name,
            .detail = detail,
            .retry_after = retry_after};
  }
  static AcmeFault Gateway(int status, const std::string& retry_after = {}) {
    return {.kind = Kind::kGateway, .status = status, .retry_after = retry_after};
  }
  static AcmeFault LoseRequest() { return {.kind = Kind::kLoseRequest}; }
  static AcmeFault LoseReply() { return {.kind = Kind::kLoseReply}; }
  static AcmeFault Stall() { return {.kind = Kind::kStall}; }
  static AcmeFault StallReply() { return {.kind = Kind::kStallReply}; }
  static AcmeFault HalfReply() { return {.kind = Kind::kHalfReply}; }

  Kind kind = Kind::kProblem;
  int status = 500;
  std::string problem = {};  // "rateLimited"; with kProblem
  std::string detail = {};
  std::string retry_after = {};  // the header's value; none when empty
};

// Of Retry-After (RFC 9110, 5.6.7).
std::string HttpDate(absl::Time time);

// One request as the server saw it.
struct AcmeRequestSeen {
  AcmeCall call = AcmeCall::kOther;
  std::string path;
  std::string account_url;  // who signed; empty when nobody did, or by key
  int status = 0;           // of the answer; 0 when there was none
};

// Thread-safe.
class AcmeServer {
 public:
  struct Options {
    std::string address = "127.0.0.1";
    int port = 0;  // 0: any free one
    FakeCaOptions ca = {};
    const base::Clock* clock = nullptr;  // of what it issues and of its windows; the system's
  };
  // UNAVAILABLE when the address is taken.
  static absl::StatusOr<std::unique_ptr<AcmeServer>> Start(Options options);
  // Stalled requests are let go.
  ~AcmeServer();
  AcmeServer(const AcmeServer&) = delete;
  AcmeServer& operator=(const AcmeServer&) = delete;

  std::string DirectoryUrl() const;
  std::string TlsRootPem() const;  // what its HTTPS certificate comes from
  std::string RootPem() const;     // what its chains end in

  void Change(const std::function<void(FakeCaOptions&)>& change);
  void Next(AcmeCall call, AcmeFault fault, int times = 1);
  // The next challenge answered for this identifier fails so.
  void FailValidation(const std::string& identifier, AcmeProblem problem);
  // Forgets the faults that have not happened yet, and lets stalled requests go.
  void Release();

  // All requests so far, in the order of their ends.
  std::vector<AcmeRequestSeen> Requests() const;
  // How many of them were of this kind.
  int Count(AcmeCall call) const;
  // As FakeCa has them.
  std::vector<AcmeOrder> Orders() const;
  std::vector<AcmeOrderRequest> OrderRequests() const;
  std::size_t RevokedCertificates() const;

 private:
  class Server;
  explicit AcmeServer(std::unique_ptr<Server> server);

  const std::unique_ptr<Server> server_;
};

}  // namespace cert
