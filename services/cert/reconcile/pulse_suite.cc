// Whose pulse stops when a reconciler's threads hang, and that no trouble outside stops any.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <latch>

#include "base/testing/await_beat.h"
#include "cert/reconcile/testing/reconcile_fixture.h"

namespace cert {
namespace {

using ::base::testing::BeatsAgain;
using ::base::testing::BeatsOn;

// Of a database that cannot be reached.
class LostQueue : public WorkQueue {
 public:
  absl::StatusOr<std::vector<Lease>> ClaimDue(const ClaimRequest&) override { return Lost(); }
  absl::Status GiveBack(const Lease&) override { return Lost(); }
  absl::StatusOr<absl::Duration> UntilNextDue() override { return Lost(); }
  absl::StatusOr<Backlog> GetBacklog() override { return Lost(); }

 private:
  static absl::Status Lost() { return absl::UnavailableError("no database"); }
};

// Never comes back from a claim, until it is let go.
class HangingQueue final : public LostQueue {
 public:
  absl::StatusOr<std::vector<Lease>> ClaimDue(const ClaimRequest& request) override {
    if (!claimed_.exchange(true)) hangs.count_down();
    release.wait();
    return LostQueue::ClaimDue(request);
  }

  std::latch hangs{1};
  std::latch release{1};

 private:
  std::atomic<bool> claimed_ = false;
};

// Never comes back, until it is let go.
class HangingPublisher final : public Publisher {
 public:
  absl::Status Publish(const std::vector<TxtRecord>&, base::Deadline) override {
    ++hanging;
    release.wait();
    return absl::UnavailableError("let go");
  }
  absl::Status Withdraw(const std::vector<TxtRecord>&, base::Deadline) override {
    return absl::OkStatus();
  }

  std::atomic<int> hanging = 0;
  std::latch release{1};
};

class PulseTest : public ReconcileTest {
 protected:
  static constexpr int kThreads = 2;

  Services MakeServices() override {
    const Services services = ReconcileTest::MakeServices();
    return {.store = services.store,
            .accounts = services.accounts,
            .publisher = hanging_,
            .prober = services.prober,
            .sealer = services.sealer,
            .random = services.random,
            .metrics = services.metrics,
            .authorities = services.authorities,
            .options = services.options};
  }

  void StartWith(WorkQueue& queue) {
    reconciler_ = std::make_unique<Reconciler>(
        MakeServices(), queue,
        Reconciler::Options{.threads = kThreads, .lease = kLease, .poll_interval = absl::Hours(1)});
  }

  HangingPublisher hanging_;
};

TEST_F(PulseTest, BothGoOnWhileTheDatabaseIsAwayAndNothingIsDue) {
  LostQueue lost;
  StartWith(lost);
  EXPECT_TRUE(BeatsOn(*reconciler_->claim_pulse()));
  EXPECT_TRUE(BeatsOn(*reconciler_->step_pulse()));
  reconciler_.reset();  // before its queue
}

TEST_F(PulseTest, AClaimThatHangsStopsThatOfClaimsOnly) {
  HangingQueue queue;
  StartWith(queue);
  queue.hangs.wait();
  const base::Pulse::Instant hung = base::Pulse::Now();
  reconciler_->Wake();
  EXPECT_TRUE(BeatsOn(*reconciler_->step_pulse()));
  EXPECT_LE(reconciler_->claim_pulse()->last_beat(), hung);
  queue.release.count_down();
  EXPECT_TRUE(BeatsAgain(*reconciler_->claim_pulse()));
  reconciler_.reset();  // before its queue
}

TEST_F(PulseTest, StepsThatHangInAllThreadsStopThatOfStepsOnly) {
  for (int i = 0; i < kThreads; ++i) Add("a", absl::StrFormat("shop-%d.example.com", i));
  StartWith(queue_);
  EXPECT_TRUE(Eventually([&] { return hanging_.hanging == kThreads; }));
  const base::Pulse::Instant hung = base::Pulse::Now();
  EXPECT_TRUE(BeatsOn(*reconciler_->claim_pulse()));
  EXPECT_LE(reconciler_->step_pulse()->last_beat(), hung);
  hanging_.release.count_down();
  EXPECT_TRUE(BeatsAgain(*reconciler_->step_pulse()));
}

}  // namespace
}  // namespace cert
