// What an ACME server answers, apart from HTTP: signed requests are verified (RFC 8555, 6), given
// to a FakeCa, and its replies put into words. For acme_server.cc.

#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cert/acme/testing/acme_call.h"
#include "cert/acme/testing/fake_ca.h"
#include "cert/acme/testing/verified_jws.h"

namespace cert {

// A request, understood as far as its URL and payload tell. A GET has no signature.
struct AcmeIncoming {
  AcmeCall call = AcmeCall::kOther;
  std::string url;
  VerifiedJws jws;
  nlohmann::json payload;
  FakeSigner signer;
};

struct AcmeOutgoing {
  int status = 200;
  std::string body;
  std::string type = "application/json";
  std::string location = {};
  std::string retry_after = {};
  std::vector<std::string> links = {};
};

AcmeProblem MakeProblem(const std::string& name, int status, const std::string& detail);
AcmeOutgoing ProblemReply(const AcmeProblem& problem, const std::string& retry_after = {});

// Not thread-safe.
class AcmeDesk {
 public:
  AcmeDesk(FakeCaOptions options, const base::Clock& clock) : ca_(std::move(options), clock) {}

  FakeCa& ca() { return ca_; }

  // Makes one that may be used once.
  std::string NewNonce();
  // What the request is; a refusal when it is not signed as it must be. `body` is empty for GET.
  std::optional<AcmeOutgoing> Understand(const std::string& path, const std::string& body,
                                         AcmeIncoming& incoming);
  // Does what was asked.
  AcmeOutgoing Serve(const AcmeIncoming& incoming);

 private:
  AcmeOutgoing ServeAccount(const AcmeIncoming& incoming);
  AcmeOutgoing ServeRollOver(const AcmeIncoming& incoming);
  AcmeOutgoing ServeNewOrder(const AcmeIncoming& incoming);
  AcmeOutgoing ServeAuthorization(const AcmeIncoming& incoming);
  AcmeOutgoing ServeChain(const AcmeIncoming& incoming) const;
  AcmeOutgoing ServeRenewalInfo(const AcmeIncoming& incoming) const;
  AcmeOutgoing ServeOther(const AcmeIncoming& incoming) const;

  FakeCa ca_;
  std::map<std::string, std::string> keys_;  // JWKs by thumbprint
  std::set<std::string> nonces_;
};

}  // namespace cert
