#include "cert/dispatch/check_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/testing/status_matchers.h"

namespace cert {
namespace {

using ::base::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)

const Question kQuestion{.name = "_padlock.example.test",
                         .type = observation::RecordType::kTxt,
                         .scope = observation::Scope::kAuthoritative,
                         .expected_values = {"x"}};

// Verbs over a table whose time is moved by hand.
class CheckTableTest : public ::testing::Test {
 protected:
  explicit CheckTableTest(CheckTable::Options options = {.perspectives = {"eu"}})
      : table_(std::move(options), "t") {}

  InquiryKey Ask(const std::string& tenant = "acme", absl::Duration timeout = absl::Seconds(12)) {
    return table_.Open({.tenant = TenantId(tenant),
                        .request_id = tenant,
                        .questions = {kQuestion},
                        .timeout = timeout},
                       now_);
  }
  WorkerKey Join(const std::string& id, std::uint32_t credit, const std::string& where = "eu") {
    const WorkerKey key = *table_.AddWorker({.id = id, .perspective = where});
    table_.AddCredit(key, credit, now_);
    return key;
  }
  void Report(WorkerKey worker, const std::string& check_id) {
    table_.Apply(worker, {.check_id = check_id, .observations = {{}}, .failure = ""}, now_);
  }
  void Fail(WorkerKey worker, const std::string& check_id) {
    table_.Apply(worker, {.check_id = check_id, .observations = {}, .failure = "no socket"}, now_);
  }
  void Leave(WorkerKey worker) { table_.RemoveWorker(worker, now_); }
  void Pass(Instant::duration time) { table_.Advance(now_ += time); }

  // What has happened since the last call.
  Effects Happened() { return table_.TakeEffects(); }
  std::vector<Effects::Send> Sent() { return Happened().sends; }
  // The one view of the one inquiry that ended.
  View OnlyView() {
    const Effects effects = Happened();
    EXPECT_THAT(effects.finished, SizeIs(1));
    if (effects.finished.size() != 1) return {};
    return effects.finished[0].evidence.at(0).views.at(0);
  }
  static bool Told(const Effects& effects, CheckEvent event) {
    return std::any_of(effects.tallies.begin(), effects.tallies.end(),
                       [event](const Effects::Tally& tally) { return tally.event == event; });
  }

  CheckTable table_;
  Instant now_ = Instant() + 1h;
};

TEST_F(CheckTableTest, AReportAnswersTheInquiry) {
  const WorkerKey worker = Join("w1", 1);
  const InquiryKey inquiry = Ask();
  const auto sent = Sent();
  ASSERT_THAT(sent, SizeIs(1));
  EXPECT_EQ(sent[0].worker, worker);
  EXPECT_EQ(sent[0].check.question, kQuestion);
  EXPECT_EQ(sent[0].check.request_id, "acme");
  Report(worker, sent[0].check.id);
  const Effects effects = Happened();
  ASSERT_THAT(effects.finished, SizeIs(1));
  EXPECT_EQ(effects.finished[0].inquiry, inquiry);
  const View& view = effects.finished[0].evidence.at(0).views.at(0);
  EXPECT_EQ(view.perspective, "eu");
  EXPECT_EQ(view.worker, "w1");
  EXPECT_THAT(view.observations, SizeIs(1));
  EXPECT_EQ(view.failure, "");
}

TEST_F(CheckTableTest, AWorkerHasLessTimeThanTheInquirySoThatItsReportArrives) {
  Join("w1", 2);
  Ask("acme", absl::Seconds(12));
  Ask("acme", absl::Seconds(2));
  const auto sent = Sent();
  ASSERT_THAT(sent, SizeIs(2));
  EXPECT_EQ(sent[0].check.timeout, absl::Seconds(11));
  EXPECT_EQ(sent[1].check.timeout, absl::Seconds(1.5));
}

TEST_F(CheckTableTest, NoWorkerHoldsMoreThanItAskedFor) {
  const WorkerKey worker = Join("w1", 2);
  for (int i = 0; i < 5; ++i) Ask();
  EXPECT_THAT(Sent(), SizeIs(2));
  EXPECT_EQ(table_.SizesOf(0).queued, 3U);
  table_.AddCredit(worker, 1, now_);
  EXPECT_THAT(Sent(), SizeIs(1));
}

TEST_F(CheckTableTest, AReportGivesNoCreditBack) {
  const WorkerKey worker = Join("w1", 1);
  Ask();
  Ask();
  Report(worker, Sent().at(0).check.id);
  EXPECT_THAT(Sent(), IsEmpty());
}

TEST_F(CheckTableTest, CreditSaturates) {
  const WorkerKey worker = Join("w1", 0xffffffff);
  table_.AddCredit(worker, 0xffffffff, now_);
  Ask();
  EXPECT_THAT(Sent(), SizeIs(1));
}

TEST_F(CheckTableTest, ChecksGoToTheWorkerWithTheMostRoom) {
  Join("small", 1);
  const WorkerKey roomy = Join("roomy", 5);
  for (int i = 0; i < 3; ++i) Ask();
  for (const Effects::Send& send : Sent()) EXPECT_EQ(send.worker, roomy);
}

TEST_F(CheckTableTest, TenantsTakeTurns) {
  for (int i = 0; i < 3; ++i) Ask("big");
  Ask("small");
  Join("w1", 2);
  std::vector<std::string> tenants;
  for (const Effects::Send& send : Sent()) tenants.push_back(send.check.request_id);
  EXPECT_THAT(tenants, ElementsAre("big", "small"));
}

TEST_F(CheckTableTest, ALostWorkersChecksGoToItsTwinAtOnce) {
  const WorkerKey lost = Join("w1", 2);
  Ask();
  Ask();
  const auto first = Sent();
  const WorkerKey twin = Join("w2", 5);
  Leave(lost);
  const auto again = Sent();
  ASSERT_THAT(again, SizeIs(2));
  EXPECT_EQ(again[0].worker, twin);
  EXPECT_NE(again[0].check.id, first[0].check.id);
  Report(twin, again[0].check.id);
  EXPECT_EQ(OnlyView().worker, "w2");
}

TEST_F(CheckTableTest, ACheckThatKillsWorkersEnds) {
  Ask();
  for (const char* name : {"w1", "w2", "w3"}) {
    const WorkerKey victim = Join(name, 1);
    ASSERT_THAT(Sent(), SizeIs(1)) << name;
    Leave(victim);
  }
  EXPECT_THAT(OnlyView().failure, ::testing::HasSubstr("lost"));
}

TEST_F(CheckTableTest, ASecondReportIsIgnored) {
  const WorkerKey worker = Join("w1", 1);
  Ask();
  const std::string id = Sent().at(0).check.id;
  Report(worker, id);
  Happened();
  Report(worker, id);
  const Effects effects = Happened();
  EXPECT_THAT(effects.finished, IsEmpty());
  EXPECT_TRUE(Told(effects, CheckEvent::kReportIgnored));
}

TEST_F(CheckTableTest, AReportOfAnothersCheckIsIgnored) {
  const WorkerKey worker = Join("w1", 1);
  const WorkerKey liar = Join("w2", 0);
  Ask();
  const std::string id = Sent().at(0).check.id;
  Report(liar, id);
  const Effects effects = Happened();
  EXPECT_THAT(effects.finished, IsEmpty());
  EXPECT_TRUE(Told(effects, CheckEvent::kReportIgnored));
  Report(worker, id);
  EXPECT_EQ(OnlyView().worker, "w1");
}

TEST_F(CheckTableTest, ASlowCheckIsHedgedAtHalfTimeAndTheLoserCancelled) {
  const WorkerKey slow = Join("slow", 1);
  Ask();  // the worker has 11 s
  const std::string slow_id = Sent().at(0).check.id;
  const WorkerKey twin = Join("twin", 1);
  Pass(5s);
  EXPECT_THAT(Sent(), IsEmpty());
  Pass(1s);
  const auto hedge = Sent();
  ASSERT_THAT(hedge, SizeIs(1));
  EXPECT_EQ(hedge[0].worker, twin);
  EXPECT_EQ(hedge[0].check.timeout, absl::Seconds(5));
  Report(twin, hedge[0].check.id);
  const Effects effects = Happened();
  EXPECT_THAT(effects.finished, SizeIs(1));
  ASSERT_THAT(effects.cancels, SizeIs(1));
  EXPECT_EQ(effects.cancels[0].worker, slow);
  EXPECT_EQ(effects.cancels[0].check_id, slow_id);
  EXPECT_EQ(table_.SizesOf(0).in_flight, 0U);
}

TEST_F(CheckTableTest, ALostTwinLeavesTheOtherToAnswer) {
  const WorkerKey slow = Join("slow", 1);
  Ask();
  const std::string slow_id = Sent().at(0).check.id;
  const WorkerKey twin = Join("twin", 5);
  Pass(6s);
  ASSERT_THAT(Sent(), SizeIs(1));
  Leave(twin);
  EXPECT_THAT(Sent(), IsEmpty());
  Report(slow, slow_id);
  EXPECT_EQ(OnlyView().worker, "slow");
}

TEST_F(CheckTableTest, AFailedCheckGoesToAnotherWorkerOnceEach) {
  const WorkerKey first = Join("w1", 5);
  const WorkerKey second = Join("w2", 1);
  Ask();
  Fail(first, Sent().at(0).check.id);
  const auto again = Sent();
  ASSERT_THAT(again, SizeIs(1));
  EXPECT_EQ(again[0].worker, second);
  Fail(second, again[0].check.id);
  EXPECT_EQ(OnlyView().failure, "no socket");
}

TEST_F(CheckTableTest, APerspectiveWithoutWorkersCouldNotTellAfterAMoment) {
  Ask();
  Pass(1s);
  EXPECT_THAT(Happened().finished, IsEmpty());
  Pass(1s);
  const View view = OnlyView();
  EXPECT_EQ(view.worker, "");
  EXPECT_EQ(view.failure, "no worker of this perspective answers");
}

TEST_F(CheckTableTest, TheMomentStartsAnewWhenTheLastWorkerIsLost) {
  Ask();
  Pass(1s);
  const WorkerKey worker = Join("w1", 1);
  EXPECT_THAT(Sent(), SizeIs(1));
  Leave(worker);
  Pass(1s);
  EXPECT_THAT(Happened().finished, IsEmpty());
  Pass(1s);
  EXPECT_NE(OnlyView().failure, "");
}

TEST_F(CheckTableTest, EndsAtTheDeadlineWhateverTheWorkerDoes) {
  const WorkerKey worker = Join("w1", 1);
  Ask();
  Ask();  // never sent: no credit
  const std::string id = Sent().at(0).check.id;
  Pass(12s);
  const Effects effects = Happened();
  ASSERT_THAT(effects.finished, SizeIs(2));
  EXPECT_EQ(effects.finished[0].evidence[0].views[0].failure, "the worker did not report in time");
  EXPECT_EQ(effects.finished[1].evidence[0].views[0].failure, "no worker had room for it in time");
  EXPECT_THAT(effects.cancels, SizeIs(1));
  Report(worker, id);
  EXPECT_THAT(Happened().finished, IsEmpty());
  EXPECT_EQ(table_.SizesOf(0).queued + table_.SizesOf(0).in_flight, 0U);
}

TEST_F(CheckTableTest, AWorkerThatLetItsTimePassIsAskedAgainOnlyOnceItIsHeard) {
  const WorkerKey silent = Join("w1", 2);
  Ask();
  const std::string id = Sent().at(0).check.id;
  Pass(12s);
  EXPECT_EQ(OnlyView().failure, "the worker did not report in time");
  EXPECT_EQ(table_.SizesOf(0).workers, 0U);

  Ask();
  EXPECT_THAT(Sent(), IsEmpty());
  Pass(2s);
  EXPECT_EQ(OnlyView().failure, "no worker of this perspective answers");

  Ask();
  Report(silent, id);  // too late to count, but it is there
  EXPECT_THAT(Sent(), SizeIs(1));
}

TEST_F(CheckTableTest, StoppingAnswersWhatIsOpen) {
  Join("w1", 1);
  Ask();
  Ask();
  table_.Stop();
  EXPECT_THAT(Happened().finished, SizeIs(2));
}

TEST_F(CheckTableTest, AnInquiryWithoutQuestionsIsAnsweredAtOnce) {
  table_.Open({.tenant = TenantId("acme"), .request_id = "", .questions = {}}, now_);
  EXPECT_THAT(Happened().finished, SizeIs(1));
}

TEST_F(CheckTableTest, RefusesAWorkerOfAnUnknownPerspective) {
  EXPECT_THAT(table_.AddWorker({.id = "w", .perspective = "mars"}),
              StatusIs(absl::StatusCode::kNotFound));
}

class SmallTableTest : public CheckTableTest {
 protected:
  SmallTableTest()
      : CheckTableTest({.perspectives = {"eu", "us"}, .queue_limit = 1, .worker_limit = 1}) {}
};

TEST_F(SmallTableTest, AFullQueueRefusesAtOnce) {
  Join("w1", 0);
  Ask();
  Ask();
  const Effects effects = Happened();
  ASSERT_THAT(effects.finished, SizeIs(1));
  for (const View& view : effects.finished[0].evidence[0].views) {
    EXPECT_EQ(view.failure, "too many checks are waiting");
  }
}

TEST_F(SmallTableTest, RefusesTooManyWorkers) {
  Join("w1", 0);
  EXPECT_THAT(table_.AddWorker({.id = "w2", .perspective = "us"}),
              StatusIs(absl::StatusCode::kResourceExhausted));
}

TEST_F(SmallTableTest, EveryPerspectiveHasAViewInTheConfiguredOrder) {
  const WorkerKey american = Join("w1", 1, "us");
  Ask();
  Report(american, Sent().at(0).check.id);
  Pass(2s);
  const Effects effects = Happened();
  ASSERT_THAT(effects.finished, SizeIs(1));
  const std::vector<View>& views = effects.finished[0].evidence[0].views;
  ASSERT_THAT(views, SizeIs(2));
  EXPECT_EQ(views[0].perspective, "eu");
  EXPECT_NE(views[0].failure, "");
  EXPECT_EQ(views[1].perspective, "us");
  EXPECT_EQ(views[1].worker, "w1");
}

}  // namespace
}  // namespace cert
