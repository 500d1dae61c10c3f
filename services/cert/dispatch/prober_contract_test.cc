// What every Prober promises (prober.h), shown of the real one and of the fake.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <thread>

#include "cert/dispatch/dispatcher.h"
#include "cert/dispatch/prober.h"
#include "cert/dispatch/testing/evidence_collector.h"
#include "cert/dispatch/testing/fake_prober.h"
#include "cert/dispatch/testing/scripted_worker.h"

namespace cert {
namespace {

using testing::EvidenceCollector;
using testing::FakeProber;
using testing::ScriptedWorker;
using ::testing::SizeIs;

// A prober of perspectives "eu", where a worker agrees with everything, and "us", which has none.
class Subject {
 public:
  virtual ~Subject() = default;
  virtual Prober& prober() = 0;
};

class RealSubject final : public Subject {
 public:
  RealSubject()
      : dispatcher_({.perspectives = {"eu", "us"}, .worker_wait = absl::ZeroDuration()},
                    base::SystemRandom(), metrics_) {
    ScriptedWorker::Join(dispatcher_, "w1", "eu", 100);
  }
  Prober& prober() override { return dispatcher_; }

 private:
  base::Metrics metrics_;
  Dispatcher dispatcher_;
};

class FakeSubject final : public Subject {
 public:
  FakeSubject() : fake_({"eu", "us"}) {
    fake_.Answer([](const Question& question, const std::string& perspective) {
      if (perspective == "eu") return testing::Agrees(question);
      View view;
      view.failure = "no worker";
      return view;
    });
  }
  Prober& prober() override { return fake_; }

 private:
  FakeProber fake_;
};

struct ContractCase {
  const char* name;
  std::function<std::unique_ptr<Subject>()> make;
};

class ProberContractTest : public ::testing::TestWithParam<ContractCase> {
 protected:
  static Inquiry Asking(std::vector<std::string> names) {
    Inquiry inquiry{.tenant = TenantId("acme"), .request_id = "r", .questions = {}};
    for (std::string& name : names) {
      inquiry.questions.emplace_back().name = std::move(name);
      inquiry.questions.back().expected_values = {"x"};
    }
    return inquiry;
  }

  EvidenceCollector collector_;  // outlives the subject
  std::unique_ptr<Subject> subject_ = GetParam().make();
};

TEST_P(ProberContractTest, AnswersEachQuestionInOrderWithAViewFromEachPerspective) {
  subject_->prober().Ask(Asking({"a.test", "b.test"}), collector_.Callback());
  const auto arrived = collector_.Await(1);
  ASSERT_THAT(arrived, SizeIs(1));
  ASSERT_THAT(arrived[0], SizeIs(2));
  EXPECT_EQ(arrived[0][0].question.name, "a.test");
  EXPECT_EQ(arrived[0][1].question.name, "b.test");
  for (const Answer& answer : arrived[0]) {
    ASSERT_THAT(answer.views, SizeIs(2));
    EXPECT_EQ(answer.views[0].perspective, "eu");
    EXPECT_EQ(answer.views[0].failure, "");
    EXPECT_THAT(answer.views[0].observations, SizeIs(1));
    EXPECT_EQ(answer.views[1].perspective, "us");
    EXPECT_NE(answer.views[1].failure, "");
    EXPECT_EQ(answer.views[1].worker, "");
  }
}

TEST_P(ProberContractTest, AnswersEachInquiryOnceAndNeverInsideAsk) {
  const std::thread::id caller = std::this_thread::get_id();
  for (int i = 0; i < 50; ++i) {
    subject_->prober().Ask(Asking({"a.test"}),
                           [caller, done = collector_.Callback()](Evidence evidence) mutable {
                             EXPECT_NE(std::this_thread::get_id(), caller);
                             done(std::move(evidence));
                           });
  }
  collector_.Await(50);
  subject_.reset();
  EXPECT_THAT(collector_.Await(50), SizeIs(50));
}

TEST_P(ProberContractTest, AnswersWhatIsOpenWhenItGoesAway) {
  for (int i = 0; i < 50; ++i) subject_->prober().Ask(Asking({"a.test"}), collector_.Callback());
  subject_.reset();
  EXPECT_THAT(collector_.Await(50), SizeIs(50));
}

INSTANTIATE_TEST_SUITE_P(
    Probers, ProberContractTest,
    ::testing::Values(ContractCase{"Dispatcher", [] { return std::make_unique<RealSubject>(); }},
                      ContractCase{"FakeProber", [] { return std::make_unique<FakeSubject>(); }}),
    [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace cert
