#include "chaos/customers.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/deadline.h"
#include "base/status_macros.h"

namespace chaos {
namespace {

constexpr std::chrono::milliseconds kPause(700);  // between two domains
constexpr std::chrono::milliseconds kRetryPause(200);
constexpr absl::Duration kPatience = absl::Minutes(2);
constexpr int kWildcardOneIn = 3;
constexpr int kDeletedOneIn = 6;

bool IsWorthAnotherTry(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) ||
         absl::IsAborted(status) || absl::IsResourceExhausted(status);
}

// knsupdate and dig say no more than that they failed.
absl::Status Editing(const absl::Status& status) {
  return absl::IsInternal(status) ? absl::UnavailableError(status.message()) : status;
}

const absl::Status& StatusOf(const absl::Status& status) { return status; }
template <typename T>
const absl::Status& StatusOf(const absl::StatusOr<T>& value) {
  return value.status();
}

}  // namespace

Customers::Customers(lab::Lab& lab, std::uint64_t seed)
    : lab_(lab), draw_(seed), thread_([this](const std::stop_token& stop) { Run(stop); }) {}

Customers::Done Customers::Stop() {
  thread_.request_stop();
  thread_.join();
  return std::move(done_);
}

void Customers::Run(const std::stop_token& stop) {
  absl::StatusOr<std::unique_ptr<e2e::Tenant>> tenant = e2e::Tenant::Connect(lab_, kTenant);
  done_.status = tenant.status();
  if (!tenant.ok()) return;
  tenant_ = *std::move(tenant);
  std::mutex mutex;
  std::condition_variable_any paused;
  std::unique_lock lock(mutex);
  for (int number = 1; done_.status.ok() && !stop.stop_requested(); ++number) {
    done_.status = AddOne(number);
    paused.wait_for(lock, stop, kPause, [] { return false; });
  }
}

// A call whose answer was lost may have been done: creating is repeated with the same request id.
absl::Status Customers::AddOne(int number) {
  const std::vector<std::string>& zones = lab_.dns().customer_zones();
  const std::string hostname = absl::StrFormat("host%d.%s", number, zones[draw_() % zones.size()]);
  const bool wildcard = draw_() % kWildcardOneIn == 0;
  const bool to_delete = draw_() % kDeletedOneIn == 0;
  ASSIGN_OR_RETURN(const e2e::pb::Domain domain, Insist("CreateDomain", [&] {
                     return tenant_->api().CreateDomain(
                         {.hostname = hostname, .wildcard = wildcard, .request_id = hostname});
                   }));
  RETURN_IF_ERROR(Insist("CreateRecords", [&] { return Editing(tenant_->CreateRecords(domain)); }));
  if (!to_delete) {
    done_.wanted.push_back(domain);
    return Insist("RecheckDomain", [&] { return tenant_->api().RecheckDomain(domain.name()); })
        .status();
  }
  ++done_.deleted;
  const absl::Status deleted =
      Insist("DeleteDomain", [&] { return tenant_->api().DeleteDomain(domain.name()); });
  return absl::IsNotFound(deleted) ? absl::OkStatus() : deleted;  // done by a lost call
}

template <typename Call>
auto Customers::Insist(const char* name, Call call) -> decltype(call()) {
  const base::Deadline deadline = base::Deadline::After(kPatience);
  while (true) {
    auto result = call();
    const absl::Status& status = StatusOf(result);
    if (status.ok()) return result;
    if (!IsWorthAnotherTry(status) || deadline.Expired()) {
      return absl::Status(status.code(), absl::StrCat(name, ": ", status.message()));
    }
    ++done_.failed_calls;
    std::this_thread::sleep_for(kRetryPause);
  }
}

}  // namespace chaos
