#include "e2e/database_fixture.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "base/clock.h"
#include "base/deadline.h"
#include "base/testing/status_matchers.h"
#include "e2e/invariants.h"
#include "lab/https.h"
#include "transport/to_grpc_status.h"

namespace e2e {
namespace {

using ::base::testing::IsOk;

// Each of its domains is looked for by every worker from then on.
constexpr absl::Duration kBetweenCalls = absl::Milliseconds(200);
constexpr char kCallerZone[] = "orchard.test";
// Between two looks at what tells nobody of its change; the servers need the processor more.
constexpr absl::Duration kPauseBetweenLooks = absl::Milliseconds(20);

// Asks again and again until `condition` holds.
template <typename Condition>
absl::Status Await(const std::string& what, Condition condition) {
  const base::Deadline deadline = base::Deadline::After(kPatience);
  while (!condition()) {
    if (deadline.Expired()) return absl::DeadlineExceededError("never came: " + what);
    absl::SleepFor(kPauseBetweenLooks);
  }
  return absl::OkStatus();
}

}  // namespace

Caller::Caller(lab::Lab& lab) {
  absl::StatusOr<std::unique_ptr<Tenant>> tenant = Tenant::Connect(lab, "caller");
  EXPECT_THAT(tenant, IsOk());
  if (!tenant.ok()) return;
  tenant_ = *std::move(tenant);
  thread_ = std::jthread([this] { Run(); });
}

Caller::~Caller() { Stop(); }

absl::Status Caller::AwaitRefusal() {
  base::MutexLock lock(mutex_);
  const base::Deadline deadline = base::Deadline::After(kPatience);
  while (!refused_) {
    if (deadline.Expired()) return absl::DeadlineExceededError("the caller was refused nothing");
    changed_.WaitFor(mutex_, deadline.Remaining());
  }
  return absl::OkStatus();
}

void Caller::Stop() {
  {
    base::MutexLock lock(mutex_);
    stopped_ = true;
    changed_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
}

void Caller::ExpectHonest() {
  base::MutexLock lock(mutex_);
  const absl::StatusOr<std::vector<pb::Domain>> domains = tenant_->api().ListDomains();
  ASSERT_THAT(domains, IsOk());
  std::set<std::string> there;
  for (const pb::Domain& domain : *domains) there.insert(domain.hostname());
  for (const Answer& answer : answers_) {
    if (answer.status.ok()) {
      EXPECT_EQ(there.count(answer.hostname), 1U) << answer.hostname;
      continue;
    }
    if (absl::IsAborted(answer.status)) continue;
    EXPECT_EQ(answer.status.code(), absl::StatusCode::kUnavailable) << answer.status;
    EXPECT_GT(transport::RetryDelay(answer.status).value_or(absl::ZeroDuration()),
              absl::ZeroDuration())
        << answer.status;
    EXPECT_EQ(there.count(answer.hostname), 0U) << answer.hostname << ": " << answer.status;
  }
  for (const pb::Domain& domain : *domains) {
    EXPECT_THAT(tenant_->api().DeleteDomain(domain.name()), IsOk());
  }
}

void Caller::Run() {
  for (int i = 0;; ++i) {
    const std::string hostname = absl::StrFormat("c%d.%s", i, kCallerZone);
    const absl::Status status = tenant_->api().CreateDomain({.hostname = hostname}).status();
    base::MutexLock lock(mutex_);
    answers_.push_back({hostname, status});
    if (absl::IsUnavailable(status)) refused_ = true;
    changed_.NotifyAll();
    const base::Deadline next = base::Deadline::After(kBetweenCalls);
    while (!stopped_ && !next.Expired()) changed_.WaitFor(mutex_, next.Remaining());
    if (stopped_) return;
  }
}

std::unique_ptr<Halt> DatabaseLabTest::HaltOrder(const std::string& zone, pb::Domain& domain) {
  auto halt =
      std::make_unique<Halt>(lab().acme(), HaltPoint{.call = lab::AcmeCall::kAuthorization});
  const absl::StatusOr<pb::Domain> added = acme().AddWithRecords(zone);
  EXPECT_THAT(added, IsOk());
  domain = added.value_or(pb::Domain());
  EXPECT_THAT(halt->Await(), IsOk());
  return halt;
}

absl::Status DatabaseLabTest::AwaitReadyz(int code) {
  return Await(absl::StrFormat("/readyz %d", code), [code] {
    for (std::size_t i = 0; i < lab().replicas(); ++i) {
      const lab::Service& cert = lab().cert(i);
      if (lab::HttpGetCode(cert.admin_address(), cert.admin_port(), "/readyz").value_or(0) != code)
        return false;
    }
    return true;
  });
}

int DatabaseLabTest::LogLines(const std::string& text) {
  int lines = 0;
  for (std::size_t i = 0; i < lab().replicas(); ++i) {
    std::ifstream log(lab().stack().LogFile(absl::StrFormat("padlock-cert-%d", i + 1)));
    for (std::string line; std::getline(log, line);) {
      if (line.find(text) != std::string::npos) ++lines;
    }
  }
  return lines;
}

absl::Status DatabaseLabTest::AwaitLogLines(const std::string& text, int count) {
  return Await("log line " + text, [&] { return LogLines(text) > count; });
}

absl::Duration DatabaseLabTest::TimeToAnswer() {
  const absl::Time begin = base::SystemClock().TimeNow();
  EXPECT_THAT(Await("an answer", [this] { return acme().api().ListDomains().ok(); }), IsOk());
  return base::SystemClock().TimeNow() - begin;
}

void DatabaseLabTest::AwaitIssuance(const pb::Domain& domain) {
  EXPECT_THAT(Await("a certificate",
                    [&] { return acme().api().FetchIssuance(domain.certificate(), false).ok(); }),
              IsOk());
}

void DatabaseLabTest::ExpectIssuedOnce(const pb::Domain& domain) {
  ASSERT_THAT(acme().Await(domain, pb::Event::TYPE_RECORDS_WITHDRAWN), IsOk());
  EXPECT_THAT(CheckServed(acme(), domain), IsOk());
  // Callers' domains are being checked and withdrawn.
  Await("a ledger in order", [] { return CheckLedger(lab()).ok(); }).IgnoreError();
  EXPECT_THAT(CheckLedger(lab()), IsOk());
}

}  // namespace e2e
