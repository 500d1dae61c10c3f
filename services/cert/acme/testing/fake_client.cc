#include "cert/acme/testing/fake_client.h"

#include <optional>
#include <utility>

#include "absl/status/status.h"

namespace cert {

void FakeAcmeClient::LoseReply(AcmeCall call) { Script(call, LostReply{}); }
void FakeAcmeClient::Disconnect(AcmeCall call) { Script(call, Disconnected{}); }
void FakeAcmeClient::Refuse(AcmeCall call, AcmeProblem problem) {
  Script(call, std::move(problem));
}

void FakeAcmeClient::Script(AcmeCall call, Fault fault) {
  const base::MutexLock lock(mutex_);
  faults_[call].push_back(std::move(fault));
}

void FakeAcmeClient::FailValidation(const std::string& identifier, AcmeProblem problem) {
  const base::MutexLock lock(mutex_);
  ca_.FailValidation(identifier, std::move(problem));
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

std::size_t FakeAcmeClient::IssuedCertificates() const {
  const base::MutexLock lock(mutex_);
  return ca_.issued_certificates();
}

template <typename Effect>
std::invoke_result_t<Effect, FakeCa&> FakeAcmeClient::Serve(AcmeCall call, base::Deadline deadline,
                                                            Effect effect) {
  if (deadline.Expired()) return absl::DeadlineExceededError("no time left to send a request");
  const base::MutexLock lock(mutex_);
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

AcmeReply<std::string> FakeAcmeClient::NewAccount(const AcmeAccount& account,
                                                  base::Deadline deadline) {
  return Serve(AcmeCall::kNewAccount, deadline, [&](FakeCa& ca) { return ca.NewAccount(account); });
}

AcmeReply<AcmeOrder> FakeAcmeClient::NewOrder(const AcmeAccount& account,
                                              const std::vector<std::string>& names,
                                              base::Deadline deadline) {
  return Serve(AcmeCall::kNewOrder, deadline,
               [&](FakeCa& ca) { return ca.NewOrder(account, names); });
}

AcmeReply<std::vector<std::string>> FakeAcmeClient::ListOrders(const AcmeAccount& account,
                                                               base::Deadline deadline) {
  return Serve(AcmeCall::kListOrders, deadline, [&](FakeCa& ca) { return ca.ListOrders(account); });
}

AcmeReply<AcmeOrder> FakeAcmeClient::GetOrder(const AcmeAccount& account, const std::string& url,
                                              base::Deadline deadline) {
  return Serve(AcmeCall::kGetOrder, deadline,
               [&](FakeCa& ca) { return ca.GetOrder(account, url); });
}

AcmeReply<AcmeAuthorization> FakeAcmeClient::GetAuthorization(const AcmeAccount& account,
                                                              const std::string& url,
                                                              base::Deadline deadline) {
  return Serve(AcmeCall::kGetAuthorization, deadline,
               [&](FakeCa& ca) { return ca.GetAuthorization(account, url); });
}

AcmeReply<Done> FakeAcmeClient::AnswerChallenge(const AcmeAccount& account, const std::string& url,
                                                base::Deadline deadline) {
  return Serve(AcmeCall::kAnswerChallenge, deadline,
               [&](FakeCa& ca) { return ca.AnswerChallenge(account, url); });
}

AcmeReply<AcmeOrder> FakeAcmeClient::Finalize(const AcmeAccount& account,
                                              const std::string& finalize_url,
                                              const std::string& csr_der, base::Deadline deadline) {
  return Serve(AcmeCall::kFinalize, deadline,
               [&](FakeCa& ca) { return ca.Finalize(account, finalize_url, csr_der); });
}

AcmeReply<std::string> FakeAcmeClient::DownloadCertificate(const AcmeAccount& account,
                                                           const std::string& url,
                                                           base::Deadline deadline) {
  return Serve(AcmeCall::kDownloadCertificate, deadline,
               [&](FakeCa& ca) { return ca.DownloadCertificate(account, url); });
}

AcmeReply<Done> FakeAcmeClient::DeactivateAuthorization(const AcmeAccount& account,
                                                        const std::string& url,
                                                        base::Deadline deadline) {
  return Serve(AcmeCall::kDeactivateAuthorization, deadline,
               [&](FakeCa& ca) { return ca.DeactivateAuthorization(account, url); });
}

AcmeReply<Done> FakeAcmeClient::RevokeCertificate(const AcmeAccount& account,
                                                  const std::string& certificate_der,
                                                  int /*reason*/, base::Deadline deadline) {
  return Serve(AcmeCall::kRevokeCertificate, deadline,
               [&](FakeCa& ca) { return ca.RevokeCertificate(account, certificate_der); });
}

}  // namespace cert
