// What the thread around check_table.h adds: many callers at once, batches, order, leaving.

#include "cert/dispatch/dispatcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <latch>

#include "base/testing/await_beat.h"
#include "base/testing/status_matchers.h"
#include "cert/dispatch/testing/evidence_collector.h"
#include "cert/dispatch/testing/scripted_worker.h"

namespace cert {
namespace {

using ::base::testing::IsOk;
using ::base::testing::StatusIs;
using testing::EvidenceCollector;
using ::testing::HasSubstr;
using testing::ScriptedWorker;
using ::testing::SizeIs;

// Keeps what it is sent.
class SilentWorker final : public WorkerSession {
 public:
  void Send(std::vector<WorkerCheck> checks) override {
    base::MutexLock lock(mutex_);
    batches_.push_back(checks.size());
    for (WorkerCheck& check : checks) held_.push_back(std::move(check));
    changed_.NotifyAll();
  }
  void Cancel(std::vector<std::string>) override {}

  std::vector<WorkerCheck> AwaitHeld(std::size_t count) {
    const base::Deadline deadline = base::Deadline::After(absl::Seconds(10));
    base::MutexLock lock(mutex_);
    while (held_.size() < count && !deadline.Expired()) {
      changed_.WaitFor(mutex_, deadline.Remaining());
    }
    return held_;
  }
  std::size_t largest_batch() {
    base::MutexLock lock(mutex_);
    return *std::max_element(batches_.begin(), batches_.end());
  }

 private:
  base::Mutex mutex_;
  base::CondVar changed_;
  std::vector<WorkerCheck> held_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::size_t> batches_ ABSL_GUARDED_BY(mutex_);
};

class DispatcherTest : public ::testing::Test {
 protected:
  Inquiry Asking(std::size_t questions, absl::Duration timeout = absl::Seconds(30)) {
    Inquiry inquiry{
        .tenant = TenantId("acme"), .request_id = "r", .questions = {}, .timeout = timeout};
    inquiry.questions.resize(questions);
    return inquiry;
  }

  EvidenceCollector collector_;
  base::Metrics metrics_;
  Dispatcher dispatcher_{{.perspectives = {"eu"}}, base::SystemRandom(), metrics_};
};

TEST_F(DispatcherTest, SendsInBatchesOfAtMostSixtyFour) {
  const auto worker = std::make_shared<SilentWorker>();
  const WorkerKey key = *dispatcher_.AddWorker({.id = "w", .perspective = "eu"}, worker);
  dispatcher_.OnCredit(key, 1000);
  dispatcher_.Ask(Asking(200), collector_.Callback());
  EXPECT_THAT(worker->AwaitHeld(200), SizeIs(200));
  EXPECT_EQ(worker->largest_batch(), 64U);
}

TEST_F(DispatcherTest, ALostWorkersChecksAreDoneByItsTwin) {
  const auto silent = std::make_shared<SilentWorker>();
  const WorkerKey lost = *dispatcher_.AddWorker({.id = "lost", .perspective = "eu"}, silent);
  dispatcher_.OnCredit(lost, 100);
  dispatcher_.Ask(Asking(3), collector_.Callback());
  silent->AwaitHeld(3);
  ScriptedWorker::Join(dispatcher_, "twin", "eu", 1);
  dispatcher_.RemoveWorker(lost);
  const auto arrived = collector_.Await(1);
  ASSERT_THAT(arrived, SizeIs(1));
  for (const Answer& answer : arrived[0]) EXPECT_EQ(answer.views.at(0).worker, "twin");
}

TEST_F(DispatcherTest, AnswersAtTheDeadlineByItself) {
  const auto silent = std::make_shared<SilentWorker>();
  const WorkerKey key = *dispatcher_.AddWorker({.id = "w", .perspective = "eu"}, silent);
  dispatcher_.OnCredit(key, 1);
  dispatcher_.Ask(Asking(1, absl::Milliseconds(50)), collector_.Callback());
  const auto arrived = collector_.Await(1);
  ASSERT_THAT(arrived, SizeIs(1));
  EXPECT_NE(arrived[0][0].views[0].failure, "");
}

TEST_F(DispatcherTest, IsReadyWhenEveryPerspectiveHasAWorker) {
  EXPECT_THAT(dispatcher_.Ready(), StatusIs(absl::StatusCode::kUnavailable));
  const WorkerKey key = ScriptedWorker::Join(dispatcher_, "w", "eu", 1);
  EXPECT_THAT(dispatcher_.Ready(), IsOk());
  dispatcher_.RemoveWorker(key);
  EXPECT_THAT(dispatcher_.Ready().ToString(), HasSubstr("eu"));
}

TEST_F(DispatcherTest, BeatsWithoutWorkersAndWithNobodyWhoAsks) {
  EXPECT_TRUE(base::testing::BeatsOn(*dispatcher_.pulse()));
}

TEST_F(DispatcherTest, BeatsNoMoreWhileACallbackHoldsItsThreadUp) {
  std::latch hangs(1);
  std::latch release(1);
  dispatcher_.Ask(Asking(0), [&](const Evidence&) {
    hangs.count_down();
    release.wait();
  });
  hangs.wait();
  const base::Pulse::Instant hung = base::Pulse::Now();
  dispatcher_.Ask(Asking(1), collector_.Callback());
  EXPECT_THAT(dispatcher_.Ready(), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_LE(dispatcher_.pulse()->last_beat(), hung);
  release.count_down();
  EXPECT_TRUE(base::testing::BeatsAgain(*dispatcher_.pulse()));
}

TEST_F(DispatcherTest, CountsWhatBecameOfChecks) {
  ScriptedWorker::Join(dispatcher_, "w", "eu", 10);
  dispatcher_.Ask(Asking(2), collector_.Callback());
  collector_.Await(1);
  // A second answer is proof that the first round of metrics is written.
  dispatcher_.Ask(Asking(1), collector_.Callback());
  collector_.Await(2);
  EXPECT_THAT(metrics_.Render(), HasSubstr("padlock_cert_check_events_total"));
}

TEST_F(DispatcherTest, BearsManyAskersAndWorkersThatComeAndGo) {
  constexpr std::size_t kAskers = 4;
  constexpr std::size_t kEach = 100;
  ScriptedWorker::Join(dispatcher_, "steady", "eu", 8);
  {
    std::vector<std::jthread> threads;
    for (std::size_t a = 0; a < kAskers; ++a) {
      threads.emplace_back([this] {
        for (std::size_t i = 0; i < kEach; ++i) {
          dispatcher_.Ask(Asking(2), collector_.Callback());
        }
      });
    }
    threads.emplace_back([this] {
      for (int i = 0; i < 50; ++i) {
        dispatcher_.RemoveWorker(ScriptedWorker::Join(dispatcher_, "fleeting", "eu", 4));
      }
    });
  }
  const auto arrived = collector_.Await(kAskers * kEach);
  ASSERT_THAT(arrived, SizeIs(kAskers * kEach));
  for (const Evidence& evidence : arrived) {
    ASSERT_THAT(evidence, SizeIs(2));
    for (const Answer& answer : evidence) EXPECT_NE(answer.views.at(0).worker, "");
  }
}

}  // namespace
}  // namespace cert
