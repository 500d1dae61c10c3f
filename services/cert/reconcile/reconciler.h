// Does what is due: claims rows, lets one step each run on a pool of threads, and commits what a
// check brings when its evidence arrives. A check is never waited for in a thread.
//
//   claimer thread --leases--> pool: Begin() --Inquiry--> Prober ...evidence--> pool: then()
//                                       |                                            |
//                                       +--short pause--> AlarmClock --> pool: then()+--> and so on
//
// Several replicas may run; a row is worked on by one of them at a time, and what a dead one held
// is claimed again when its lease ends. What a living one held while the database was away is given
// back as soon as it answers; it is tried once a second.

#pragma once

#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "base/alarm_clock.h"
#include "base/mutex.h"
#include "base/pulse.h"
#include "base/worker_pool.h"
#include "cert/reconcile/accounts.h"
#include "cert/reconcile/certificate_step.h"
#include "cert/reconcile/domain_step.h"
#include "cert/reconcile/order_step.h"
#include "cert/reconcile/revocation_step.h"
#include "cert/reconcile/services.h"

namespace cert {

// Thread-safe.
class Reconciler {
 public:
  struct Options {
    int threads = 4;
    int max_leases = 256;  // held at once, waiting checks included
    absl::Duration lease = absl::Seconds(30);
    absl::Duration poll_interval = absl::Seconds(1);  // at the longest, between two claims
  };

  // Starts at once. Everything that `services` refers to must outlive it.
  Reconciler(Services services, WorkQueue& queue, Options options);
  // Stops claiming, lets running steps end, and gives the other leases back.
  ~Reconciler();
  Reconciler(const Reconciler&) = delete;
  Reconciler& operator=(const Reconciler&) = delete;

  // Some row may be due: claims now instead of at the next poll. Never blocks.
  void Wake();

  // Of the thread that claims, and of the threads that do the steps.
  base::PulsePtr claim_pulse() const { return claim_pulse_; }
  base::PulsePtr step_pulse() const { return step_pulse_; }

 private:
  struct Shared;

  void ClaimLoop(const std::stop_token& stop);
  bool IsWoken() const;
  void ReportBacklog();
  absl::Duration PauseUntilDue();
  int FreePlaces(absl::Duration wait, const std::stop_token& stop);
  absl::StatusOr<std::vector<Lease>> Claim(int places, bool in_turns);
  absl::Status GiveBackAdrift();
  void Run(const Lease& lease);
  void Begin(const Lease& lease);
  void BeginCertificate(const Lease& lease);
  void Follow(const Lease& lease, StepResult result);
  void Await(const Lease& lease, std::unique_ptr<Suspension> suspension);
  void CountStep(const Lease& lease, const absl::Status& status);
  void Ended(const Lease& lease, const absl::Status& status);

  Services services_;
  WorkQueue& queue_;
  const Options options_;
  Accounts accounts_;
  DomainStep domain_step_;
  CertificateStep certificate_step_;
  OrderStep order_step_;
  RevocationStep revocation_step_;

  base::AlarmClock alarms_;
  std::shared_ptr<Shared> shared_;  // outlives us in callbacks of the prober that come late
  const std::shared_ptr<base::Pulse> claim_pulse_ = std::make_shared<base::Pulse>("claims");
  const base::PulsePtr step_pulse_;
  std::jthread claimer_;
};

}  // namespace cert
