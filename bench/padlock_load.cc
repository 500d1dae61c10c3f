#include <unistd.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "base/status_macros.h"
#include "bench/customer.h"
#include "bench/dns_writer.h"
#include "bench/in_threads.h"
#include "bench/issuances.h"
#include "bench/order_load.h"
#include "cli/client.h"

namespace bench {
namespace {

namespace pb = ::padlock::cert::v1;

constexpr absl::Duration kIssuancePatience = absl::Seconds(60);

// proc(5): fields 14 and 15 of stat, in clock ticks; the second one is a name in brackets.
double CpuSecondsOf(pid_t pid) {
  std::ifstream file(absl::StrFormat("/proc/%d/stat", pid));
  const std::string stat(std::istreambuf_iterator<char>(file), {});
  const std::vector<std::string> fields = absl::StrSplit(stat.substr(stat.rfind(')') + 2), ' ');
  constexpr std::size_t kUserTime = 11;
  double ticks = 0;
  for (std::size_t i = kUserTime; i < kUserTime + 2 && i < fields.size(); ++i) {
    double value = 0;
    if (absl::SimpleAtod(fields[i], &value)) ticks += value;
  }
  return ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

double CpuSecondsOfServices(lab::Lab& lab) {
  double seconds = 0;
  for (std::size_t i = 0; i < lab.replicas(); ++i) seconds += CpuSecondsOf(lab.cert(i).pid());
  for (std::size_t i = 0; i < lab.probes(); ++i) seconds += CpuSecondsOf(lab.probe(i).pid());
  return seconds;
}

// Confined to its thread.
class Customer {
 public:
  Customer(const lab::Lab& lab, std::unique_ptr<cli::Client> api, Issuances& issuances)
      : api_(std::move(api)),
        zone_(lab.dns().CustomerStub(kCustomersZone).addresses, kCustomersZone,
              lab.dns().customer_key()),
        issuances_(issuances) {}

  // From the records' creation to the issuance.
  absl::StatusOr<absl::Duration> Onboard(const std::string& host, bool wildcard) {
    ASSIGN_OR_RETURN(const pb::Domain domain,
                     api_->CreateDomain({.hostname = host, .wildcard = wildcard}));
    RETURN_IF_ERROR(zone_.Add(ZoneLines(domain)));
    const absl::Time begin = absl::Now();
    RETURN_IF_ERROR(api_->RecheckDomain(domain.name()).status());
    RETURN_IF_ERROR(issuances_.Await(domain.name(), kIssuancePatience));
    return absl::Now() - begin;
  }

  // For a host that was onboarded: from the request to the issuance.
  absl::StatusOr<absl::Duration> Order(const std::string& host) {
    const absl::Time begin = absl::Now();
    ASSIGN_OR_RETURN(const pb::Certificate certificate, api_->CreateCertificate({.names = {host}}));
    RETURN_IF_ERROR(issuances_.Await(certificate.name(), kIssuancePatience));
    return absl::Now() - begin;
  }

 private:
  const std::unique_ptr<cli::Client> api_;
  const DnsWriter zone_;
  Issuances& issuances_;
};

}  // namespace

absl::StatusOr<OrderRun> RunPadlock(lab::Lab& lab, const OrderLoad& load) {
  ASSIGN_OR_RETURN(std::unique_ptr<cli::Client> watcher, ConnectTo(lab));
  Issuances issuances(std::move(watcher));
  // In advance: making credentials takes time of its own.
  std::vector<std::unique_ptr<Customer>> customers;
  for (int i = 0; i < load.in_flight; ++i) {
    ASSIGN_OR_RETURN(std::unique_ptr<cli::Client> api, ConnectTo(lab));
    customers.push_back(std::make_unique<Customer>(lab, std::move(api), issuances));
  }
  const auto host = [&](int number) {
    return absl::StrFormat("%s-%d.%s", load.label, number, kCustomersZone);
  };
  const auto onboard = [&](Customer& customer, int number) {
    return customer.Onboard(host(number), load.wildcard);
  };
  const auto order = [&](Customer& customer, int number) { return customer.Order(host(number)); };
  const double cpu = CpuSecondsOfServices(lab);
  const absl::Time begin = absl::Now();
  ASSIGN_OR_RETURN(std::vector<absl::Duration> times,
                   load.onboarded ? ShareOut(customers, load.orders, order)
                                  : ShareOut(customers, load.orders, onboard));
  return OrderRun{.orders = static_cast<double>(load.orders),
                  .seconds = absl::ToDoubleSeconds(absl::Now() - begin),
                  .cpu_seconds = CpuSecondsOfServices(lab) - cpu,
                  .times = std::move(times)};
}

}  // namespace bench
