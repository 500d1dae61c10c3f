// DNSSEC with real servers: Knot signs, and serves what was changed after signing; Unbound
// validates or does not.
//
//   safe.test     .63   as Knot has signed it
//   broken.test   .64   a copy whose records were changed, so that their signatures are wrong
//   hollow.test   .64   a copy of which only the SOA was: all that it has holds, all that it denies
//                       does not
//
// The lab's root is not signed: these zones are trust anchors of the validating resolvers.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "base/random.h"
#include "base/testing/status_matchers.h"
#include "lab/dns_tree.h"
#include "lab/misbehaving_dns.h"
#include "lab/stack.h"
#include "lab/unbound.h"
#include "lab/web_server.h"
#include "probe/resolver/resolver_pool.h"

namespace probe {
namespace {

using ::base::testing::IsOk;
using observation::Observation;
using observation::Outcome;
using observation::RecordType;
using observation::Scope;
using observation::ServerRole;
using observation::Vote;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Last octets, of nobody else in the lab.
constexpr int kSignerHost = 63;
constexpr int kBrokenHost = 64;
constexpr int kCountingHost = 61;

constexpr char kSafe[] = "safe.test";
constexpr char kBroken[] = "broken.test";
constexpr char kHollow[] = "hollow.test";
constexpr char kUnsigned[] = "shop.test";

constexpr char kElsewhere[] = "192.0.2.1";  // where www.broken.test was when it was signed

std::string ZoneText(const std::string& zone, const std::string& address) {
  return absl::StrFormat(
      "%1$s. 60 SOA ns1.%1$s. hostmaster.%1$s. 1 60 60 3600 5\n"
      "%1$s. 60 NS ns1.%1$s.\n"
      "ns1.%1$s. 60 A %2$s\n"
      "token.%1$s. 60 TXT \"before\"\n"
      "alias.%1$s. 60 CNAME before.test.\n"
      "%1$s. 60 CAA 0 issue \"before.test\"\n"
      "link.%1$s. 60 CNAME token.broken.test.\n"
      "www.%1$s. 60 A %3$s\n",
      zone, address, zone == kBroken ? kElsewhere : address);
}

std::string HollowText(const std::string& address) {
  return absl::StrFormat(
      "hollow.test. 60 SOA ns1.hollow.test. before. 1 60 60 60 5\n"
      "hollow.test. 60 NS ns1.hollow.test.\n"
      "ns1.hollow.test. 60 A %s\n"
      "hollow.test. 60 TXT token\n",
      address);
}

class DnssecSuite : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    stack_ = *lab::Stack::Claim();
    auto tree = lab::DnsTree::Start(*stack_, {});
    ASSERT_THAT(tree, IsOk());
    tree_ = *std::move(tree);
    StartSigner();
    StartBroken();
    StartResolvers();
  }
  static void TearDownTestSuite() {
    plain_.reset();
    telling_.reset();
    validating_.reset();
    broken_.reset();
    signer_.reset();
    tree_.reset();
    stack_.reset();
  }

  static std::string SignerAddress() { return stack_->Address(kSignerHost); }
  static std::string BrokenAddress() { return stack_->Address(kBrokenHost); }

  static void StartSigner() {
    auto signer = lab::Knot::Start(
        *stack_,
        {.name = "knot-signer",
         .address = SignerAddress(),
         .zones = {{.name = kSafe, .text = ZoneText(kSafe, SignerAddress()), .is_signed = true},
                   {.name = kBroken, .text = ZoneText(kBroken, BrokenAddress()), .is_signed = true},
                   {.name = kHollow, .text = HollowText(BrokenAddress()), .is_signed = true}}});
    ASSERT_THAT(signer, IsOk());
    signer_ = *std::move(signer);
    Delegate(kSafe, SignerAddress());
    Delegate(kBroken, BrokenAddress());
    Delegate(kHollow, BrokenAddress());
  }
  static void Delegate(const std::string& zone, const std::string& address) {
    ASSERT_THAT(tree_->root().Update("test", tree_->customer_key().name,
                                     {absl::StrFormat("add %1$s. 60 NS ns1.%1$s.", zone),
                                      absl::StrFormat("add ns1.%s. 60 A %s", zone, address)}),
                IsOk());
  }
  // The same zone, as if somebody had changed its records behind the signer's back.
  static void StartBroken() {
    std::vector<lab::Zone> zones;
    for (const char* zone : {kBroken, kHollow}) {
      const auto text = signer_->ReadZone(zone);
      ASSERT_THAT(text, IsOk());
      const std::string changed = absl::StrReplaceAll(*text, {{"\"before\"", "\"token\""},
                                                              {"before.test", "after.test"},
                                                              {" before. ", " after. "},
                                                              {kElsewhere, SignerAddress()}});
      ASSERT_NE(changed, *text);
      zones.push_back({.name = zone, .text = changed});
    }
    auto broken = lab::Knot::Start(
        *stack_, {.name = "knot-broken", .address = BrokenAddress(), .zones = std::move(zones)});
    ASSERT_THAT(broken, IsOk());
    broken_ = *std::move(broken);
  }
  static void StartResolvers() {
    std::vector<std::string> anchors;
    for (const char* zone : {kSafe, kBroken, kHollow}) {
      const auto signers = signer_->DelegationSigners(zone);
      ASSERT_THAT(signers, IsOk());
      anchors.insert(anchors.end(), signers->begin(), signers->end());
    }
    validating_ = StartUnbound("validating", lab::host::kResolverAlpha, anchors, false);
    telling_ = StartUnbound("telling", lab::host::kResolverBeta, anchors, true);
    plain_ = StartUnbound("plain", lab::host::kResolverGamma, {}, false);
  }
  static std::unique_ptr<lab::Unbound> StartUnbound(const std::string& name, int host,
                                                    std::vector<std::string> anchors,
                                                    bool tells_errors) {
    std::vector<lab::Stub> stubs = tree_->Stubs();
    stubs.push_back({.zone = kSafe, .addresses = {SignerAddress()}});
    stubs.push_back({.zone = kBroken, .addresses = {BrokenAddress()}});
    stubs.push_back({.zone = kHollow, .addresses = {BrokenAddress()}});
    auto unbound = lab::Unbound::Start(*stack_, {.name = "unbound-" + name,
                                                 .address = stack_->Address(host),
                                                 .stubs = std::move(stubs),
                                                 .trust_anchors = std::move(anchors),
                                                 .tells_errors = tells_errors});
    EXPECT_THAT(unbound, IsOk());
    return *std::move(unbound);
  }

  static ResolverPool::Resolver Of(const std::string& name, const lab::Unbound& unbound) {
    return {.name = name, .address = unbound.address(), .port = lab::kDnsPort};
  }
  ResolverPool::Options Options() const {
    return {.roots = {{"ns1.test", stack_->Address(lab::host::kRoot)}},
            .resolvers = {Of("validating", *validating_), Of("telling", *telling_),
                          Of("plain", *plain_)},
            .authoritative_port = lab::kDnsPort,
            .allowed_private_ranges = {"127.0.0.0/8"},
            .query_timeout = absl::Seconds(2),
            .threads = 1,
            .watch = {.question = {*DnsName::Parse(kSafe), RrType::kSoa}}};
  }

  Report Look(ResolverPool& pool, Check check) {
    check.id = "check" + std::to_string(next_check_++);
    check.timeout = absl::Seconds(20);
    std::promise<Report> promise;
    pool.Start(std::move(check),
               [&promise](Report report) { promise.set_value(std::move(report)); });
    return promise.get_future().get();
  }
  std::unique_ptr<ResolverPool> MakePool(ResolverPool::Options options) {
    return *ResolverPool::Create(std::move(options), base::SystemClock(), base::SystemRandom(),
                                 metrics_);
  }
  // What the resolvers say, after the nameservers have agreed.
  std::vector<Observation> Ask(ResolverPool& pool, Check check) {
    check.scope = Scope::kAuthoritativeThenRecursive;
    const Report report = Look(pool, std::move(check));
    EXPECT_THAT(report.failure, IsEmpty());
    std::vector<Observation> recursive;
    for (const Observation& seen : report.observations) {
      if (seen.role == ServerRole::kRecursive) {
        recursive.push_back(seen);
      } else {
        EXPECT_EQ(seen.vote, Vote::kAgree) << seen.server << ": " << seen.note;
      }
    }
    EXPECT_EQ(recursive.size(), 3U);
    return recursive;
  }
  std::vector<Observation> Ask(Check check) {
    const auto pool = MakePool(Options());
    return Ask(*pool, std::move(check));
  }

  static std::unique_ptr<lab::Stack> stack_;
  static std::unique_ptr<lab::DnsTree> tree_;
  static std::unique_ptr<lab::Knot> signer_;
  static std::unique_ptr<lab::Knot> broken_;
  static std::unique_ptr<lab::Unbound> validating_;
  static std::unique_ptr<lab::Unbound> telling_;
  static std::unique_ptr<lab::Unbound> plain_;

  base::Metrics metrics_;
  int next_check_ = 0;
};

std::unique_ptr<lab::Stack> DnssecSuite::stack_;
std::unique_ptr<lab::DnsTree> DnssecSuite::tree_;
std::unique_ptr<lab::Knot> DnssecSuite::signer_;
std::unique_ptr<lab::Knot> DnssecSuite::broken_;
std::unique_ptr<lab::Unbound> DnssecSuite::validating_;
std::unique_ptr<lab::Unbound> DnssecSuite::telling_;
std::unique_ptr<lab::Unbound> DnssecSuite::plain_;

MATCHER_P2(Is, outcome, validating, "") {
  *result_listener << observation::OutcomeName(arg.outcome) << ", rcode " << arg.rcode << ", \""
                   << arg.note << "\"";
  return arg.outcome == outcome && arg.validating == validating;
}

// Of the three resolvers: two that validate, and one that does not.
::testing::Matcher<std::vector<Observation>> IsFine() {
  return ElementsAre(Is(Outcome::kMatch, true), Is(Outcome::kMatch, true),
                     Is(Outcome::kMatch, false));
}
::testing::Matcher<std::vector<Observation>> IsBogus() {
  return ElementsAre(Is(Outcome::kBogus, true), Is(Outcome::kBogus, true),
                     Is(Outcome::kMatch, false));
}

TEST_F(DnssecSuite, AGoodSignatureIsAMatchThatWasValidated) {
  const auto seen = Ask({.name = "token.safe.test", .expected_values = {"before"}});
  EXPECT_THAT(seen, IsFine());
  EXPECT_TRUE(seen[0].authenticated_data);
  EXPECT_FALSE(seen[2].authenticated_data);
}

TEST_F(DnssecSuite, AnUnsignedZoneIsFine) {
  for (lab::Knot* knot : {&tree_->customer_first(), &tree_->customer_second()}) {
    ASSERT_THAT(
        knot->Update(kUnsigned, tree_->customer_key().name, {"add token.shop.test. 60 TXT token"}),
        IsOk());
  }
  const auto seen = Ask({.name = "token.shop.test", .expected_values = {"token"}});
  EXPECT_THAT(seen, IsFine());
  EXPECT_FALSE(seen[0].authenticated_data);
}

TEST_F(DnssecSuite, AWrongSignatureIsANoWhateverTheNameserversSay) {
  const auto seen = Ask({.name = "token.broken.test", .expected_values = {"token"}});
  ASSERT_THAT(seen, IsBogus());
  EXPECT_EQ(seen[0].vote, Vote::kDisagree);
  EXPECT_EQ(seen[0].extended_error, std::nullopt);
  EXPECT_THAT(seen[0].note, HasSubstr("DNSSEC validation fails; without it the outcome is match"));
  EXPECT_THAT(seen[0].values, ElementsAre("token"));
  EXPECT_EQ(seen[1].extended_error, 6);
  EXPECT_THAT(seen[1].note, HasSubstr("extended error 6"));
}

TEST_F(DnssecSuite, AWrongSignatureIsANoForCnameAndCaaAlike) {
  const auto alias = Ask(
      {.name = "alias.broken.test", .type = RecordType::kCname, .expected_values = {"after.test"}});
  EXPECT_THAT(alias, IsBogus());
  const auto caa = Ask({.name = kBroken, .type = RecordType::kCaa});
  EXPECT_THAT(caa, IsBogus());
}

TEST_F(DnssecSuite, AWrongSignatureBehindACnameIsANoToo) {
  const auto seen = Ask({.name = "link.safe.test", .expected_values = {"token"}});
  ASSERT_THAT(seen, IsBogus());
  EXPECT_EQ(seen[0].owner, "token.broken.test");
  EXPECT_THAT(seen[0].cname_chain, ElementsAre("token.broken.test"));
  // Nameservers alone do not tell, as when the canary of a delegation is looked at.
  const Report alone =
      Look(*MakePool(Options()), {.name = "link.safe.test", .expected_values = {"token"}});
  EXPECT_EQ(alone.observations.front().vote, Vote::kAgree);
}

// The records that allow are a name above, and hold. But a CA looks at the name itself first.
TEST_F(DnssecSuite, ADenialThatDoesNotHoldOnTheWayToCaaRecordsIsANo) {
  const auto update = [](const std::string& line) {
    ASSERT_THAT(tree_->root().Update("test", tree_->customer_key().name, {line}), IsOk());
  };
  update("add test. 5 CAA 0 issue \"ca.test\"");
  const Check check{.name = kHollow,
                    .type = RecordType::kCaa,
                    .caa = CaaExpectation{.issuer_domains = {"ca.test"}}};
  const auto seen = Ask(check);
  update("del test. CAA");
  EXPECT_THAT(seen, IsBogus());
  EXPECT_EQ(seen[0].owner, kHollow);
  EXPECT_THAT(Ask({.name = kHollow, .expected_values = {"token"}}), IsFine());
}

// Our workers find the host by its nameservers, the CA does not find it at all.
TEST_F(DnssecSuite, AnAddressThatWasChangedBehindTheSignerIsANoHoweverTheHostAnswers) {
  const std::string token = std::string(43, 'a') + "." + std::string(43, 'b');
  const std::string path = "/.well-known/acme-challenge/" + std::string(43, 'a');
  auto web = lab::WebServer::Start({.address = SignerAddress()});
  ASSERT_THAT(web, IsOk());
  (*web)->Answer(path, {.body = token});
  ResolverPool::Options options = Options();
  options.http_port = (*web)->port();
  const auto pool = MakePool(options);
  const auto ask = [&](const std::string& host) {
    return Ask(*pool, {.name = host, .type = RecordType::kHttp, .expected_values = {token}});
  };
  EXPECT_THAT(ask("www.safe.test"), IsFine());
  EXPECT_THAT(ask("www.broken.test"), IsBogus());
}

// As in a network whose root is not signed.
TEST_F(DnssecSuite, NoResolverThatWasNotSeenToValidateSaysBogus) {
  ResolverPool::Options options = Options();
  options.watch.question.name = DnsName();
  const auto pool = MakePool(options);
  const auto seen = Ask(*pool, {.name = "token.broken.test", .expected_values = {"token"}});
  EXPECT_THAT(seen, ElementsAre(Is(Outcome::kServfail, false), Is(Outcome::kServfail, false),
                                Is(Outcome::kMatch, false)));
  EXPECT_EQ(seen[0].vote, Vote::kCouldNotTell);
}

// Its answers to everything would be bogus: that is not the customers' fault.
TEST_F(DnssecSuite, AResolverWithAWrongTrustAnchorDoesNotSayBogus) {
  ResolverPool::Options options = Options();
  const std::string wrong_key(64, 'A');
  const auto astray = StartUnbound(
      "astray", lab::host::kCaResolver,
      {"safe.test. DS 1 13 2 " + wrong_key, "broken.test. DS 1 13 2 " + wrong_key}, true);
  options.resolvers[0] = Of("astray", *astray);
  const auto pool = MakePool(options);
  const auto seen = Ask(*pool, {.name = "token.safe.test", .expected_values = {"before"}});
  EXPECT_THAT(seen, ElementsAre(Is(Outcome::kServfail, false), Is(Outcome::kMatch, true),
                                Is(Outcome::kMatch, false)));
}

TEST_F(DnssecSuite, AsksAResolverThatFailsEverybodyNoMoreThanWhetherItWorks) {
  const auto failing = *lab::MisbehavingDns::Start(stack_->Address(kCountingHost));  // refuses all
  ResolverPool::Options options = Options();
  options.resolvers = {{"failing", stack_->Address(kCountingHost), failing->port()}};
  constexpr absl::Duration kNoPause = absl::Nanoseconds(1);
  options.watch.health = {
      .failures = 5, .names = 5, .backoff = {.initial = kNoPause, .cap = kNoPause}};
  const auto pool = MakePool(options);
  const auto look = [&](const std::string& name) {
    return Look(*pool, {.name = name, .scope = Scope::kAllAtOnce}).observations.back();
  };
  int looks = 0;
  Observation seen;
  do {
    seen = look(absl::StrFormat("n%d.shop.test", looks));
  } while (seen.outcome == Outcome::kRefused && ++looks < 20);
  EXPECT_GE(looks, 5);
  EXPECT_EQ(seen.server, "failing");
  EXPECT_EQ(seen.outcome, Outcome::kNotAsked);
  EXPECT_EQ(seen.vote, Vote::kCouldNotTell);
  EXPECT_EQ(failing->Count("udp n0.shop.test TXT"), 1);
  EXPECT_EQ(failing->Count(absl::StrFormat("udp n%d.shop.test TXT", looks)), 0);

  failing->Answer(kSafe, "SOA", {.answers = {"safe.test. 60 IN SOA ns1.safe.test. h. 1 1 1 1 1"}});
  failing->Answer("well.shop.test", "TXT", {.answers = {"well.shop.test. 60 IN TXT token"}});
  EXPECT_EQ(look("well.shop.test").outcome, Outcome::kMatch);
}

TEST_F(DnssecSuite, KeepsWithinItsLimitsAndSaysSo) {
  ResolverPool::Options options = Options();
  options.desk.resolver_limit = {.per_second = 0.1, .burst = 2};  // the probe question, and one
  const auto pool = MakePool(options);
  EXPECT_EQ(
      Look(*pool, {.name = "n1.shop.test", .scope = Scope::kAllAtOnce}).observations.back().outcome,
      Outcome::kNoSuchName);
  const Observation second =
      Look(*pool, {.name = "n2.shop.test", .scope = Scope::kAllAtOnce}).observations.back();
  EXPECT_EQ(second.outcome, Outcome::kNotAsked);
  EXPECT_EQ(second.vote, Vote::kCouldNotTell);
  EXPECT_THAT(second.note, HasSubstr("our own limit"));
  EXPECT_THAT(metrics_.Render(), HasSubstr("padlock_probe_questions_limited_total"));
}

}  // namespace
}  // namespace probe
