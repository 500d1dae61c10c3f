// Whole checks against real servers: Knot as root, customers and delegation zone, Unbound as
// resolver, and beside it a resolver that only counts who asks.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/deadline.h"
#include "base/random.h"
#include "base/testing/status_matchers.h"
#include "lab/dns_tree.h"
#include "lab/misbehaving_dns.h"
#include "lab/stack.h"
#include "lab/unbound.h"
#include "probe/resolver/resolver_pool.h"

namespace probe {
namespace {

using ::base::testing::IsOk;
using ::base::testing::StatusIs;
using observation::Observation;
using observation::Outcome;
using observation::RecordType;
using observation::Scope;
using observation::ServerRole;
using observation::Vote;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Last octets, of nobody else in the lab.
constexpr int kCountingHost = 61;
constexpr int kSilentHost = 62;

class ResolverSuite : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    stack_ = *lab::Stack::Claim();
    auto tree = lab::DnsTree::Start(*stack_, {});
    ASSERT_THAT(tree, IsOk());
    tree_ = *std::move(tree);
    auto unbound =
        lab::Unbound::Start(*stack_, {.name = "unbound",
                                      .address = stack_->Address(lab::host::kResolverAlpha),
                                      .stubs = tree_->Stubs()});
    ASSERT_THAT(unbound, IsOk());
    unbound_ = *std::move(unbound);
  }
  static void TearDownTestSuite() {
    unbound_.reset();
    tree_.reset();
    stack_.reset();
  }

  ResolverSuite() {
    // Each test has a name of its own, so that none sees what another one left there or in caches.
    zone_ = tree_->customer_zones().front();
    name_ = absl::StrFormat("_token%d.%s", next_name_++, zone_);
    counting_ = *lab::MisbehavingDns::Start(stack_->Address(kCountingHost));
    pool_ = *MakePool(Options());
  }

  ResolverPool::Options Options() const {
    return {.roots = {{"ns1.test", stack_->Address(lab::host::kRoot)}},
            .resolvers = {{"unbound", unbound_->address(), lab::kDnsPort},
                          {"counting", stack_->Address(kCountingHost), counting_->port()}},
            .authoritative_port = lab::kDnsPort,
            .allowed_private_ranges = {"127.0.0.0/8"},
            .query_timeout = absl::Milliseconds(600)};
  }
  absl::StatusOr<std::unique_ptr<ResolverPool>> MakePool(ResolverPool::Options options) {
    return ResolverPool::Create(std::move(options), base::SystemClock(), base::SystemRandom(),
                                metrics_);
  }

  std::future<Report> Start(Check check) {
    if (check.id.empty()) check.id = "check" + std::to_string(next_check_++);
    if (check.timeout == absl::ZeroDuration()) check.timeout = absl::Seconds(20);
    auto promise = std::make_shared<std::promise<Report>>();
    std::future<Report> report = promise->get_future();
    pool_->Start(std::move(check), [promise](Report done) { promise->set_value(std::move(done)); });
    return report;
  }
  std::vector<Observation> Observe(Check check) {
    Report report = Start(std::move(check)).get();
    EXPECT_THAT(report.failure, IsEmpty());
    return std::move(report.observations);
  }
  Check TokenCheck(Scope scope = Scope::kAuthoritative) const {
    return {.name = name_, .scope = scope, .expected_values = {"token"}};
  }

  void UpdateFirst(const std::string& line) {
    ASSERT_THAT(tree_->customer_first().Update(zone_, tree_->customer_key().name, {line}), IsOk());
  }
  void UpdateSecond(const std::string& line) {
    ASSERT_THAT(tree_->customer_second().Update(zone_, tree_->customer_key().name, {line}), IsOk());
  }
  void UpdateBoth(const std::string& line) {
    UpdateFirst(line);
    UpdateSecond(line);
  }

  // Stopping a process takes effect a moment after the signal, so this asks until it is silent.
  void PauseSecond() {
    ASSERT_THAT(tree_->customer_second().Pause(), IsOk());
    const base::Deadline deadline = base::Deadline::After(absl::Seconds(10));
    const Check look{.name = "silence." + zone_, .timeout = absl::Milliseconds(100)};
    Outcome outcome = Outcome::kMatch;
    while (outcome != Outcome::kNotAsked && !deadline.Expired()) {
      const std::vector<Observation> observations = Start(look).get().observations;
      if (observations.size() == 2) outcome = observations[1].outcome;
    }
    ASSERT_EQ(outcome, Outcome::kNotAsked);
  }

  static std::vector<Outcome> Outcomes(const std::vector<Observation>& observations) {
    std::vector<Outcome> outcomes;
    for (const Observation& each : observations) outcomes.push_back(each.outcome);
    return outcomes;
  }
  static std::vector<Vote> Votes(const std::vector<Observation>& observations) {
    std::vector<Vote> votes;
    for (const Observation& each : observations) votes.push_back(each.vote);
    return votes;
  }
  // How many questions about `name` the counting resolver got.
  int CountAsked(const std::string& name) const { return counting_->Count("udp " + name + " TXT"); }

  static std::unique_ptr<lab::Stack> stack_;
  static std::unique_ptr<lab::DnsTree> tree_;
  static std::unique_ptr<lab::Unbound> unbound_;
  static int next_name_;

  std::string zone_;
  std::string name_;
  int next_check_ = 0;
  base::Metrics metrics_;
  std::unique_ptr<lab::MisbehavingDns> counting_;
  std::unique_ptr<ResolverPool> pool_;
};

std::unique_ptr<lab::Stack> ResolverSuite::stack_;
std::unique_ptr<lab::DnsTree> ResolverSuite::tree_;
std::unique_ptr<lab::Unbound> ResolverSuite::unbound_;
int ResolverSuite::next_name_ = 0;

TEST_F(ResolverSuite, AsksNoResolverBeforeEveryNameserverAgrees) {
  counting_->Answer(name_, "TXT", {.answers = {name_ + ". 60 IN TXT token"}});
  const Check check = TokenCheck(Scope::kAuthoritativeThenRecursive);

  EXPECT_THAT(Outcomes(Observe(check)), ElementsAre(Outcome::kNoSuchName, Outcome::kNoSuchName));
  UpdateFirst("add " + name_ + ". 60 TXT token");
  EXPECT_EQ(Votes(Observe(check)), (std::vector{Vote::kAgree, Vote::kDisagree}));
  UpdateSecond("add " + name_ + ". 60 TXT other");
  EXPECT_EQ(Votes(Observe(check)), (std::vector{Vote::kAgree, Vote::kDisagree}));
  EXPECT_EQ(CountAsked(name_), 0);

  UpdateSecond("add " + name_ + ". 60 TXT token");
  const std::vector<Observation> agreed = Observe(check);
  EXPECT_THAT(Outcomes(agreed),
              ElementsAre(Outcome::kMatch, Outcome::kMatch, Outcome::kMatch, Outcome::kMatch));
  EXPECT_EQ(CountAsked(name_), 1);
  // Unbound had not been asked too early either, or it would still say no.
  EXPECT_EQ(agreed[2].server, "unbound");
  EXPECT_EQ(agreed[2].role, ServerRole::kRecursive);
}

TEST_F(ResolverSuite, TellsWhichNameserverOfWhichZoneSaidWhat) {
  UpdateFirst("add " + name_ + ". 60 TXT token");
  const std::vector<Observation> observations = Observe(TokenCheck());
  ASSERT_THAT(observations, SizeIs(2));
  EXPECT_EQ(observations[0].server, "ns1." + zone_);
  EXPECT_EQ(observations[0].address, tree_->customer_first().address());
  EXPECT_EQ(observations[0].zone, zone_);
  EXPECT_EQ(observations[0].owner, name_);
  EXPECT_THAT(observations[0].values, ElementsAre("token"));
  EXPECT_EQ(observations[0].ttl, absl::Seconds(60));
  EXPECT_EQ(observations[1].server, "ns2." + zone_);
  EXPECT_EQ(observations[1].vote, Vote::kDisagree);
  EXPECT_EQ(observations[1].negative_ttl, absl::Seconds(5));
  EXPECT_TRUE(observations[1].soa_serial.has_value());
  EXPECT_THAT(metrics_.Render(), HasSubstr("padlock_probe_observations_total"));
}

TEST_F(ResolverSuite, TellsNoDataFromNoSuchName) {
  UpdateBoth("add " + name_ + ". 60 A 192.0.2.1");
  EXPECT_THAT(Outcomes(Observe(TokenCheck())), ElementsAre(Outcome::kNoData, Outcome::kNoData));
}

TEST_F(ResolverSuite, FollowsACnameIntoAnotherZoneAlongItsNameservers) {
  const std::string target = "followed." + name_ + "." + lab::kDelegationZone;
  UpdateBoth("add " + name_ + ". 60 CNAME " + target + ".");
  ASSERT_THAT(tree_->delegation_primary().Update(lab::kDelegationZone, tree_->delegation_key().name,
                                                 {"add " + target + ". 0 TXT token"}),
              IsOk());
  ASSERT_THAT(tree_->delegation_secondary().Refresh(lab::kDelegationZone), IsOk());
  const std::vector<Observation> observations = Observe(TokenCheck());
  EXPECT_THAT(Outcomes(observations), ElementsAre(Outcome::kMatch, Outcome::kMatch));
  for (const Observation& each : observations) {
    EXPECT_EQ(each.zone, lab::kDelegationZone);
    EXPECT_EQ(each.owner, target);
    EXPECT_THAT(each.cname_chain, ElementsAre(target));
  }
}

TEST_F(ResolverSuite, ReportsTheNameserverThatLacksTheCname) {
  UpdateFirst("add " + name_ + ". 60 CNAME nowhere." + lab::kDelegationZone + ".");
  const std::vector<Observation> observations = Observe(TokenCheck());
  ASSERT_THAT(observations, SizeIs(4));  // both customers' servers, then both of the target's zone
  EXPECT_EQ(observations[0].vote, Vote::kAgree);
  EXPECT_EQ(observations[1].vote, Vote::kDisagree);
  EXPECT_EQ(observations[1].zone, zone_);
  EXPECT_EQ(observations[2].zone, lab::kDelegationZone);
  EXPECT_EQ(observations[2].negative_ttl, absl::Seconds(1));
}

TEST_F(ResolverSuite, ComparesACnameWithItsTarget) {
  UpdateBoth("add " + name_ + ". 60 CNAME Target.example.");
  Check check{.name = name_, .type = RecordType::kCname, .expected_values = {"target.example"}};
  EXPECT_THAT(Outcomes(Observe(check)), ElementsAre(Outcome::kMatch, Outcome::kMatch));
  check.expected_values = {"other.example"};
  EXPECT_THAT(Outcomes(Observe(check)), ElementsAre(Outcome::kMismatch, Outcome::kMismatch));
}

TEST_F(ResolverSuite, ATxtWhereTheCnameShouldBeIsNoCname) {
  UpdateBoth("add " + name_ + ". 60 TXT target.example");
  const Check check{
      .name = name_, .type = RecordType::kCname, .expected_values = {"target.example"}};
  EXPECT_THAT(Outcomes(Observe(check)), ElementsAre(Outcome::kNoData, Outcome::kNoData));
}

TEST_F(ResolverSuite, NamesACnameThatLeadsInCircles) {
  UpdateBoth("add " + name_ + ". 60 CNAME b." + name_ + ".");
  UpdateBoth("add b." + name_ + ". 60 CNAME " + name_ + ".");
  EXPECT_THAT(Outcomes(Observe(TokenCheck())),
              ElementsAre(Outcome::kCnameLoop, Outcome::kCnameLoop));
}

TEST_F(ResolverSuite, ReadsAnswersThatAreTooLargeForUdp) {
  std::vector<std::string> lines = {"add " + name_ + ". 60 TXT token"};
  for (int i = 0; i < 30; ++i) {
    lines.push_back(absl::StrFormat("add %s. 60 TXT %02d%s", name_, i, std::string(60, 'x')));
  }
  for (lab::Knot* knot : {&tree_->customer_first(), &tree_->customer_second()}) {
    ASSERT_THAT(knot->Update(zone_, tree_->customer_key().name, lines), IsOk());
  }
  for (const Observation& each : Observe(TokenCheck())) {
    EXPECT_EQ(each.outcome, Outcome::kMatch);
    EXPECT_TRUE(each.over_tcp);
    EXPECT_THAT(each.values, SizeIs(16));
  }
}

TEST_F(ResolverSuite, ASilentOrDeadNameserverCouldNotTellAndIsExcusedByItsSibling) {
  UpdateBoth("add " + name_ + ". 60 TXT token");
  PauseSecond();
  const std::vector<Observation> silent = Observe(TokenCheck(Scope::kAuthoritativeThenRecursive));
  ASSERT_THAT(tree_->customer_second().Resume(), IsOk());
  ASSERT_GE(silent.size(), 2U);
  EXPECT_EQ(silent[0].outcome, Outcome::kMatch);
  EXPECT_EQ(silent[1].outcome, Outcome::kTimeout);
  EXPECT_EQ(silent[1].vote, Vote::kCouldNotTell);
  EXPECT_GT(CountAsked(name_), 0);

  tree_->customer_second().Kill();
  const std::vector<Observation> dead = Observe(TokenCheck());
  ASSERT_THAT(tree_->customer_second().Resume(), IsOk());
  EXPECT_THAT(Outcomes(dead), ElementsAre(Outcome::kMatch, Outcome::kUnreachable));
  EXPECT_EQ(dead[1].vote, Vote::kCouldNotTell);
}

TEST_F(ResolverSuite, ReportsWhatItHasWhenTheChecksTimeIsOver) {
  UpdateBoth("add " + name_ + ". 60 TXT token");
  EXPECT_THAT(Outcomes(Observe(TokenCheck())), ElementsAre(Outcome::kMatch, Outcome::kMatch));
  PauseSecond();
  Check check = TokenCheck();
  check.timeout = absl::Milliseconds(200);
  const std::vector<Observation> observations = Observe(check);
  ASSERT_THAT(tree_->customer_second().Resume(), IsOk());
  EXPECT_THAT(Outcomes(observations), ElementsAre(Outcome::kMatch, Outcome::kNotAsked));
  EXPECT_THAT(observations[1].note, HasSubstr("time was over"));
}

TEST_F(ResolverSuite, SaysThatNoNameserverWasFoundInTime) {
  const auto root = *lab::MisbehavingDns::Start(stack_->Address(kSilentHost), lab::kDnsPort);
  root->Answer(name_, "NS", {.trick = lab::Trick::kDrop});
  ResolverPool::Options options = Options();
  options.roots = {{"ns1.test", stack_->Address(kSilentHost)}};
  pool_ = *MakePool(options);
  Check check = TokenCheck();
  check.timeout = absl::Milliseconds(100);
  const Report report = Start(check).get();
  EXPECT_THAT(report.failure, HasSubstr("were not found in the check's time"));
  EXPECT_THAT(report.observations, IsEmpty());
}

TEST_F(ResolverSuite, APlainLookAsksAllAtOnce) {
  counting_->Answer(name_, "TXT", {.trick = lab::Trick::kDrop});
  const std::vector<Observation> observations =
      Observe({.name = name_, .scope = Scope::kAllAtOnce});
  EXPECT_THAT(Outcomes(observations), ElementsAre(Outcome::kNoSuchName, Outcome::kNoSuchName,
                                                  Outcome::kNoSuchName, Outcome::kTimeout));
  EXPECT_GE(CountAsked(name_), 1);
}

TEST_F(ResolverSuite, AsksNoAddressOutsideTheAllowedRanges) {
  ResolverPool::Options options = Options();
  options.allowed_private_ranges = {stack_->Address(lab::host::kRoot),
                                    stack_->Address(lab::host::kCustomerFirst)};
  pool_ = *MakePool(options);
  UpdateBoth("add " + name_ + ". 60 TXT token");
  const std::vector<Observation> observations = Observe(TokenCheck());
  EXPECT_THAT(Outcomes(observations), ElementsAre(Outcome::kMatch, Outcome::kNotAsked));
  EXPECT_THAT(observations[1].note, HasSubstr("not a public one"));
}

TEST_F(ResolverSuite, ReportsEveryCheckExactlyOnceThoughCancelledOrShutDown) {
  counting_->Answer(name_, "TXT", {.trick = lab::Trick::kDrop});
  Check slow{.id = "slow", .name = name_, .scope = Scope::kAllAtOnce};
  std::future<Report> cancelled = Start(slow);
  pool_->Cancel("slow");
  EXPECT_EQ(cancelled.get().failure, "the check was cancelled");
  std::future<Report> interrupted = Start(slow);
  pool_.reset();
  EXPECT_EQ(interrupted.get().failure, "the worker is shutting down");
}

TEST_F(ResolverSuite, HoldsNoMoreChecksThanItsCapacity) {
  ResolverPool::Options options = Options();
  options.capacity = 1;
  pool_ = *MakePool(options);
  counting_->Answer(name_, "TXT", {.trick = lab::Trick::kDrop});
  std::future<Report> first = Start({.name = name_, .scope = Scope::kAllAtOnce});
  EXPECT_THAT(Start(TokenCheck()).get().failure, HasSubstr("as many checks as it may"));
  EXPECT_THAT(first.get().failure, IsEmpty());
}

TEST_F(ResolverSuite, RefusesWhatItCannotDo) {
  EXPECT_THAT(Start({.name = "a..b"}).get().failure, HasSubstr("not a domain name"));
  EXPECT_THAT(Start({.name = zone_, .type = RecordType::kHttp}).get().failure,
              HasSubstr("one key authorization"));
  ResolverPool::Options options = Options();
  options.roots = {{"root", "not an address"}};
  EXPECT_THAT(MakePool(options), StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace probe
