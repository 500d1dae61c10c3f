// What a CA does, in memory and without a network: accounts, orders, authorizations, and
// certificates signed under a root of its own. FakeAcmeClient puts faults and a lock around it,
// AcmeServer HTTP.

#pragma once

#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "cert/acme/client.h"
#include "cert/core/lifecycle.h"
#include "cert/keys/testing/minted_certificate.h"

namespace cert {

// What is wrong with the certificates that it issues.
enum class FakeIssuance {
  kRight,
  kWrongKey,         // not the one of the CSR
  kWrongName,        // another one besides
  kExpired,          // ended an hour ago
  kNotYetValid,      // begins in an hour
  kWrongChain,       // the intermediate is somebody else's of the same name
  kBrokenSignature,  // of the leaf
};

// May be changed while it runs.
struct FakeCaOptions {
  static constexpr int kForEver = std::numeric_limits<int>::max();

  std::string base_url = "https://ca.test";  // of everything it names
  absl::Duration lifetime = absl::Hours(24 * 90);
  int validation_polls = 0;           // an answered challenge is processing for so many looks at it
  int issuance_polls = 0;             // a finalized order is processing for so many looks at it
  bool reuse_authorizations = false;  // valid ones, for later orders of the same account
  bool lists_orders = true;           // else ListOrders is empty, as Boulder's
  bool reuses_orders = false;         // newOrder answers with an open one for the names, as Boulder
  bool orders_have_errors = true;     // else only challenges have, as Boulder's
  std::set<std::string> blocked_names = {};  // newOrder answers rejectedIdentifier
  FakeIssuance issuance = FakeIssuance::kRight;
  std::map<std::string, absl::Duration> profiles = {};  // name and lifetime
  int alternate_chains = 0;                             // under "Fake root 1", "Fake root 2", …
  std::vector<std::string> caa_identities = {"ca.test"};
  // RFC 9773. The window of every certificate, also of those issued before; when absent, a tenth of
  // the lifetime, beginning with its last third.
  bool offers_renewal_info = false;
  std::optional<RenewalWindow> renewal_window = std::nullopt;
  std::string explanation_url = {};
  std::optional<absl::Duration> renewal_retry_after = absl::Hours(6);
};

// Who signed a request: the key, and the account that it is said to be of.
struct FakeSigner {
  std::string thumbprint;
  std::string account_url = {};
};

// Not thread-safe. `clock` must outlive it. The methods are those of AcmeClient.
class FakeCa {
 public:
  FakeCa(FakeCaOptions options, const base::Clock& clock);

  AcmeMetadata Metadata() const;
  AcmeReply<std::string> NewAccount(const FakeSigner& signer);
  AcmeReply<std::string> FindAccount(const FakeSigner& signer) const;
  AcmeReply<Done> RollOverKey(const FakeSigner& signer, const std::string& new_thumbprint);
  AcmeReply<AcmeOrder> NewOrder(const FakeSigner& signer, const AcmeOrderRequest& request);
  AcmeReply<std::vector<std::string>> ListOrders(const FakeSigner& signer) const;
  AcmeReply<AcmeOrder> GetOrder(const FakeSigner& signer, const std::string& url);
  AcmeReply<AcmeAuthorization> GetAuthorization(const FakeSigner& signer, const std::string& url);
  AcmeReply<Done> AnswerChallenge(const FakeSigner& signer, const std::string& url);
  AcmeReply<AcmeOrder> Finalize(const FakeSigner& signer, const std::string& finalize_url,
                                const std::string& csr_der);
  AcmeReply<AcmeChain> DownloadCertificate(const FakeSigner& signer, const std::string& url) const;
  AcmeReply<Done> DeactivateAuthorization(const FakeSigner& signer, const std::string& url);
  AcmeReply<Done> RevokeCertificate(const FakeSigner& signer, const std::string& certificate_der);
  // RFC 9773, 4.2, or nothing where it offers none.
  AcmeReply<std::optional<AcmeRenewalInfo>> GetRenewalInfo(const std::string& renewal_id) const;

  // The next challenge answered for this identifier fails so.
  void FailValidation(const std::string& identifier, AcmeProblem problem);

  FakeCaOptions& options() { return options_; }
  const FakeCaOptions& options() const { return options_; }
  const std::string& root_pem() const { return root_.pem; }
  // All orders, in the order in which they were made.
  std::vector<AcmeOrder> Orders() const;
  // What newOrder was asked for each of them.
  std::vector<AcmeOrderRequest> OrderRequests() const;
  std::size_t issued_certificates() const { return issued_.size(); }
  std::size_t revoked_certificates() const { return revoked_.size(); }
  // The token of an authorization, and the key of an account (its thumbprint); empty when there is
  // none.
  std::string TokenOf(const std::string& authorization_url) const;
  std::string KeyOf(const std::string& account_url) const;

 private:
  struct Order {
    AcmeOrder order;
    AcmeOrderRequest request;
    std::string owner;  // account URL
    int polls_left = 0;
    std::vector<std::string> chains;  // PEM; the first is the one that is offered first
  };
  struct Authorization {
    // That of the challenge that was answered.
    AcmeChallengeStatus& status() {
      return by_http ? authorization.http->status : authorization.challenge_status;
    }

    AcmeAuthorization authorization;
    std::string owner;
    std::string token;
    bool by_http = false;  // http-01 was answered
    int polls_left = 0;
  };
  struct Issued {
    std::string owner;
    std::vector<std::string> names;
    RenewalWindow window;
  };

  bool Knows(const FakeSigner& signer) const;
  // The refusal of a signer that Knows() does not know.
  AcmeProblem Stranger(const FakeSigner& signer) const;
  std::string NewUrl(const std::string& kind);
  // Why an order may not be made; nothing when it may.
  std::optional<AcmeProblem> Refusal(const FakeSigner& signer,
                                     const AcmeOrderRequest& request) const;
  std::optional<AcmeProblem> RefusalToReplace(const FakeSigner& signer,
                                              const AcmeOrderRequest& request) const;
  // One of the signer's for exactly these names that is pending or ready.
  const Order* FindOpen(const FakeSigner& signer, const std::vector<std::string>& names) const;
  // The URL of an authorization for `name`, new or used again.
  std::string Authorize(const FakeSigner& signer, const std::string& name);
  const Authorization* FindReusable(const FakeSigner& signer, const std::string& identifier,
                                    bool wildcard) const;
  AcmeReply<Done> Validate(Authorization& found);
  // Moves an answered challenge on.
  static void Poll(Authorization& found);
  // Moves the order on as its authorizations and polls have it.
  void Refresh(Order& order);
  AcmeReply<AcmeOrder> Issue(Order& order, const std::string& csr_der);
  Validity ValidityOf(const Order& order) const;
  MintedCertificate MintLeaf(const Order& order, const std::string& csr_der) const;
  std::vector<std::string> ChainsOf(const MintedCertificate& leaf) const;
  // Books the certificate as issued.
  absl::Status Remember(const Order& order, const Validity& validity);

  FakeCaOptions options_;
  const base::Clock& clock_;
  const MintedCertificate root_;
  const MintedCertificate intermediate_;

  int last_number_ = 0;
  std::map<std::string, AcmeProblem> failing_validations_;
  std::map<std::string, std::string> accounts_;  // URLs by thumbprint
  std::map<std::string, Order> orders_;          // by URL
  std::vector<std::string> order_urls_;          // as they were made
  std::map<std::string, Authorization> authorizations_;
  std::map<std::string, Issued> renewable_;  // by renewal id
  std::set<std::string> issued_;             // DER
  std::set<std::string> revoked_;            // DER
};

}  // namespace cert
