// docs/findings.md is the catalogue of everything that may be found: it describes every code, and
// the example that it gives of each is what the product says.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <functional>
#include <map>
#include <string>

#include "absl/strings/strip.h"
#include "cert/core/acme_policy.h"
#include "cert/core/backup.h"
#include "cert/core/ca_ledger.h"
#include "cert/core/caa.h"
#include "cert/core/deployment.h"
#include "cert/core/diagnosis.h"
#include "cert/core/expiry.h"
#include "cert/core/findings.h"
#include "cert/core/set_aside.h"
#include "cert/core/testing/evidence_builder.h"

namespace cert {
namespace {

using namespace ::cert::testing;  // NOLINT(google-build-using-namespace): the tests' vocabulary
using ::observation::Clue;
using ::observation::Observation;
using ::observation::Outcome;

// The first finding over what one perspective saw of one question.
Finding Seeing(const Question& question, std::vector<Observation> observations) {
  const Answer answer{.question = question, .views = {Seen("ams", std::move(observations))}};
  return Diagnose({answer}, PolicyOf(1, {}, "ams"), Context()).value_or(Finding{});
}

Finding SeeingBoth(const Question& first, std::vector<Observation> seen_first,
                   const Question& second, std::vector<Observation> seen_second) {
  const Evidence evidence{
      {.question = first, .views = {Seen("ams", std::move(seen_first))}},
      {.question = second, .views = {Seen("ams", std::move(seen_second))}},
  };
  return Diagnose(evidence, PolicyOf(1, {}, "ams"), Context()).value_or(Finding{});
}

Finding Failing(const std::string& worker, const std::string& why) {
  const Answer answer{.question = ClaimQuestion(), .views = {FailedView("ams", worker, why)}};
  return Diagnose({answer}, PolicyOf(1, {}, "ams"), Context()).value_or(Finding{});
}

Observation Hinting(Clue clue, Observation seen) {
  seen.clues = {clue};
  return seen;
}

Observation Until(absl::Duration expiry, Observation seen) {
  seen.cache_expire_time = kSeenTime + expiry;
  return seen;
}

Observation OverIpv6(Observation seen) {
  seen.address = "2001:db8::1";
  return seen;
}

Observation Showing(const std::string& value, Observation seen) {
  seen.values = {value};
  return seen;
}

Finding Stuck() {
  const Evidence earlier{
      {.question = ClaimQuestion(),
       .views = {Seen("ams", {Nameserver("ns1", Outcome::kMatch),
                              Until(-absl::Minutes(1), Resolver("quad9", Outcome::kNoData))})}}};
  const Answer now{.question = ClaimQuestion(),
                   .views = {Seen("ams", {Nameserver("ns1", Outcome::kMatch),
                                          Resolver("quad9", Outcome::kNoData)})}};
  DiagnosisContext context = Context();
  context.earlier = &earlier;
  return Diagnose({now}, PolicyOf(1, {}, "ams"), context).value_or(Finding{});
}

Finding Refusal(const std::string& type, const std::string& words,
                AcmeStage stage = AcmeStage::kRequest) {
  return FindingOf({.type = "urn:ietf:params:acme:error:" + type,
                    .detail = words,
                    .http_status = 403,
                    .identifier = "www.shop.test"},
                   "Pebble", stage);
}

// What the CA's records of CAA, or the lack of any answer, mean for an order.
Finding SeeingCaa(Observation seen) {
  const CaaExpectation issuer{.issuer_domains = {"ca.example"}};
  Evidence evidence;
  for (Question& question : CaaQuestions({"www.shop.test"}, issuer)) {
    evidence.push_back({.question = std::move(question), .views = {}});
  }
  evidence.front().views = {Seen("ams", {std::move(seen)})};
  return JudgeCaa(evidence, PolicyOf(1, {}, "ams"), "Pebble").finding;
}

Observation ForbiddingOthers() {
  Observation seen = Nameserver("ns1", Outcome::kMismatch, {"0 issue \"other.example\""});
  seen.owner = "shop.test";
  seen.note = "none of them names the CA";
  return seen;
}

// What a web server at the host's address did with a request for the token.
Finding SeeingHttp(Outcome outcome, const std::string& note) {
  Observation seen{.server = "www.shop.test",
                   .address = "192.0.2.1",
                   .zone = "shop.test",
                   .outcome = outcome,
                   .vote = VoteOn(outcome)};
  seen.note = note;
  return Seeing({.name = "www.shop.test",
                 .type = observation::RecordType::kHttp,
                 .expected_values = {"token.thumbprint"}},
                {std::move(seen)});
}

// Made above this layer, where its parts come together.
constexpr std::array kMadeAbove = {FindingCode::kNoAuthority};

using Make = std::function<Finding()>;

std::map<FindingCode, Make> RecordFindings() {
  using enum FindingCode;
  const Observation match = Nameserver("ns1", Outcome::kMatch);
  const Observation none = Nameserver("ns1", Outcome::kNoSuchName);
  return {
      {kRecordMissing, [=] { return Seeing(ClaimQuestion(), {none}); }},
      {kRecordWrong,
       [] {
         return Seeing(ClaimQuestion(), {Nameserver("ns1", Outcome::kMismatch, {"v=spf1 -all"})});
       }},
      {kRecordOnSomeServers,
       [=] {
         return Seeing(ClaimQuestion(), {match, Nameserver("ns2", Outcome::kNoData)});
       }},
      {kTxtWhereCnameBelongs,
       [] {
         return SeeingBoth(CnameQuestion(), {Nameserver("ns1", Outcome::kNoData)}, CanaryQuestion(),
                           {Nameserver("ns1", Outcome::kMismatch, {"left by a client"})});
       }},
      {kCnameElsewhere,
       [] {
         return Seeing(CnameQuestion(),
                       {Nameserver("ns1", Outcome::kMismatch, {"parked.other.test"})});
       }},
      {kCnameWhereTxtBelongs,
       [] {
         return Seeing(ClaimQuestion(),
                       {Nameserver("ns1", Outcome::kCnameInTheWay, {"parked.other.test"})});
       }},
      {kWildcardAnswers,
       [] {
         return Seeing(ClaimQuestion(),
                       {Nameserver("ns1", Outcome::kWildcardSynthesis, {"v=spf1 -all"})});
       }},
      {kZoneAppended,
       [=] { return Seeing(ClaimQuestion(), {Hinting(Clue::kZoneAppended, none)}); }},
      {kValueChanged,
       [] {
         return Seeing(ClaimQuestion(),
                       {Hinting(Clue::kValueQuoted, Nameserver("ns1", Outcome::kMismatch,
                                                               {"\"padlock-verify=abc\""}))});
       }},
      {kCnameAtOtherTenant,
       [] {
         return Seeing(CnameQuestion(),
                       {Nameserver("ns1", Outcome::kMismatch, {"www.shop.test.id0.dcv.test"})});
       }},
      {kCnameAtOtherProvider,
       [] {
         return Seeing(CnameQuestion(), {Nameserver("ns1", Outcome::kMismatch,
                                                    {"www.shop.test.4ab2.dcv.cloudflare.com"})});
       }},
      {kRecordAtOtherName,
       [=] { return Seeing(ClaimQuestion(), {Hinting(Clue::kAtParentName, none)}); }},
      {kTxtBesideCname,
       [=] {
         return SeeingBoth(CnameQuestion(), {match}, CanaryQuestion(),
                           {Nameserver("ns1", Outcome::kMismatch, {"left by a client"})});
       }},
      {kCnameLoop,
       [] {
         return Seeing(TokensQuestion(), {Nameserver("ns1", Outcome::kCnameLoop, {"a.shop.test"})});
       }},
  };
}

std::map<FindingCode, Make> ServerFindings() {
  using enum FindingCode;
  const Observation match = Nameserver("ns1", Outcome::kMatch);
  const auto beside = [match](Observation other) {
    return [=] { return Seeing(ClaimQuestion(), {match, other}); };
  };
  return {
      {kNameserversUnreachable, beside(Nameserver("ns2", Outcome::kServfail))},
      {kNameserverLame, beside(Nameserver("ns2", Outcome::kRefused))},
      {kNameserverStale, beside(Nameserver("ns2", Outcome::kStale))},
      {kSplitView, beside(Hinting(Clue::kSplitView, Nameserver("ns2", Outcome::kNoData)))},
      {kNameserversMismatch,
       beside(Hinting(Clue::kParentDiffers, Nameserver("ns2", Outcome::kNoData)))},
      {kIpv6Fault, beside(OverIpv6(Nameserver("ns1", Outcome::kServfail)))},
      {kZoneNotFound, [] { return Failing("w1", "no root server led to it"); }},
      {kDnssecBogus, beside(Resolver("quad9", Outcome::kBogus))},
      {kResolversBehind, beside(Until(absl::Minutes(5), Resolver("quad9", Outcome::kNoData)))},
      {kOldValueCached,
       beside(Until(absl::Minutes(5),
                    Showing("padlock-verify=old", Resolver("quad9", Outcome::kMismatch))))},
      {kResolverStuck, Stuck},
      {kResolverOutage, beside(Resolver("quad9", Outcome::kTimeout))},
      {kDelegationBehind,
       [] { return Seeing(CanaryQuestion(), {OurNameserver(Outcome::kNoData)}); }},
      {kDelegationUnreachable,
       [] { return Seeing(CanaryQuestion(), {OurNameserver(Outcome::kTimeout)}); }},
      {kNoWorkers, [] { return Failing("", "no worker of this perspective answers"); }},
      {kTooFewPerspectives, [] { return *Diagnose({}, PolicyOf(1), Context()); }},
  };
}

Finding WithoutOneName() {
  std::vector<SetAsideName> set_aside;
  SetAside({{.name = "www.shop.test", .why = Refusal("rejectedIdentifier", "policy forbids it")}},
           kSeenTime, set_aside);
  return *WithSetAside(std::nullopt, set_aside, kSeenTime);
}

Finding NotConfirmed() {
  Certificate certificate{.tenant = TenantId("acme")};
  certificate.issuance = IssuanceId("iss_1");
  const absl::Time served_until = kSeenTime + 30 * absl::Hours(24);
  AwaitDeployment({.tenants = {"acme"}}, IssuanceId("iss_1"), served_until, kSeenTime, certificate);
  return *WithDeployment(std::nullopt, certificate, kSeenTime + absl::Hours(1));
}

std::map<FindingCode, Make> OtherFindings() {
  using enum FindingCode;
  return {
      {kHttpTokenMissing, [] { return SeeingHttp(Outcome::kNoData, "status 404"); }},
      {kHttpOtherAnswer,
       [] { return SeeingHttp(Outcome::kMismatch, "status 200, but not the key authorization"); }},
      {kHttpUnreachable, [] { return SeeingHttp(Outcome::kUnreachable, "connection refused"); }},
      {kNameNotProved, [] { return NameNotProvedFinding("www.shop.test", std::nullopt); }},
      {kClaimHeld, [] { return ClaimHeldFinding("www.shop.test"); }},
      {kClaimToProve, [] { return ClaimToProveFinding("www.shop.test"); }},
      {kRevocationRefused,
       [] { return RevocationRefusedFinding("Pebble", "it is not configured any more"); }},
      {kKeyCompromised, [] { return KeyCompromisedFinding({.domain = DomainId("dom_1")}); }},
      {kBackupInUse, [] { return *WithBackupInUse(std::nullopt, kSeenTime); }},
      {kNoBackupAuthority, [] { return NoBackupAuthorityFinding("Pebble"); }},
      {kNamesSetAside, [] { return WithoutOneName(); }},
      {kNotDeployed, [] { return NotConfirmed(); }},
      {kClaimChallenged,
       [] { return ClaimChallengedFinding("www.shop.test", kSeenTime + absl::Hours(24 * 7)); }},
      {kPublicationFailed, [] { return PublicationFinding("REFUSED"); }},
      {kClockSkew,
       [] { return NotYetValidFinding("Pebble", "the certificate is not valid before noon"); }},
      {kCaUnavailable, [] { return CaUnavailableFinding("Pebble", "connection refused"); }},
      {kCaRateLimited, [] { return Refusal("rateLimited", "too many requests"); }},
      {kCaRefused, [] { return Refusal("badCSR", "the key is too short"); }},
      {kCaaForbids, [] { return SeeingCaa(ForbiddingOthers()); }},
      {kCaaUnanswerable, [] { return SeeingCaa(Nameserver("ns1", Outcome::kServfail)); }},
      {kCaLimitReached,
       [] {
         return LimitFinding("Pebble", {.end_time = kSeenTime, .reason = "300 orders were made"});
       }},
      {kCertificateExpired, [] { return *WithExpiry(std::nullopt, kSeenTime, kSeenTime); }},
      {kProfileNotOffered, [] { return ProfileFinding("Pebble", "shortlived", "default"); }},
      {kCaValidationFailed,
       [] { return Refusal("unauthorized", "no TXT record found", AcmeStage::kDnsValidation); }},
      {kCaWantsExternalAccount,
       [] { return Refusal("externalAccountRequired", "no binding", AcmeStage::kRegistration); }},
      {kCaRefusesExternalAccount,
       [] { return Refusal("unauthorized", "unknown key id", AcmeStage::kRegistration); }},
      {kCaAccountRefused, [] { return Refusal("unauthorized", "account is deactivated"); }},
      {kNameBlocked, [] { return Refusal("rejectedIdentifier", "policy forbids issuing"); }},
      {kCaWantsAction, [] { return Refusal("userActionRequired", "agree to the new terms"); }},
      {kOrderInvalid, [] { return OrderInvalidFinding("Pebble", "while validating"); }},
      {kOrderExpired, [] { return OrderExpiredFinding("Pebble", std::nullopt); }},
      {kIssuanceRejected, [] { return IssuanceRejectedFinding("Pebble", "a name is missing"); }},
      {kKeyMismatch, [] { return KeyMismatchFinding("Pebble"); }},
      {kGaveUp, [] { return GaveUpFinding(std::nullopt); }},
      {kParked, [] { return ParkedFinding(6); }},
      {kServiceTrouble, [] { return ServiceTroubleFinding("INTERNAL"); }},
  };
}

std::map<FindingCode, Make> Examples() {
  std::map<FindingCode, Make> examples = RecordFindings();
  examples.merge(ServerFindings());
  examples.merge(OtherFindings());
  return examples;
}

// The catalogue's parts: "### `CODE`" begins one, "> " its example.
struct Entry {
  std::string example;
  std::string text;
};

std::map<std::string, Entry> ReadCatalogue() {
  std::map<std::string, Entry> entries;
  std::ifstream file(PADLOCK_FINDINGS_CATALOGUE);
  EXPECT_TRUE(file.is_open()) << PADLOCK_FINDINGS_CATALOGUE;
  std::string code;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("#")) code.clear();
    if (line.starts_with("### `")) code = line.substr(5, line.find('`', 5) - 5);
    if (code.empty()) continue;
    Entry& entry = entries[code];
    entry.text += line + "\n";
    if (!line.starts_with("> ")) continue;
    entry.example += (entry.example.empty() ? "" : " ") + line.substr(2);
  }
  return entries;
}

TEST(FindingsCatalogueTest, DescribesEveryCode) {
  const std::map<std::string, Entry> catalogue = ReadCatalogue();
  for (const FindingCode code : AllFindingCodes()) {
    const auto entry = catalogue.find(FindingCodeName(code));
    ASSERT_NE(entry, catalogue.end()) << FindingCodeName(code) << " is not in docs/findings.md";
    for (const std::string part : {"- Cause: ", "- Seen: ", "- Do: ", "- Test: "}) {
      EXPECT_THAT(entry->second.text, ::testing::HasSubstr("\n" + part)) << entry->first;
    }
  }
}

TEST(FindingsCatalogueTest, DescribesNoCodeThatThereIsNot) {
  for (const auto& [name, entry] : ReadCatalogue()) {
    EXPECT_TRUE(ParseFindingCode(name).has_value()) << name << " is no code";
  }
}

TEST(FindingsCatalogueTest, GivesAsExampleWhatTheProductSays) {
  const std::map<std::string, Entry> catalogue = ReadCatalogue();
  const std::map<FindingCode, Make> examples = Examples();
  for (const FindingCode code : AllFindingCodes()) {
    const std::string name = FindingCodeName(code);
    if (std::ranges::find(kMadeAbove, code) != kMadeAbove.end()) continue;
    const auto make = examples.find(code);
    ASSERT_NE(make, examples.end()) << "nothing here makes " << name;
    const Finding finding = make->second();
    EXPECT_EQ(FindingCodeName(finding.code), name) << finding.sentence;
    EXPECT_TRUE(finding.sentence.ends_with(".")) << finding.sentence;
    const auto entry = catalogue.find(name);
    if (entry == catalogue.end()) continue;  // told above
    EXPECT_EQ(entry->second.example, finding.sentence) << name;
  }
}

}  // namespace
}  // namespace cert
