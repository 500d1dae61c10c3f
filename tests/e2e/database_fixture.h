// A lab whose PostgreSQL fails: orders and callers under way meanwhile, and what must hold when all
// is over.

#pragma once

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "e2e/fixture.h"
#include "e2e/halt.h"

namespace e2e {

// A tenant of its own that adds one domain after the other while the database is in trouble, and
// remembers what it was told.
class Caller {
 public:
  struct Answer {
    std::string hostname;
    absl::Status status;
  };

  // Begins at once. `lab` must outlive it.
  explicit Caller(lab::Lab& lab);
  // Stop().
  ~Caller();
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;

  // Returns once it was told UNAVAILABLE. DEADLINE_EXCEEDED.
  absl::Status AwaitRefusal();
  void Stop();
  // Call Stop() before: that what was promised is there, that what was refused as UNAVAILABLE is
  // not and came with advice when to retry, and that nothing else was said but ABORTED, which
  // promises neither.
  void ExpectHonest();

 private:
  void Run();

  std::unique_ptr<Tenant> tenant_;
  base::Mutex mutex_;
  base::CondVar changed_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  bool refused_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<Answer> answers_ ABSL_GUARDED_BY(mutex_);
  std::jthread thread_;  // last: it uses the others
};

class DatabaseLabTest : public LabTest {
 protected:
  // An order of the zone's own name that is under way: padlock-cert waits for the CA's answer until
  // the halt is let go, which loses it.
  std::unique_ptr<Halt> HaltOrder(const std::string& zone, pb::Domain& domain);

  // Every replica's /readyz says `code`. DEADLINE_EXCEEDED.
  static absl::Status AwaitReadyz(int code);
  // The lines of all replicas' logs, of those with `text` in them.
  static int LogLines(const std::string& text = "");
  // Returns once there are more than `count` of them. DEADLINE_EXCEEDED.
  static absl::Status AwaitLogLines(const std::string& text, int count);
  // How long it takes until a call is answered.
  absl::Duration TimeToAnswer();

  // Asks on, whatever the answers, until the domain has its certificate.
  void AwaitIssuance(const pb::Domain& domain);
  // The order goes on to its end; everything was done once, and nothing is left behind.
  void ExpectIssuedOnce(const pb::Domain& domain);
};

}  // namespace e2e
