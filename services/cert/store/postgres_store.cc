#include "cert/store/postgres_store.h"

#include <chrono>
#include <memory>
#include <thread>

#include "base/backoff.h"
#include "base/status_macros.h"
#include "cert/store/postgres_transaction.h"

namespace cert {
namespace {

// Transactions are short: whoever won is gone after a moment.
constexpr int kAttempts = 5;
constexpr base::BackoffPolicy kPauses{.initial = absl::Milliseconds(5),
                                      .cap = absl::Milliseconds(80)};

}  // namespace

absl::Status PostgresStore::Read(const TenantId& tenant, Body body) {
  return Run(Mode::kRead, tenant, nullptr, body);
}

absl::Status PostgresStore::Write(const TenantId& tenant, Body body) {
  return Run(Mode::kWrite, tenant, nullptr, body);
}

absl::Status PostgresStore::Checkpoint(const Lease& lease, Body body) {
  return Run(Mode::kCheckpoint, lease.tenant, &lease, body);
}

absl::Status PostgresStore::Finish(const Lease& lease, Body body) {
  return Run(Mode::kFinish, lease.tenant, &lease, body);
}

absl::Status PostgresStore::Run(Mode mode, const TenantId& tenant, const Lease* lease, Body body) {
  for (int attempt = 1;; ++attempt) {
    const absl::Status status = RunOnce(mode, tenant, lease, body);
    if (!LostAgainstOthers(status) || attempt == kAttempts) return status;
    const absl::Duration pause = base::BackoffDelay(kPauses, attempt, random_.Fraction());
    std::this_thread::sleep_for(absl::ToChronoNanoseconds(pause));
  }
}

absl::Status PostgresStore::RunOnce(Mode mode, const TenantId& tenant, const Lease* lease,
                                    Body body) {
  const Access access = mode == Mode::kRead ? Access::kRead : Access::kWrite;
  base::Deadline deadline = base::Deadline::After(pool_.options().borrow_timeout);
  if (lease != nullptr) deadline = std::min(deadline, lease->deadline);
  ASSIGN_OR_RETURN(const std::unique_ptr<Session> session,
                   Session::Open(pool_, tenant, access, deadline));
  PostgresTransaction transaction(*session, tenant, access, lease);
  const absl::Status outcome = body(transaction);
  // A body may have made something else of it, but it would only lose the chance to run again.
  if (LostAgainstOthers(session->failure())) return session->failure();
  if (!outcome.ok()) {
    // Whoever has the lease now may have changed what the body found.
    if (lease != nullptr && session->failure().ok()) RETURN_IF_ERROR(transaction.CheckLease());
    return outcome;
  }
  RETURN_IF_ERROR(session->failure());
  if (mode == Mode::kRead) return absl::OkStatus();
  if (mode == Mode::kFinish) RETURN_IF_ERROR(transaction.GiveUpLease());
  if (mode == Mode::kCheckpoint) RETURN_IF_ERROR(transaction.KeepLease());
  RETURN_IF_ERROR(transaction.StoreEvents());
  if (lease != nullptr && lease->deadline.Expired()) return absl::AbortedError("the lease is over");
  return session->Commit();
}

}  // namespace cert
