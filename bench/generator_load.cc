#include <sys/resource.h>

#include <memory>
#include <utility>
#include <variant>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "base/clock.h"
#include "base/status_macros.h"
#include "bench/dns_writer.h"
#include "bench/in_threads.h"
#include "bench/order_load.h"
#include "cert/acme/acme_client.h"
#include "cert/acme/curl_transport.h"
#include "cert/keys/keys.h"
#include "lab/dns_tree.h"

namespace bench {
namespace {

constexpr absl::Duration kAnswerPatience = absl::Seconds(30);
constexpr absl::Duration kLook = absl::Milliseconds(10);

double CpuSecondsOfThisProcess() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// A refusal is an error here.
template <typename T>
absl::StatusOr<T> Expect(cert::AcmeReply<T> reply) {
  if (!reply.ok()) return reply.status();
  if (const auto* problem = std::get_if<cert::AcmeProblem>(&*reply)) {
    return absl::InternalError(
        absl::StrFormat("the CA refused: %s %s", problem->type, problem->detail));
  }
  return std::get<T>(*std::move(reply));
}

// One account and its orders. Confined to its thread.
class Orderer {
 public:
  static absl::StatusOr<std::unique_ptr<Orderer>> Connect(const lab::Lab& lab,
                                                          const std::string& directory_url) {
    auto orderer = std::unique_ptr<Orderer>(new Orderer(lab, directory_url));
    ASSIGN_OR_RETURN(orderer->account_.key_pem, cert::CreateKey(cert::KeyType::kEcdsaP256));
    ASSIGN_OR_RETURN(orderer->account_.url,
                     Expect(orderer->acme_.NewAccount(orderer->account_, Soon())));
    return orderer;
  }

  absl::StatusOr<absl::Duration> Order(const std::string& host) {
    const absl::Time begin = absl::Now();
    ASSIGN_OR_RETURN(const cert::AcmeOrder order,
                     Expect(acme_.NewOrder(account_, {.names = {host}}, Soon())));
    for (const std::string& url : order.authorization_urls) RETURN_IF_ERROR(Authorize(host, url));
    RETURN_IF_ERROR(Await(order.url, cert::AcmeOrderStatus::kReady).status());
    ASSIGN_OR_RETURN(const cert::KeyAndCsr made,
                     cert::CreateKeyAndCsr(cert::KeyType::kEcdsaP256, {host}));
    RETURN_IF_ERROR(
        Expect(acme_.Finalize(account_, order.finalize_url, made.csr_der, Soon())).status());
    ASSIGN_OR_RETURN(const cert::AcmeOrder done, Await(order.url, cert::AcmeOrderStatus::kValid));
    RETURN_IF_ERROR(
        Expect(acme_.DownloadCertificate(account_, done.certificate_url, Soon())).status());
    return absl::Now() - begin;
  }

 private:
  Orderer(const lab::Lab& lab, const std::string& directory_url)
      : delegation_(lab.dns().delegation_servers(), lab::kDelegationZone,
                    lab.dns().delegation_key()),
        transport_({.tls_ca_file = lab.authority().root_file()}),
        acme_({.directory_url = directory_url}, transport_, base::SystemClock()) {}

  static base::Deadline Soon() { return base::Deadline::After(kAnswerPatience); }

  absl::Status Authorize(const std::string& host, const std::string& url) {
    ASSIGN_OR_RETURN(const cert::AcmeAuthorization authorization,
                     Expect(acme_.GetAuthorization(account_, url, Soon())));
    if (authorization.status == cert::AcmeAuthorizationStatus::kValid) return absl::OkStatus();
    RETURN_IF_ERROR(delegation_.Add(
        {absl::StrFormat("_acme-challenge.%s. 1 TXT \"%s\"", host, authorization.txt_value)}));
    return Expect(acme_.AnswerChallenge(account_, authorization.challenge_url, Soon())).status();
  }

  absl::StatusOr<cert::AcmeOrder> Await(const std::string& url, cert::AcmeOrderStatus status) {
    const base::Deadline deadline = Soon();
    while (!deadline.Expired()) {
      ASSIGN_OR_RETURN(const cert::AcmeOrder order,
                       Expect(acme_.GetOrder(account_, url, deadline)));
      if (order.status == status) return order;
      if (order.status == cert::AcmeOrderStatus::kInvalid) {
        return absl::InternalError("the CA could not validate an order");
      }
      absl::SleepFor(kLook);  // nothing but the CA says when it has gone on
    }
    return absl::DeadlineExceededError("an order of the load generator does not end");
  }

  const DnsWriter delegation_;
  cert::CurlTransport transport_;
  cert::HttpAcmeClient acme_;
  cert::AcmeAccount account_;
};

}  // namespace

absl::StatusOr<OrderRun> RunGenerator(lab::Lab& lab, const OrderLoad& load) {
  std::vector<std::unique_ptr<Orderer>> orderers;
  for (int i = 0; i < load.in_flight; ++i) {
    ASSIGN_OR_RETURN(std::unique_ptr<Orderer> orderer,
                     Orderer::Connect(lab, lab.pebble().DirectoryUrl()));
    orderers.push_back(std::move(orderer));
  }
  const double cpu = CpuSecondsOfThisProcess();
  const absl::Time begin = absl::Now();
  ASSIGN_OR_RETURN(
      std::vector<absl::Duration> times,
      ShareOut(orderers, load.orders, [&](Orderer& orderer, int number) {
        return orderer.Order(absl::StrFormat("%s-%d.%s", load.label, number, lab::kDelegationZone));
      }));
  return OrderRun{.orders = static_cast<double>(load.orders),
                  .seconds = absl::ToDoubleSeconds(absl::Now() - begin),
                  .cpu_seconds = CpuSecondsOfThisProcess() - cpu,
                  .times = std::move(times)};
}

}  // namespace bench
