// AcmeClient over HTTPS (RFC 8555).

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "cert/acme/client.h"
#include "cert/acme/http_transport.h"
#include "cert/acme/jws.h"
#include "cert/acme/requester.h"

namespace cert {

// Thread-safe. `transport` and `clock` must outlive it.
class HttpAcmeClient final : public AcmeClient {
 public:
  struct Options {
    std::string directory_url;
    std::vector<std::string> contacts = {};                          // "mailto:…"
    std::optional<ExternalAccount> external_account = std::nullopt;  // where the CA wants one
  };

  HttpAcmeClient(Options options, HttpTransport& transport, const base::Clock& clock);

  AcmeReply<AcmeMetadata> GetMetadata(base::Deadline deadline) override;
  AcmeReply<std::string> NewAccount(const AcmeAccount& account, base::Deadline deadline) override;
  AcmeReply<std::string> FindAccount(const std::string& key_pem, base::Deadline deadline) override;
  AcmeReply<Done> RollOverKey(const AcmeAccount& account, const std::string& new_key_pem,
                              base::Deadline deadline) override;
  AcmeReply<AcmeOrder> NewOrder(const AcmeAccount& account, const AcmeOrderRequest& request,
                                base::Deadline deadline) override;
  AcmeReply<std::vector<std::string>> ListOrders(const AcmeAccount& account,
                                                 base::Deadline deadline) override;
  AcmeReply<AcmeOrder> GetOrder(const AcmeAccount& account, const std::string& url,
                                base::Deadline deadline) override;
  AcmeReply<AcmeAuthorization> GetAuthorization(const AcmeAccount& account, const std::string& url,
                                                base::Deadline deadline) override;
  AcmeReply<Done> AnswerChallenge(const AcmeAccount& account, const std::string& url,
                                  base::Deadline deadline) override;
  AcmeReply<AcmeOrder> Finalize(const AcmeAccount& account, const std::string& finalize_url,
                                const std::string& csr_der, base::Deadline deadline) override;
  AcmeReply<AcmeChain> DownloadCertificate(const AcmeAccount& account, const std::string& url,
                                           base::Deadline deadline) override;
  AcmeReply<std::optional<AcmeRenewalInfo>> GetRenewalInfo(const std::string& renewal_id,
                                                           base::Deadline deadline) override;
  AcmeReply<Done> DeactivateAuthorization(const AcmeAccount& account, const std::string& url,
                                          base::Deadline deadline) override;
  AcmeReply<Done> RevokeCertificate(const AcmeAccount& account, const std::string& certificate_der,
                                    int reason, base::Deadline deadline) override;

 private:
  AcmeReply<std::string> NewAccountAt(const std::string& new_account_url,
                                      const AcmeAccount& account, base::Deadline deadline);
  AcmeReply<Done> RollOverKeyAt(const std::string& key_change_url, const AcmeAccount& account,
                                const std::string& new_key_pem, base::Deadline deadline);
  AcmeReply<std::vector<std::string>> ListOrdersAt(const AcmeAccount& account, std::string url,
                                                   base::Deadline deadline);
  // The order that a reply holds, at `url`.
  AcmeReply<AcmeOrder> ToOrder(const HttpReply& reply, const std::string& url) const;

  const Options options_;
  const base::Clock& clock_;
  Requester requester_;
};

}  // namespace cert
