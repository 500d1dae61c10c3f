// The Prober over connected workers: check_table.h decides, one thread acts.
//
// Every effect (sending, cancelling, answering) is carried out by that thread, in order and without
// a lock held, so `done` never runs inside Ask() and a Cancel never overtakes its Send.

#pragma once

#include <map>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "base/pulse.h"
#include "base/random.h"
#include "cert/dispatch/check_table.h"
#include "cert/dispatch/prober.h"
#include "cert/dispatch/worker_session.h"

namespace cert {

// Thread-safe.
class Dispatcher final : public Prober {
 public:
  using Options = CheckTable::Options;

  // `metrics` must outlive it.
  Dispatcher(Options options, base::Random& random, base::Metrics& metrics);
  // Answers what is open, with a failure. No call may be running or come after; WorkerSessions are
  // let go.
  ~Dispatcher() override;
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;

  void Ask(Inquiry inquiry, Done done) override;
  absl::Status Ready() const override;

  // Of its thread.
  base::PulsePtr pulse() const { return pulse_; }

  // Registers a worker without credit. Errors: NOT_FOUND, RESOURCE_EXHAUSTED (check_table.h).
  absl::StatusOr<WorkerKey> AddWorker(const WorkerInfo& info,
                                      std::shared_ptr<WorkerSession> session);
  // What a worker said. Calls for a worker that was removed do nothing.
  void OnCredit(WorkerKey worker, std::uint32_t checks);
  void OnReports(WorkerKey worker, std::vector<WorkerReport> reports);
  // Its stream has ended: what it holds is sent to others at once.
  void RemoveWorker(WorkerKey worker);

 private:
  using SessionPtr = std::shared_ptr<WorkerSession>;

  // Effects with the sessions and callbacks they are for.
  struct Actions {
    std::vector<std::pair<SessionPtr, std::vector<WorkerCheck>>> sends;
    std::vector<std::pair<SessionPtr, std::vector<std::string>>> cancels;
    std::vector<std::pair<Done, Evidence>> answers;
    std::vector<Effects::Tally> tallies;
    std::vector<CheckTable::Sizes> sizes;  // per perspective
  };

  void Run();
  void AwaitWork() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Actions TakeActions() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Perform(Actions actions);

  const std::vector<std::string> perspectives_;
  base::Metrics& metrics_;
  const std::shared_ptr<base::Pulse> pulse_ = std::make_shared<base::Pulse>("dispatcher");

  mutable base::Mutex mutex_;
  base::CondVar wake_;
  CheckTable table_ ABSL_GUARDED_BY(mutex_);
  std::map<WorkerKey, SessionPtr> sessions_ ABSL_GUARDED_BY(mutex_);
  std::map<InquiryKey, Done> done_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;

  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace cert
