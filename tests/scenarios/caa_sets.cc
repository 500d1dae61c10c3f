#include "scenarios/caa_sets.h"

#include <algorithm>
#include <array>

namespace scenarios {
namespace {

using probe::CaaData;
using probe::Record;
using probe::RrType;

constexpr absl::Duration kCaaTtl = absl::Minutes(1);
constexpr char kAccount[] = "https://ca.test/acct/1";
constexpr std::array kLevels = {"www.shop.test", "shop.test", "test"};

enum class Meaning { kNothing, kCritical, kIssue, kNoIssue, kWild, kNoWild };

struct Sample {
  int flags;
  const char* tag;
  const char* value;
  Meaning meaning;
};
constexpr std::array kSamples = {
    Sample{0, "issue", "ca.test", Meaning::kIssue},
    Sample{128, "issue", " CA.test ; foo=bar", Meaning::kIssue},
    Sample{0, "issue", "ca.test; accounturi=https://ca.test/acct/1", Meaning::kIssue},
    Sample{0, "issue", "ca.test; accounturi=https://ca.test/acct/2", Meaning::kNoIssue},
    Sample{0, "issue", "ca.test; validationmethods=http-01,dns-01", Meaning::kIssue},
    Sample{0, "issue", "ca.test; validationmethods=http-01", Meaning::kNoIssue},
    Sample{0, "issue", "other.test", Meaning::kNoIssue},
    Sample{0, "issue", ";", Meaning::kNoIssue},
    Sample{0, "issue", "%%%", Meaning::kNoIssue},
    Sample{0, "issuewild", "ca.test", Meaning::kWild},
    Sample{0, "issuewild", "other.test", Meaning::kNoWild},
    Sample{0, "issuewild", ";", Meaning::kNoWild},
    Sample{0, "iodef", "mailto:security@shop.test", Meaning::kNothing},
    Sample{0, "tbs", "unknown", Meaning::kNothing},
    Sample{128, "tbs", "unknown", Meaning::kCritical},
};
constexpr std::size_t kAllowing = 3;  // the first ones let the CA issue

Meaning MeaningOf(const CaaData& data) {
  const auto found = std::ranges::find_if(kSamples, [&](const Sample& sample) {
    return sample.flags == data.flags && sample.tag == data.tag && sample.value == data.value;
  });
  return found == kSamples.end() ? Meaning::kNoIssue : found->meaning;
}

Record Caa(const probe::DnsName& owner, const Sample& sample) {
  return {owner, RrType::kCaa, kCaaTtl,
          CaaData{.flags = sample.flags, .tag = sample.tag, .value = sample.value}};
}

std::vector<Record> DrawSet(const probe::DnsName& owner, Draw& draw) {
  if (draw.Chance(0.65)) return {};
  std::vector<Record> records;
  for (int i = draw.Chance(0.6) ? 1 : draw.Between(2, 3); i > 0; --i) {
    const std::size_t most = draw.Chance(0.5) ? kAllowing : kSamples.size();
    records.push_back(Caa(owner, kSamples[draw.Below(most)]));
  }
  return records;
}

ZoneIndex HolderOf(std::size_t level) { return level + 1 < kLevels.size() ? kShop : kTest; }

}  // namespace

CaaWord ReadCaa(const probe::Message& message, const Hop& hop, bool wildcard) {
  const auto count = [&](Meaning meaning) {
    return std::ranges::count_if(message.answers, [&](const Record& record) {
      const auto* data = std::get_if<CaaData>(&record.data);
      return data != nullptr && record.owner == hop.question.name && MeaningOf(*data) == meaning;
    });
  };
  if (count(Meaning::kCritical) > 0) return CaaWord::kForbids;
  const auto wild = count(Meaning::kWild);
  const auto no_wild = count(Meaning::kNoWild);
  const auto issue = count(Meaning::kIssue);
  const auto no_issue = count(Meaning::kNoIssue);
  if (wild + no_wild + issue + no_issue + count(Meaning::kNothing) == 0) return CaaWord::kEmpty;
  if (wildcard && wild + no_wild > 0) return wild > 0 ? CaaWord::kAllows : CaaWord::kForbids;
  return issue > 0 || no_issue == 0 ? CaaWord::kAllows : CaaWord::kForbids;
}

void AddCaaSets(Draw& draw, std::vector<ZoneBlueprint>& zones) {
  for (std::size_t level = 0; level < kLevels.size(); ++level) {
    const probe::DnsName owner = Name(kLevels[level]);
    ZoneBlueprint& zone = zones[HolderOf(level)];
    const std::vector<Record> before = DrawSet(owner, draw);
    const std::vector<Record> after = draw.Chance(0.5) ? before : DrawSet(owner, draw);
    zone.before.insert(zone.before.end(), before.begin(), before.end());
    zone.after.insert(zone.after.end(), after.begin(), after.end());
  }
}

Subject CaaSubject(bool wildcard, observation::Scope scope, const Scenario& scenario) {
  Subject subject{.question = {.name = kLevels.front(),
                               .type = observation::RecordType::kCaa,
                               .scope = scope,
                               .caa = cert::CaaExpectation{.issuer_domains = {"ca.test"},
                                                           .account_uri = kAccount,
                                                           .validation_method = "dns-01",
                                                           .wildcard = wildcard}}};
  for (const char* level : kLevels) {
    Hop& hop = subject.hops.emplace_back();
    hop.question = {Name(level), RrType::kCaa};
    hop.zone = ZoneOf(scenario, hop.question.name);
  }
  return subject;
}

Record LyingCaa(const probe::DnsName& owner, bool allows) {
  return Caa(owner, kSamples[allows ? 0 : 7]);
}

}  // namespace scenarios
