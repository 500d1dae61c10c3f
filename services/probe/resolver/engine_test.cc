#include "probe/resolver/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <ostream>
#include <thread>

#include "absl/strings/str_format.h"
#include "lab/misbehaving_dns.h"

namespace probe {
namespace {

using lab::Script;
using lab::Trick;
using ::testing::HasSubstr;

constexpr char kTrue[] = "www.test. 60 IN TXT \"true\"";

// One engine on a loop of its own, and one server that does as it is told.
class EngineTest : public ::testing::Test {
 protected:
  EngineTest() {
    server_ = *lab::MisbehavingDns::Start("127.0.0.1");
    loop_ = *EventLoop::Create();
    engine_ = std::make_unique<Engine>(
        Engine::Options{.sockets = {.sockets_per_family = 4, .questions_per_socket = 64}}, *loop_,
        base::SystemRandom(), metrics_);
    thread_ = std::jthread([this] { loop_->Run(); });
  }
  ~EngineTest() override {
    loop_->Stop();
    thread_.join();
  }

  ServerAddress Server() const {
    return {*IpAddress::Parse("127.0.0.1"), static_cast<std::uint16_t>(server_->port())};
  }

  std::future<Reply> Start(const std::string& name, absl::Duration timeout,
                           const ServerAddress& server) {
    auto promise = std::make_shared<std::promise<Reply>>();
    std::future<Reply> reply = promise->get_future();
    loop_->Post([this, name, timeout, server, promise] {
      engine_->Ask(
          {.server = server, .question = {*DnsName::Parse(name), RrType::kTxt}, .timeout = timeout},
          [promise](Reply result) { promise->set_value(std::move(result)); });
    });
    return reply;
  }

  Reply Ask(const std::string& name, absl::Duration timeout = absl::Seconds(5)) {
    return Start(name, timeout, Server()).get();
  }

  static std::string TextOf(const Reply& reply) {
    if (reply.message.answers.empty()) return "";
    return std::get<std::string>(reply.message.answers.front().data);
  }

  base::Metrics metrics_;
  std::unique_ptr<lab::MisbehavingDns> server_;
  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<Engine> engine_;
  std::jthread thread_;
};

TEST_F(EngineTest, AnswersOverUdp) {
  server_->Answer("www.test", "TXT", {.answers = {kTrue}});
  const Reply reply = Ask("www.test");
  EXPECT_EQ(reply.kind, Reply::Kind::kAnswered);
  EXPECT_EQ(TextOf(reply), "true");
  EXPECT_FALSE(reply.over_tcp);
  EXPECT_TRUE(reply.message.authoritative);
  EXPECT_GT(reply.round_trip_time, absl::ZeroDuration());
  EXPECT_EQ(server_->Count("udp www.test TXT"), 1);
}

TEST_F(EngineTest, TimesOutAfterOneRetryWhenNothingComes) {
  server_->Answer("www.test", "TXT", {.trick = Trick::kDrop});
  EXPECT_EQ(Ask("www.test", absl::Milliseconds(200)).kind, Reply::Kind::kTimeout);
  EXPECT_EQ(server_->Count("udp www.test TXT"), 2);
}

TEST_F(EngineTest, AsksAgainOverTcpWhenTheAnswerIsCut) {
  server_->Answer("www.test", "TXT", {.trick = Trick::kTruncate, .answers = {kTrue}});
  const Reply reply = Ask("www.test");
  EXPECT_EQ(TextOf(reply), "true");
  EXPECT_TRUE(reply.over_tcp);
  EXPECT_EQ(server_->Count("tcp www.test TXT"), 1);
}

TEST_F(EngineTest, ReturnsACutAnswerAsSuchWhenTcpCutsItToo) {
  server_->Answer("www.test", "TXT", {.trick = Trick::kTruncateAlways});
  const Reply reply = Ask("www.test");
  EXPECT_EQ(reply.kind, Reply::Kind::kAnswered);
  EXPECT_TRUE(reply.message.truncated);
}

TEST_F(EngineTest, AsksAgainWithoutEdnsWhereItIsUnknown) {
  server_->Answer("www.test", "TXT", {.trick = Trick::kNoEdns, .answers = {kTrue}});
  EXPECT_EQ(TextOf(Ask("www.test")), "true");
  // The next question has EDNS again: only the question was degraded, not the server.
  EXPECT_EQ(TextOf(Ask("www.test")), "true");
  EXPECT_EQ(server_->Count("udp www.test TXT"), 4);
}

TEST_F(EngineTest, TakesTheTrueAnswerBehindAForgedOne) {
  server_->Answer("www.test", "TXT", {.trick = Trick::kForgeFirst, .answers = {kTrue}});
  EXPECT_EQ(TextOf(Ask("www.test")), "true");
  EXPECT_THAT(metrics_.Render(), HasSubstr("reason=\"wrong_id\""));
}

TEST_F(EngineTest, TakesTheTrueAnswerBehindHundredsOfForgedOnes) {
  server_->Answer("www.test", "TXT", {.trick = Trick::kForgeMany, .answers = {kTrue}});
  const Reply reply = Ask("www.test");
  EXPECT_EQ(reply.kind, Reply::Kind::kAnswered);
  EXPECT_EQ(TextOf(reply), "true");
  EXPECT_THAT(metrics_.Render(), HasSubstr("reason=\"wrong_id\"} 300"));
}

TEST_F(EngineTest, NobodyListeningIsUnreachableForThisQuestionOnly) {
  server_->Answer("slow.test", "TXT",
                  {.delay = absl::Milliseconds(150), .answers = {"slow.test. 60 IN TXT slow"}});
  std::future<Reply> slow = Start("slow.test", absl::Seconds(5), Server());
  // Bound and then freed: nobody listens there.
  std::uint16_t free_port = 0;
  {
    const auto other = *lab::MisbehavingDns::Start("127.0.0.1");
    free_port = static_cast<std::uint16_t>(other->port());
  }
  const ServerAddress nobody{*IpAddress::Parse("127.0.0.1"), free_port};
  const Reply reply = Start("www.test", absl::Seconds(5), nobody).get();
  EXPECT_EQ(reply.kind, Reply::Kind::kUnreachable);
  EXPECT_EQ(TextOf(slow.get()), "slow");
}

TEST_F(EngineTest, AServerThatGoesAwayInTheMiddleIsUnreachable) {
  server_->Answer("www.test", "TXT", {.trick = Trick::kDrop});
  std::future<Reply> reply = Start("www.test", absl::Seconds(2), Server());
  while (server_->Count("udp www.test TXT") == 0) std::this_thread::yield();
  server_.reset();
  // The second attempt meets ICMP where the first one met silence.
  EXPECT_EQ(reply.get().kind, Reply::Kind::kUnreachable);
}

TEST_F(EngineTest, AnswersManyQuestionsAtOnceEachWithItsOwn) {
  // In all more than a few sockets' lives; at once no more than the server's buffer surely holds.
  constexpr int kRounds = 10;
  constexpr int kAtOnce = 100;
  for (int round = 0; round < kRounds; ++round) {
    std::vector<std::future<Reply>> replies;
    for (int i = 0; i < kAtOnce; ++i) {
      const std::string name = absl::StrFormat("n%d.r%d.test", i, round);
      server_->Answer(name, "TXT", {.answers = {name + ". 60 IN TXT \"" + name + "\""}});
      replies.push_back(Start(name, absl::Seconds(10), Server()));
    }
    for (int i = 0; i < kAtOnce; ++i) {
      EXPECT_EQ(TextOf(replies[static_cast<std::size_t>(i)].get()),
                absl::StrFormat("n%d.r%d.test", i, round));
    }
  }
}

TEST_F(EngineTest, AsksManyServersAtOnceEachForItself) {
  std::vector<std::unique_ptr<lab::MisbehavingDns>> servers;
  std::vector<std::future<Reply>> replies;
  for (int i = 0; i < 8; ++i) {
    const std::string address = "127.0.0." + std::to_string(i + 2);
    servers.push_back(*lab::MisbehavingDns::Start(address));
    servers.back()->Answer("www.test", "TXT", {.answers = {"www.test. 60 IN TXT " + address}});
    const ServerAddress server{*IpAddress::Parse(address),
                               static_cast<std::uint16_t>(servers.back()->port())};
    replies.push_back(Start("www.test", absl::Seconds(5), server));
  }
  for (int i = 0; i < 8; ++i) {
    EXPECT_EQ(TextOf(replies[static_cast<std::size_t>(i)].get()),
              "127.0.0." + std::to_string(i + 2));
  }
}

// The sockets wait for what they have carried to end, and only then close.
TEST_F(EngineTest, ReplacesItsSocketsWhileQuestionsAreOpen) {
  server_->Answer("slow.test", "TXT",
                  {.delay = absl::Milliseconds(200), .answers = {"slow.test. 60 IN TXT slow"}});
  server_->Answer("www.test", "TXT", {.answers = {kTrue}});
  std::vector<std::future<Reply>> slow;
  for (int i = 0; i < 4; ++i) {
    slow.push_back(Start("slow.test", absl::Seconds(5), Server()));
    // More than all the sockets' lives.
    for (int n = 0; n < 300; ++n) ASSERT_EQ(TextOf(Ask("www.test")), "true");
  }
  for (std::future<Reply>& reply : slow) EXPECT_EQ(TextOf(reply.get()), "slow");
}

TEST_F(EngineTest, ReachesServersOverIpv6OrSaysThatItCannot) {
  const ServerAddress nobody{*IpAddress::Parse("::1"), 9};
  EXPECT_EQ(Start("www.test", absl::Seconds(5), nobody).get().kind, Reply::Kind::kUnreachable);
}

// Packets that must never be taken as the answer, and what becomes of the question.
struct Lie {
  const char* name;
  Trick trick;
  const char* reason;  // counted; empty: none
  Reply::Kind kind;
  bool over_tcp;
};

void PrintTo(const Lie& lie, std::ostream* out) { *out << lie.name; }

class LyingServerTest : public EngineTest, public ::testing::WithParamInterface<Lie> {};

TEST_P(LyingServerTest, IsNeverBelieved) {
  const Lie& lie = GetParam();
  // So long that its random letter case is never all lower by chance.
  const std::string name = std::string(60, 'x') + ".www.test";
  server_->Answer(name, "TXT", {.trick = lie.trick, .answers = {name + ". 60 IN TXT \"true\""}});
  const Reply reply = Ask(name, absl::Milliseconds(400));
  EXPECT_EQ(reply.kind, lie.kind);
  EXPECT_EQ(reply.over_tcp, lie.over_tcp);
  EXPECT_THAT(metrics_.Render(), HasSubstr(lie.reason));
  // Over TCP this server tells the truth; otherwise nothing may have been taken from it.
  EXPECT_EQ(TextOf(reply), lie.kind == Reply::Kind::kAnswered ? "true" : "");
}

INSTANTIATE_TEST_SUITE_P(
    All, LyingServerTest,
    ::testing::Values(
        Lie{"WrongId", Trick::kWrongId, "wrong_id", Reply::Kind::kTimeout, false},
        Lie{"WrongPort", Trick::kWrongPort, "wrong_source", Reply::Kind::kTimeout, false},
        Lie{"WrongAddress", Trick::kWrongAddress, "wrong_source", Reply::Kind::kTimeout, false},
        Lie{"PointerLoop", Trick::kPointerLoop, "", Reply::Kind::kMalformed, true},
        Lie{"WrongCase", Trick::kWrongCase, "case_lost", Reply::Kind::kAnswered, true},
        Lie{"WrongQuestion", Trick::kWrongQuestion, "wrong_question", Reply::Kind::kAnswered, true},
        Lie{"Echo", Trick::kEcho, "not_a_response", Reply::Kind::kAnswered, true},
        Lie{"Garbage", Trick::kGarbage, "", Reply::Kind::kMalformed, true}),
    [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace probe
