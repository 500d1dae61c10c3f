// An RFC 8555 client as the reconciler needs it. acme_client.h speaks to a real CA,
// testing/fake_client.h stands in for one in tests of logic; both pass the same contract test.
//
// Every call returns
//   a value                what the CA said;
//   an AcmeProblem         the CA refused: 4xx and 5xx with a problem document (or made from one
//                          without). badNonce is retried inside and never seen;
//   UNAVAILABLE            nothing took effect at the CA: no connection, no nonce;
//   UNKNOWN                the request may have reached the CA, the reply was lost. Repeating is
//                          safe for every call but NewOrder and RollOverKey;
//   DEADLINE_EXCEEDED      the deadline had passed, or the CA is busy with others of ours, and
//                          nothing was sent;
//   RESOURCE_EXHAUSTED     nothing was sent, since the CA is silent (bounded_transport.h);
//   INTERNAL               the reply is not what RFC 8555 says; its message says what.

#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "base/deadline.h"
#include "cert/core/acme_types.h"

namespace cert {

template <typename T>
using AcmeReply = absl::StatusOr<std::variant<T, AcmeProblem>>;

struct Done {};

// The account at one CA on whose behalf requests are signed.
struct AcmeAccount {
  std::string key_pem;  // P-256, PKCS#8
  std::string url;      // the "kid"; empty until NewAccount has answered
};

// Thread-safe.
class AcmeClient {
 public:
  virtual ~AcmeClient() = default;

  // What the CA says of itself; asked for at most once an hour.
  virtual AcmeReply<AcmeMetadata> GetMetadata(base::Deadline deadline) = 0;

  // Makes the account of this key or finds it (RFC 8555, 7.3): safe to repeat. Returns its URL.
  virtual AcmeReply<std::string> NewAccount(const AcmeAccount& account,
                                            base::Deadline deadline) = 0;

  // The URL of the account that this key has (RFC 8555, 7.3.1); accountDoesNotExist where it has
  // none. Makes nothing.
  virtual AcmeReply<std::string> FindAccount(const std::string& key_pem,
                                             base::Deadline deadline) = 0;

  // Replaces the account's key (RFC 8555, 7.3.5). After UNKNOWN either key may be the account's:
  // FindAccount tells which.
  virtual AcmeReply<Done> RollOverKey(const AcmeAccount& account, const std::string& new_key_pem,
                                      base::Deadline deadline) = 0;

  // RFC 8555, 7.4. Not idempotent. Sent at most once over a fresh connection; a badNonce that came
  // after a possible re-send is UNKNOWN, and so is a 5xx without a problem document, which a
  // gateway makes when it lost the CA's reply itself.
  virtual AcmeReply<AcmeOrder> NewOrder(const AcmeAccount& account, const AcmeOrderRequest& request,
                                        base::Deadline deadline) = 0;

  // URLs of the account's orders (RFC 8555, 7.1.2.1), all pages, at most 10,000, in the CA's order.
  // Empty when the CA keeps no such list.
  virtual AcmeReply<std::vector<std::string>> ListOrders(const AcmeAccount& account,
                                                         base::Deadline deadline) = 0;

  virtual AcmeReply<AcmeOrder> GetOrder(const AcmeAccount& account, const std::string& url,
                                        base::Deadline deadline) = 0;

  virtual AcmeReply<AcmeAuthorization> GetAuthorization(const AcmeAccount& account,
                                                        const std::string& url,
                                                        base::Deadline deadline) = 0;

  // Says that the challenge may be validated (RFC 8555, 7.5.1). Call for pending ones only.
  virtual AcmeReply<Done> AnswerChallenge(const AcmeAccount& account, const std::string& url,
                                          base::Deadline deadline) = 0;

  // RFC 8555, 7.4. `csr_der` is a PKCS#10 request. Returns the order; its URL is empty where the
  // CA's reply has no Location.
  virtual AcmeReply<AcmeOrder> Finalize(const AcmeAccount& account, const std::string& finalize_url,
                                        const std::string& csr_der, base::Deadline deadline) = 0;

  // RFC 8555, 7.4.2. The PEM chain is of at most 256 KiB, the alternates are at most 10.
  virtual AcmeReply<AcmeChain> DownloadCertificate(const AcmeAccount& account,
                                                   const std::string& url,
                                                   base::Deadline deadline) = 0;

  // RFC 9773, 4.2; nothing where the CA offers none. `renewal_id` is what keys.h calls so. Needs no
  // account.
  virtual AcmeReply<std::optional<AcmeRenewalInfo>> GetRenewalInfo(const std::string& renewal_id,
                                                                   base::Deadline deadline) = 0;

  // RFC 8555, 7.5.2. An authorization that is final already counts as done.
  virtual AcmeReply<Done> DeactivateAuthorization(const AcmeAccount& account,
                                                  const std::string& url,
                                                  base::Deadline deadline) = 0;

  // RFC 8555, 7.6, signed by the account. alreadyRevoked counts as done.
  virtual AcmeReply<Done> RevokeCertificate(const AcmeAccount& account,
                                            const std::string& certificate_der, int reason,
                                            base::Deadline deadline) = 0;
};

}  // namespace cert
