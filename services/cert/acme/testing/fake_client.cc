#include "cert/acme/testing/fake_client.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "cert/acme/jws.h"

namespace cert {
namespace {

// Empty for a key that is none.
std::string Thumbprint(const std::string& key_pem) {
  const absl::StatusOr<AccountKey> key = AccountKey::Parse(key_pem);
  return key.ok() ? key->thumbprint() : "";
}

FakeSigner SignerOf(const AcmeAccount& account) {
  return {.thumbprint = Thumbprint(account.key_pem), .account_url = account.url};
}

}  // namespace

void FakeAcmeClient::LoseReply(AcmeCall call) { Script(call, LostReply{}); }
void FakeAcmeClient::Disconnect(AcmeCall call) { Script(call, Disconnected{}); }
void FakeAcmeClient::Refuse(AcmeCall call, AcmeProblem problem) {
  Script(call, std::move(problem));
}

void FakeAcmeClient::When(AcmeCall call, std::function<void()> then) {
  const base::MutexLock lock(mutex_);
  hooks_[call] = std::move(then);
}

void FakeAcmeClient::Script(AcmeCall call, Fault fault) {
  const base::MutexLock lock(mutex_);
  faults_[call].push_back(std::move(fault));
}

void FakeAcmeClient::FailValidation(const std::string& identifier, AcmeProblem problem) {
  const base::MutexLock lock(mutex_);
  ca_.FailValidation(identifier, std::move(problem));
}

void FakeAcmeClient::SetAway(bool away) {
  const base::MutexLock lock(mutex_);
  away_ = away;
}

void FakeAcmeClient::Change(const std::function<void(FakeCaOptions&)>& change) {
  const base::MutexLock lock(mutex_);
  change(ca_.options());
}

std::string FakeAcmeClient::RootPem() const {
  const base::MutexLock lock(mutex_);
  return ca_.root_pem();
}

int FakeAcmeClient::Count(AcmeCall call) const {
  const base::MutexLock lock(mutex_);
  const auto found = counts_.find(call);
  return found == counts_.end() ? 0 : found->second;
}

std::vector<AcmeOrder> FakeAcmeClient::Orders() const {
  const base::MutexLock lock(mutex_);
  return ca_.Orders();
}

std::vector<AcmeOrderRequest> FakeAcmeClient::OrderRequests() const {
  const base::MutexLock lock(mutex_);
  return ca_.OrderRequests();
}

std::size_t FakeAcmeClient::IssuedCertificates() const {
  const base::MutexLock lock(mutex_);
  return ca_.issued_certificates();
}

template <typename Effect>
std::invoke_result_t<Effect, FakeCa&> FakeAcmeClient::Serve(AcmeCall call, base::Deadline deadline,
                                                            Effect effect) {
  if (deadline.Expired()) return absl::DeadlineExceededError("no time left to send a request");
  const base::MutexLock lock(mutex_);
  if (away_) return absl::UnavailableError("scripted: the CA is away");
  if (const auto hook = hooks_.extract(call)) hook.mapped()();
  std::deque<Fault>& faults = faults_[call];
  std::optional<Fault> fault;
  if (!faults.empty()) {
    fault = std::move(faults.front());
    faults.pop_front();
  }
  if (fault && std::holds_alternative<Disconnected>(*fault)) {
    return absl::UnavailableError("scripted: no connection");
  }
  ++counts_[call];
  if (fault && std::holds_alternative<AcmeProblem>(*fault)) return std::get<AcmeProblem>(*fault);
  auto reply = effect(ca_);
  if (fault) return absl::UnknownError("scripted: the reply was lost");
  return reply;
}

AcmeReply<AcmeMetadata> FakeAcmeClient::GetMetadata(base::Deadline deadline) {
  return Serve(AcmeCall::kDirectory, deadline,
               [&](FakeCa& ca) { return AcmeReply<AcmeMetadata>(ca.Metadata()); });
}

AcmeReply<std::string> FakeAcmeClient::FindAccount(const std::string& key_pem,
                                                   base::Deadline deadline) {
  return Serve(AcmeCall::kFindAccount, deadline,
               [&](FakeCa& ca) { return ca.FindAccount({.thumbprint = Thumbprint(key_pem)}); });
}

AcmeReply<Done> FakeAcmeClient::RollOverKey(const AcmeAccount& account,
                                            const std::string& new_key_pem,
                                            base::Deadline deadline) {
  return Serve(AcmeCall::kRollOverKey, deadline, [&](FakeCa& ca) {
    return ca.RollOverKey(SignerOf(account), Thumbprint(new_key_pem));
  });
}

AcmeReply<std::optional<AcmeRenewalInfo>> FakeAcmeClient::GetRenewalInfo(
    const std::string& renewal_id, base::Deadline deadline) {
  return Serve(AcmeCall::kRenewalInfo, deadline,
               [&](FakeCa& ca) { return ca.GetRenewalInfo(renewal_id); });
}

AcmeReply<std::string> FakeAcmeClient::NewAccount(const AcmeAccount& account,
                                                  base::Deadline deadline) {
  return Serve(AcmeCall::kNewAccount, deadline,
               [&](FakeCa& ca) { return ca.NewAccount(SignerOf(account)); });
}

AcmeReply<AcmeOrder> FakeAcmeClient::NewOrder(const AcmeAccount& account,
                                              const AcmeOrderRequest& request,
                                              base::Deadline deadline) {
  return Serve(AcmeCall::kNewOrder, deadline,
               [&](FakeCa& ca) { return ca.NewOrder(SignerOf(account), request); });
}

AcmeReply<std::vector<std::string>> FakeAcmeClient::ListOrders(const AcmeAccount& account,
                                                               base::Deadline deadline) {
  return Serve(AcmeCall::kListOrders, deadline,
               [&](FakeCa& ca) { return ca.ListOrders(SignerOf(account)); });
}

AcmeReply<AcmeOrder> FakeAcmeClient::GetOrder(const AcmeAccount& account, const std::string& url,
                                              base::Deadline deadline) {
  return Serve(AcmeCall::kGetOrder, deadline,
               [&](FakeCa& ca) { return ca.GetOrder(SignerOf(account), url); });
}

AcmeReply<AcmeAuthorization> FakeAcmeClient::GetAuthorization(const AcmeAccount& account,
                                                              const std::string& url,
                                                              base::Deadline deadline) {
  return Serve(AcmeCall::kGetAuthorization, deadline,
               [&](FakeCa& ca) { return ca.GetAuthorization(SignerOf(account), url); });
}

AcmeReply<Done> FakeAcmeClient::AnswerChallenge(const AcmeAccount& account, const std::string& url,
                                                base::Deadline deadline) {
  return Serve(AcmeCall::kAnswerChallenge, deadline,
               [&](FakeCa& ca) { return ca.AnswerChallenge(SignerOf(account), url); });
}

AcmeReply<AcmeOrder> FakeAcmeClient::Finalize(const AcmeAccount& account,
                                              const std::string& finalize_url,
                                              const std::string& csr_der, base::Deadline deadline) {
  return Serve(AcmeCall::kFinalize, deadline,
               [&](FakeCa& ca) { return ca.Finalize(SignerOf(account), finalize_url, csr_der); });
}

AcmeReply<AcmeChain> FakeAcmeClient::DownloadCertificate(const AcmeAccount& account,
                                                         const std::string& url,
                                                         base::Deadline deadline) {
  return Serve(AcmeCall::kDownloadCertificate, deadline,
               [&](FakeCa& ca) { return ca.DownloadCertificate(SignerOf(account), url); });
}

AcmeReply<Done> FakeAcmeClient::DeactivateAuthorization(const AcmeAccount& account,
                                                        const std::string& url,
                                                        base::Deadline deadline) {
  return Serve(AcmeCall::kDeactivateAuthorization, deadline,
               [&](FakeCa& ca) { return ca.DeactivateAuthorization(SignerOf(account), url); });
}

AcmeReply<Done> FakeAcmeClient::RevokeCertificate(const AcmeAccount& account,
                                                  const std::string& certificate_der,
                                                  int /*reason*/, base::Deadline deadline) {
  return Serve(AcmeCall::kRevokeCertificate, deadline, [&](FakeCa& ca) {
    return ca.RevokeCertificate(SignerOf(account), certificate_der);
  });
}

}  // namespace cert
