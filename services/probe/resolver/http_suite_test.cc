// Whole http-01 checks: a nameserver and web servers on loopback, the pool's own look-ups and
// connections.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/testing/status_matchers.h"
#include "lab/misbehaving_dns.h"
#include "lab/stack.h"
#include "lab/web_server.h"
#include "probe/resolver/resolver_pool.h"

namespace probe {
namespace {

using ::base::testing::IsOk;
using observation::Observation;
using observation::Outcome;
using observation::RecordType;
using observation::Vote;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

const std::string kToken = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA";
const std::string kText = kToken + ".9jg46WB3rR_AHD-EBXdN7cBkH1WOu0tA3M9fm21mqTI";
const std::string kPath = "/.well-known/acme-challenge/" + kToken;
constexpr char kHost[] = "www.shop.test";

// Last octets.
constexpr int kNameserver = 51;
constexpr int kFirst = 52;
constexpr int kSecond = 53;
constexpr int kForbidden = 54;
constexpr int kNobody = 55;

class HttpSuite : public ::testing::Test {
 protected:
  void SetUp() override {
    stack_ = *lab::Stack::Claim();
    dns_ = *lab::MisbehavingDns::Start(stack_->Address(kNameserver));
    // Any port that is free there is free at the stack's addresses, which are nobody else's.
    auto six = lab::WebServer::Start({.address = "::1"});
    if (six.ok()) six_ = *std::move(six);
    first_ = StartWeb(kFirst, six_ == nullptr ? 0 : six_->port());
    second_ = StartWeb(kSecond, first_->port());
    forbidden_ = StartWeb(kForbidden, first_->port());
    secure_ = *lab::WebServer::Start({.address = stack_->Address(kFirst), .tls = true});
    AnswerZone();
    pool_ = *ResolverPool::Create(
        {.roots = {{"ns.test", stack_->Address(kNameserver)}},
         .authoritative_port = dns_->port(),
         .http_port = first_->port(),
         .https_port = secure_->port(),
         .allowed_private_ranges = {stack_->Address(kNameserver), stack_->Address(kFirst),
                                    stack_->Address(kSecond), stack_->Address(kNobody), "::1"},
         .query_timeout = absl::Seconds(1),
         .threads = 1},
        base::SystemClock(), base::SystemRandom(), metrics_);
  }

  std::unique_ptr<lab::WebServer> StartWeb(int host, int port) const {
    return *lab::WebServer::Start({.address = stack_->Address(host), .port = port});
  }

  void AnswerZone() {
    dns_->Answer("test", "NS", {.answers = {"test. 60 IN NS ns.test."}});
    dns_->Answer("ns.test", "A", {.answers = {"ns.test. 60 IN A " + stack_->Address(kNameserver)}});
    dns_->Answer("ns.test", "AAAA", {.authority = {kSoa}});
  }
  void Host(const std::string& name, const std::vector<std::string>& addresses) {
    lab::Script v4;
    lab::Script v6;
    for (const std::string& address : addresses) {
      const bool is_v6 = address.find(':') != std::string::npos;
      lab::Script& script = is_v6 ? v6 : v4;
      script.answers.push_back(
          absl::StrFormat("%s. 60 IN %s %s", name, is_v6 ? "AAAA" : "A", address));
    }
    for (lab::Script* script : {&v4, &v6}) {
      if (script->answers.empty()) script->authority = {kSoa};
    }
    dns_->Answer(name, "NS", {.authority = {kSoa}});
    dns_->Answer(name, "A", v4);
    dns_->Answer(name, "AAAA", v6);
  }

  std::future<Report> Start(absl::Duration timeout = absl::Seconds(20)) {
    auto promise = std::make_shared<std::promise<Report>>();
    std::future<Report> report = promise->get_future();
    pool_->Start({.id = "check",
                  .name = kHost,
                  .type = RecordType::kHttp,
                  .expected_values = {kText},
                  .timeout = timeout},
                 [promise](Report done) { promise->set_value(std::move(done)); });
    return report;
  }
  std::vector<Observation> Observe(absl::Duration timeout = absl::Seconds(20)) {
    Report report = Start(timeout).get();
    EXPECT_THAT(report.failure, IsEmpty());
    return std::move(report.observations);
  }
  // What the first web server alone makes of it.
  Observation ObserveFirst(lab::WebPage page, absl::Duration timeout = absl::Seconds(20)) {
    Host(kHost, {stack_->Address(kFirst)});
    first_->Answer(kPath, std::move(page));
    const std::vector<Observation> seen = Observe(timeout);
    EXPECT_THAT(seen, SizeIs(1));
    return seen.empty() ? Observation{} : seen.front();
  }
  Observation ObserveRedirect(const std::string& location) {
    return ObserveFirst({.status = 302, .location = location});
  }

  static constexpr char kSoa[] = "test. 60 IN SOA ns.test. host.test. 1 60 60 60 60";

  std::unique_ptr<lab::Stack> stack_;
  std::unique_ptr<lab::MisbehavingDns> dns_;
  std::unique_ptr<lab::WebServer> six_;
  std::unique_ptr<lab::WebServer> first_;
  std::unique_ptr<lab::WebServer> second_;
  std::unique_ptr<lab::WebServer> forbidden_;  // where the policy lets nobody go
  std::unique_ptr<lab::WebServer> secure_;
  base::Metrics metrics_;
  std::unique_ptr<ResolverPool> pool_;
};

TEST_F(HttpSuite, AgreesWhenEveryAddressServesTheKeyAuthorization) {
  Host(kHost, {stack_->Address(kFirst), stack_->Address(kSecond)});
  first_->Answer(kPath, {.body = kText});
  second_->Answer(kPath, {.body = kText + "\r\n"});
  const auto seen = Observe();
  ASSERT_THAT(seen, SizeIs(2));
  for (const Observation& each : seen) {
    EXPECT_EQ(each.outcome, Outcome::kMatch) << each.note;
    EXPECT_EQ(each.server, kHost);
    EXPECT_EQ(each.zone, "test");
    EXPECT_GT(each.round_trip_time, absl::ZeroDuration());
  }
  EXPECT_THAT(first_->Requests(), ElementsAre("GET " + kPath + " " + kHost));
}

TEST_F(HttpSuite, TakesIpv6First) {
  if (six_ == nullptr) GTEST_SKIP() << "this machine has no IPv6";
  Host(kHost, {stack_->Address(kFirst), "::1"});
  first_->Answer(kPath, {.body = kText});
  six_->Answer(kPath, {.body = "old"});
  const auto seen = Observe();
  ASSERT_THAT(seen, SizeIs(2));
  EXPECT_EQ(seen[0].address, "::1");
  EXPECT_EQ(seen[0].outcome, Outcome::kMismatch);
  EXPECT_EQ(seen[1].outcome, Outcome::kMatch);
}

TEST_F(HttpSuite, TellsANoFromARefusedPort) {
  Host(kHost, {stack_->Address(kFirst), stack_->Address(kNobody)});
  const auto seen = Observe();
  ASSERT_THAT(seen, SizeIs(2));
  EXPECT_EQ(seen[0].outcome, Outcome::kNoData);
  EXPECT_EQ(seen[0].note, "status 404");
  EXPECT_EQ(seen[1].outcome, Outcome::kUnreachable);
  EXPECT_EQ(seen[1].vote, Vote::kCouldNotTell);
  EXPECT_THAT(seen[1].note, HasSubstr("refused"));
}

TEST_F(HttpSuite, ConnectsToNoAddressThatThePolicyRefuses) {
  Host(kHost, {stack_->Address(kFirst), stack_->Address(kForbidden)});
  first_->Answer(kPath, {.body = kText});
  forbidden_->Answer(kPath, {.body = kText});
  const auto seen = Observe();
  ASSERT_THAT(seen, SizeIs(2));
  EXPECT_EQ(seen[0].outcome, Outcome::kMatch);
  EXPECT_EQ(seen[1].outcome, Outcome::kNotAsked);
  EXPECT_THAT(forbidden_->Requests(), IsEmpty());
}

TEST_F(HttpSuite, RefusesARedirectToAPrivateAddress) {
  Host("inside.test", {stack_->Address(kForbidden), "64:ff9b::7f00:1", "::ffff:127.0.0.1"});
  const Observation seen = ObserveRedirect("http://inside.test/");
  EXPECT_EQ(seen.outcome, Outcome::kNotAsked);
  EXPECT_THAT(seen.note, HasSubstr("not a public address"));
  EXPECT_THAT(forbidden_->Requests(), IsEmpty());
}

TEST_F(HttpSuite, RefusesARedirectToAnAddressOrAnotherPort) {
  const std::string address = stack_->Address(kSecond);
  EXPECT_THAT(ObserveRedirect("http://" + address + "/").note, HasSubstr("IP address"));
  EXPECT_THAT(ObserveRedirect("http://www.shop.test:22/").note, HasSubstr("another port"));
  EXPECT_THAT(ObserveRedirect("http://a:b@www.shop.test/").note, HasSubstr("credentials"));
  EXPECT_EQ(ObserveRedirect("file:///etc/passwd").vote, Vote::kDisagree);
  EXPECT_THAT(second_->Requests(), IsEmpty());
}

TEST_F(HttpSuite, FollowsARedirectToHttpsWhateverItsCertificate) {
  secure_->Answer("/token", {.body = kText});
  const Observation seen = ObserveRedirect("https://www.shop.test/token");
  EXPECT_EQ(seen.outcome, Outcome::kMatch) << seen.note;
  EXPECT_EQ(seen.note, "after 1 redirect, at https://www.shop.test/token: status 200");
}

TEST_F(HttpSuite, FollowsTenRedirectsAndNoEleventh) {
  for (int i = 1; i < 10; ++i) {
    first_->Answer(absl::StrFormat("/%d", i),
                   {.status = 301, .location = absl::StrFormat("/%d", i + 1)});
  }
  first_->Answer("/10", {.body = kText});
  EXPECT_EQ(ObserveRedirect("/1").outcome, Outcome::kMatch);
  first_->Answer("/10", {.status = 301, .location = "/11"});
  first_->Answer("/11", {.body = kText});
  EXPECT_THAT(ObserveRedirect("/1").note, HasSubstr("10 redirects before"));
  EXPECT_THAT(first_->Requests(), Not(Contains(HasSubstr("/11 "))));
}

TEST_F(HttpSuite, NamesLoops) {
  first_->Answer("/other", {.status = 301, .location = kPath});
  const Observation seen = ObserveRedirect("/other");
  EXPECT_EQ(seen.vote, Vote::kDisagree);
  EXPECT_THAT(seen.note, HasSubstr("the redirects are a loop"));
}

TEST_F(HttpSuite, ReadsNoMoreThanSixtyFourKibibytes) {
  const std::string spaces(64 * 1024 - kText.size(), ' ');
  EXPECT_EQ(ObserveFirst({.body = kText + spaces}).outcome, Outcome::kMatch);
  const Observation seen = ObserveFirst({.body = kText + spaces + " "});
  EXPECT_EQ(seen.outcome, Outcome::kMismatch);
  EXPECT_THAT(seen.note, HasSubstr("more than 65536 octets"));
}

TEST_F(HttpSuite, ShowsWhatElseIsThere) {
  const Observation quoted = ObserveFirst({.body = "\"" + kText + "\"\n"});
  EXPECT_EQ(quoted.outcome, Outcome::kMismatch);
  EXPECT_THAT(quoted.values, ElementsAre("\\\"" + kText + "\\\"\\010"));
  EXPECT_THAT(quoted.clues, ElementsAre(observation::Clue::kValueQuoted));
  EXPECT_EQ(ObserveFirst({.status = 503, .body = kText}).vote, Vote::kDisagree);
}

TEST_F(HttpSuite, ASlowServerIsNoNo) {
  const Observation seen = ObserveFirst({.stalls = true}, absl::Milliseconds(500));
  EXPECT_EQ(seen.outcome, Outcome::kTimeout);
  EXPECT_EQ(seen.vote, Vote::kCouldNotTell);
}

TEST_F(HttpSuite, ReportsOnceThoughCancelledOrShutDown) {
  Host(kHost, {stack_->Address(kFirst)});
  first_->Answer(kPath, {.stalls = true});
  std::future<Report> cancelled = Start();
  pool_->Cancel("check");
  EXPECT_EQ(cancelled.get().failure, "the check was cancelled");
  std::future<Report> interrupted = Start();
  pool_.reset();
  EXPECT_EQ(interrupted.get().failure, "the worker is shutting down");
}

}  // namespace
}  // namespace probe
