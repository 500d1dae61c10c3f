// What real nameservers do that is not simply yes or no, told apart by whole checks: Knot as root
// and customers', each test with a zone of its own whose two servers start with the same serial.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/random.h"
#include "base/testing/status_matchers.h"
#include "lab/dns_tree.h"
#include "lab/misbehaving_dns.h"
#include "lab/stack.h"
#include "probe/resolver/resolver_pool.h"

namespace probe {
namespace {

using ::base::testing::IsOk;
using observation::Clue;
using observation::Observation;
using observation::Outcome;
using observation::RecordType;
using observation::Vote;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr int kZones = 16;    // more than there are tests
constexpr int kOddHost = 63;  // last octet, of nobody else in the lab

class OutcomesSuite : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    stack_ = *lab::Stack::Claim();
    std::vector<std::string> zones;
    for (int i = 0; i < kZones; ++i) zones.push_back(absl::StrFormat("outcomes%d.test", i));
    auto tree = lab::DnsTree::Start(*stack_, {.customer_zones = zones});
    ASSERT_THAT(tree, IsOk());
    tree_ = *std::move(tree);
  }
  static void TearDownTestSuite() {
    tree_.reset();
    stack_.reset();
  }

  OutcomesSuite() {
    zone_ = tree_->customer_zones().at(next_zone_++);
    elsewhere_ = tree_->customer_zones().back();
    name_ = "_token." + zone_;
    pool_ = *ResolverPool::Create({.roots = {{"ns1.test", stack_->Address(lab::host::kRoot)}},
                                   .authoritative_port = lab::kDnsPort,
                                   .allowed_private_ranges = {"127.0.0.0/8"},
                                   .query_timeout = absl::Milliseconds(600)},
                                  base::SystemClock(), base::SystemRandom(), metrics_);
  }

  std::vector<Observation> Observe(Check check) {
    check.id = "check";
    check.timeout = absl::Seconds(20);
    std::promise<Report> promise;
    pool_->Start(std::move(check), [&](Report done) { promise.set_value(std::move(done)); });
    Report report = promise.get_future().get();
    EXPECT_THAT(report.failure, IsEmpty());
    return std::move(report.observations);
  }
  std::vector<Observation> ObserveToken(const std::string& name) {
    return Observe({.name = name, .expected_values = {"token-expected"}});
  }
  std::vector<Observation> ObserveCaa(const std::string& name) {
    return Observe(
        {.name = name,
         .type = RecordType::kCaa,
         .caa = CaaExpectation{.issuer_domains = {"ca.example"}, .validation_method = "dns-01"}});
  }

  void Update(const lab::Knot& knot, const std::string& zone, const std::string& line) const {
    ASSERT_THAT(knot.Update(zone, tree_->customer_key().name, {line}), IsOk());
  }
  void UpdateFirst(const std::string& line) const { Update(tree_->customer_first(), zone_, line); }
  void UpdateSecond(const std::string& line) const {
    Update(tree_->customer_second(), zone_, line);
  }
  void UpdateBoth(const std::string& line) const {
    UpdateFirst(line);
    UpdateSecond(line);
  }
  void UpdateParent(const std::string& line) const { Update(tree_->root(), "test", line); }

  static std::vector<Outcome> Outcomes(const std::vector<Observation>& observations) {
    std::vector<Outcome> outcomes;
    for (const Observation& each : observations) outcomes.push_back(each.outcome);
    return outcomes;
  }

  static std::unique_ptr<lab::Stack> stack_;
  static std::unique_ptr<lab::DnsTree> tree_;
  static std::size_t next_zone_;

  std::string zone_;
  std::string elsewhere_;  // a zone of no test
  std::string name_;
  base::Metrics metrics_;
  std::unique_ptr<ResolverPool> pool_;
};

std::unique_ptr<lab::Stack> OutcomesSuite::stack_;
std::unique_ptr<lab::DnsTree> OutcomesSuite::tree_;
std::size_t OutcomesSuite::next_zone_ = 0;

TEST_F(OutcomesSuite, AServerWithAnOlderZoneIsStale) {
  UpdateFirst("add " + name_ + ". 60 TXT token-expected");
  const std::vector<Observation> seen = ObserveToken(name_);
  EXPECT_THAT(Outcomes(seen), ElementsAre(Outcome::kMatch, Outcome::kStale));
  EXPECT_EQ(*seen[0].soa_serial, *seen[1].soa_serial + 1);
  EXPECT_EQ(seen[1].cache_expire_time, seen[1].observe_time + absl::Seconds(5));
}

TEST_F(OutcomesSuite, ServersWithTheSameSerialThatDifferAreASplitView) {
  UpdateFirst("add " + name_ + ". 60 TXT token-expected");
  UpdateSecond("add other." + name_ + ". 60 TXT token-expected");
  const std::vector<Observation> seen = ObserveToken(name_);
  EXPECT_THAT(Outcomes(seen), ElementsAre(Outcome::kMatch, Outcome::kNoData));
  EXPECT_THAT(seen[1].clues, ElementsAre(Clue::kSplitView));
}

TEST_F(OutcomesSuite, TellsAWildcardFromARecord) {
  UpdateBoth("add *." + zone_ + ". 60 TXT v=spf1");
  EXPECT_THAT(Outcomes(ObserveToken(name_)), Each(Outcome::kWildcardSynthesis));
  UpdateBoth("add " + name_ + ". 60 TXT another");
  EXPECT_THAT(Outcomes(ObserveToken(name_)), Each(Outcome::kMismatch));
}

TEST_F(OutcomesSuite, NamesTheWildcardCnameThatLedElsewhere) {
  UpdateBoth("add *." + zone_ + ". 60 CNAME parking." + elsewhere_ + ".");
  const std::vector<Observation> seen = ObserveToken(name_);
  EXPECT_THAT(Outcomes(seen),
              ElementsAre(Outcome::kWildcardSynthesis, Outcome::kWildcardSynthesis));
  EXPECT_THAT(seen[0].note, HasSubstr("the CNAME at " + name_));
}

TEST_F(OutcomesSuite, FindsTheRecordToWhichTheZoneWasAppended) {
  UpdateBoth("add " + name_ + "." + zone_ + ". 60 TXT token-expected");
  const std::vector<Observation> seen = ObserveToken(name_);
  EXPECT_THAT(Outcomes(seen), ElementsAre(Outcome::kNoSuchName, Outcome::kNoSuchName));
  EXPECT_THAT(seen[0].clues, ElementsAre(Clue::kZoneAppended));
}

TEST_F(OutcomesSuite, SaysHowAValueDiffers) {
  const std::pair<const char*, Clue> cases[] = {
      {"\"\\\"token-expected\\\"\"", Clue::kValueQuoted},
      {"\"token-expec\"", Clue::kValueCut},
      {"\"token-expected \"", Clue::kValueSpaced},
      {"\"Token-Expected\"", Clue::kValueCase},
  };
  for (const auto& [value, clue] : cases) {
    UpdateBoth("del " + name_ + ". TXT");
    UpdateBoth("add " + name_ + ". 60 TXT " + value);
    for (const Observation& each : ObserveToken(name_)) {
      EXPECT_EQ(each.outcome, Outcome::kMismatch) << value;
      EXPECT_THAT(each.clues, ElementsAre(clue)) << value;
      EXPECT_EQ(each.cache_expire_time, each.observe_time + absl::Seconds(60));
    }
  }
}

TEST_F(OutcomesSuite, JoinsTheStringsOfARecordAndShowsWhatStandsBesideIt) {
  UpdateBoth("add " + name_ + ". 60 TXT \"token\" \"-exp\" \"ected\"");
  for (const Observation& each : ObserveToken(name_)) {
    EXPECT_EQ(each.outcome, Outcome::kMatch);
    EXPECT_THAT(each.clues, IsEmpty());
  }
  UpdateBoth("add " + name_ + ". 60 TXT \"token-of-yesterday\"");
  for (const Observation& each : ObserveToken(name_)) {
    EXPECT_EQ(each.outcome, Outcome::kMatch);
    EXPECT_THAT(each.clues, ElementsAre(Clue::kOtherValues));
  }
}

TEST_F(OutcomesSuite, FollowsADname) {
  UpdateBoth("add moved." + zone_ + ". 60 DNAME " + elsewhere_ + ".");
  for (const lab::Knot* knot : {&tree_->customer_first(), &tree_->customer_second()}) {
    Update(*knot, elsewhere_, "add _dname." + elsewhere_ + ". 60 TXT token-expected");
  }
  const std::vector<Observation> seen = ObserveToken("_dname.moved." + zone_);
  EXPECT_THAT(Outcomes(seen), ElementsAre(Outcome::kMatch, Outcome::kMatch));
  EXPECT_EQ(seen[0].owner, "_dname." + elsewhere_);
  EXPECT_EQ(seen[0].zone, elsewhere_);
}

TEST_F(OutcomesSuite, ADnameThatMakesATooLongNameIsANo) {
  std::string target = zone_ + ".";
  for (int i = 0; i < 3; ++i) target = std::string(60, 'x') + "." + target;
  UpdateBoth("add moved." + zone_ + ". 60 DNAME " + target);
  const std::string name = std::string(60, 'y') + ".moved." + zone_;
  for (const Observation& each : ObserveToken(name)) {
    EXPECT_EQ(each.outcome, Outcome::kNoSuchName);
    EXPECT_THAT(each.note, HasSubstr("255 octets"));
  }
}

TEST_F(OutcomesSuite, LearnsAChangedDelegationWithinTheCheckThatDisagrees) {
  UpdateBoth("add " + name_ + ". 60 TXT token-expected");
  EXPECT_THAT(Outcomes(ObserveToken(name_)), ElementsAre(Outcome::kMatch, Outcome::kMatch));
  // The second server is taken out of parent and child, and falls behind.
  UpdateParent("del " + zone_ + ". NS ns2." + zone_ + ".");
  UpdateFirst("del " + zone_ + ". NS ns2." + zone_ + ".");
  UpdateFirst("add " + name_ + ". 60 TXT new-token");
  const std::vector<Observation> seen = Observe({.name = name_, .expected_values = {"new-token"}});
  EXPECT_THAT(Outcomes(seen), ElementsAre(Outcome::kMatch));
  EXPECT_EQ(seen[0].address, tree_->customer_first().address());
}

TEST_F(OutcomesSuite, ShowsThatParentAndChildDiffer) {
  UpdateBoth("add " + name_ + ". 60 TXT token-expected");
  UpdateParent("del " + zone_ + ". NS ns2." + zone_ + ".");
  const std::vector<Observation> seen = ObserveToken(name_);
  EXPECT_THAT(Outcomes(seen), ElementsAre(Outcome::kMatch, Outcome::kMatch));
  for (const Observation& each : seen) EXPECT_THAT(each.clues, ElementsAre(Clue::kParentDiffers));
}

TEST_F(OutcomesSuite, AServerOfTheZoneAboveIsLame) {
  UpdateBoth("add " + name_ + ". 60 TXT token-expected");
  UpdateBoth("add ns3." + zone_ + ". 60 A " + stack_->Address(kOddHost));
  UpdateParent("add ns3." + zone_ + ". 60 A " + stack_->Address(kOddHost));
  UpdateBoth("add " + zone_ + ". 60 NS ns3." + zone_ + ".");
  UpdateParent("add " + zone_ + ". 60 NS ns3." + zone_ + ".");
  const auto odd = *lab::MisbehavingDns::Start(stack_->Address(kOddHost), lab::kDnsPort);
  odd->Answer(name_, "TXT",
              {.rcode = 3, .authority = {"test. 60 IN SOA ns1.test. h.test. 1 60 60 3600 5"}});
  const std::vector<Observation> seen = ObserveToken(name_);
  ASSERT_THAT(seen, SizeIs(3));
  EXPECT_THAT(Outcomes(seen),
              ::testing::UnorderedElementsAre(Outcome::kMatch, Outcome::kMatch, Outcome::kLame));
}

TEST_F(OutcomesSuite, ClimbsToTheCaaRecordsOfTheDomain) {
  const std::string name = "a.www." + zone_;
  const std::vector<Observation> none = ObserveCaa(name);
  EXPECT_THAT(none, Each(::testing::Field(&Observation::vote, Vote::kAgree)));
  EXPECT_THAT(none[0].note, HasSubstr("any CA may issue"));

  UpdateBoth("add " + zone_ + ". 60 CAA 0 issue \"ca.example; validationmethods=dns-01\"");
  const std::vector<Observation> ours = ObserveCaa(name);
  ASSERT_THAT(ours, SizeIs(4));
  EXPECT_EQ(ours[3].owner, zone_);
  EXPECT_EQ(ours[3].outcome, Outcome::kMatch);
  EXPECT_THAT(ours[3].values, ElementsAre("0 issue \"ca.example; validationmethods=dns-01\""));

  UpdateBoth("add www." + zone_ + ". 60 CAA 128 tbs \"unknown\"");
  const std::vector<Observation> forbidden = ObserveCaa(name);
  ASSERT_THAT(forbidden, SizeIs(4));
  EXPECT_EQ(forbidden[3].owner, "www." + zone_);
  EXPECT_EQ(forbidden[3].vote, Vote::kDisagree);
}

}  // namespace
}  // namespace probe
