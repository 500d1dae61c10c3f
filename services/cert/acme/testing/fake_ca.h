// What a CA does, in memory and without a network: accounts, orders, authorizations, and
// certificates signed under a root of its own. FakeAcmeClient puts faults and a lock around it.

#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "cert/acme/client.h"
#include "cert/keys/testing/minted_certificate.h"

namespace cert {

struct FakeCaOptions {
  absl::Duration lifetime = absl::Hours(24 * 90);
  int validation_polls = 0;           // an answered challenge is processing for so many looks at it
  int issuance_polls = 0;             // a finalized order is processing for so many looks at it
  bool reuse_authorizations = false;  // valid ones, for later orders of the same account
  bool lists_orders = true;           // else ListOrders is empty, as Boulder's
  std::set<std::string> blocked_names = {};  // newOrder answers rejectedIdentifier
};

// Not thread-safe. `clock` must outlive it. The methods are those of AcmeClient.
class FakeCa {
 public:
  FakeCa(FakeCaOptions options, const base::Clock& clock);

  AcmeReply<std::string> NewAccount(const AcmeAccount& account);
  AcmeReply<AcmeOrder> NewOrder(const AcmeAccount& account, const std::vector<std::string>& names);
  AcmeReply<std::vector<std::string>> ListOrders(const AcmeAccount& account) const;
  AcmeReply<AcmeOrder> GetOrder(const AcmeAccount& account, const std::string& url);
  AcmeReply<AcmeAuthorization> GetAuthorization(const AcmeAccount& account, const std::string& url);
  AcmeReply<Done> AnswerChallenge(const AcmeAccount& account, const std::string& url);
  AcmeReply<AcmeOrder> Finalize(const AcmeAccount& account, const std::string& finalize_url,
                                const std::string& csr_der);
  AcmeReply<std::string> DownloadCertificate(const AcmeAccount& account,
                                             const std::string& url) const;
  AcmeReply<Done> DeactivateAuthorization(const AcmeAccount& account, const std::string& url);
  AcmeReply<Done> RevokeCertificate(const AcmeAccount& account,
                                    const std::string& certificate_der) const;

  // The next challenge answered for this identifier fails so.
  void FailValidation(const std::string& identifier, AcmeProblem problem);

  const std::string& root_pem() const { return root_.pem; }
  // All orders, in the order in which they were made.
  std::vector<AcmeOrder> Orders() const;
  std::size_t issued_certificates() const { return issued_.size(); }

 private:
  struct Order {
    AcmeOrder order;
    std::string owner;  // account URL
    int polls_left = 0;
    std::string chain_pem;
  };
  struct Authorization {
    AcmeAuthorization authorization;
    std::string owner;
    int polls_left = 0;
  };

  bool Knows(const AcmeAccount& account) const;
  std::string NewUrl(const std::string& kind);
  // The URL of an authorization for `name`, new or used again.
  std::string Authorize(const AcmeAccount& account, const std::string& name);
  const Authorization* FindReusable(const AcmeAccount& account, const std::string& identifier,
                                    bool wildcard) const;
  AcmeReply<Done> Validate(Authorization& found);
  // Moves an answered challenge on.
  static void Poll(Authorization& found);
  // Moves the order on as its authorizations and polls have it.
  void Refresh(Order& order);
  AcmeReply<AcmeOrder> Issue(Order& order, const std::string& csr_der);

  const FakeCaOptions options_;
  const base::Clock& clock_;
  const MintedCertificate root_;
  const MintedCertificate intermediate_;

  int last_number_ = 0;
  std::map<std::string, AcmeProblem> failing_validations_;
  std::map<std::string, std::string> accounts_;  // by thumbprint
  std::map<std::string, Order> orders_;          // by URL
  std::vector<std::string> order_urls_;          // as they were made
  std::map<std::string, Authorization> authorizations_;
  std::set<std::string> issued_;  // DER
};

}  // namespace cert
