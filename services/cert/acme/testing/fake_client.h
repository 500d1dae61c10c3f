// A CA in memory behind AcmeClient, with scripted faults: for tests of logic that must see what a
// real CA does seldom. Its certificates verify, and it passes the contract test of the real client.

#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "cert/acme/client.h"
#include "cert/acme/testing/acme_call.h"
#include "cert/acme/testing/fake_ca.h"

namespace cert {

// Thread-safe.
class FakeAcmeClient final : public AcmeClient {
 public:
  using Options = FakeCaOptions;

  // `clock` must outlive it.
  FakeAcmeClient(Options options, const base::Clock& clock) : ca_(std::move(options), clock) {}

  // Scripts. Each is for the next call of its kind that has no script yet.
  void LoseReply(AcmeCall call);   // it takes effect and returns UNKNOWN
  void Disconnect(AcmeCall call);  // it has no effect and returns UNAVAILABLE
  void Refuse(AcmeCall call, AcmeProblem problem);
  // The next challenge answered for this identifier fails so.
  void FailValidation(const std::string& identifier, AcmeProblem problem);

  // Calls `then` once, when the next call of this kind has arrived and before it is answered. It
  // may not call the CA.
  void When(AcmeCall call, std::function<void()> then);

  // While it is away no call reaches it, whatever is scripted: UNAVAILABLE.
  void SetAway(bool away);

  // Changes what the CA is from now on.
  void Change(const std::function<void(FakeCaOptions&)>& change);

  std::string RootPem() const;
  // How many calls of this kind reached the CA.
  int Count(AcmeCall call) const;
  // All orders that the CA has, whoever knows of them.
  std::vector<AcmeOrder> Orders() const;
  std::vector<AcmeOrderRequest> OrderRequests() const;
  std::size_t IssuedCertificates() const;

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
  struct LostReply {};
  struct Disconnected {};
  using Fault = std::variant<LostReply, Disconnected, AcmeProblem>;

  void Script(AcmeCall call, Fault fault);
  // Runs `effect` on the CA, as the script of this call has it.
  template <typename Effect>
  std::invoke_result_t<Effect, FakeCa&> Serve(AcmeCall call, base::Deadline deadline,
                                              Effect effect);

  mutable base::Mutex mutex_;
  FakeCa ca_ ABSL_GUARDED_BY(mutex_);
  bool away_ ABSL_GUARDED_BY(mutex_) = false;
  std::map<AcmeCall, std::deque<Fault>> faults_ ABSL_GUARDED_BY(mutex_);
  std::map<AcmeCall, int> counts_ ABSL_GUARDED_BY(mutex_);
  std::map<AcmeCall, std::function<void()>> hooks_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cert
