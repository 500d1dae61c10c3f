#include "cert/core/resolver_diagnosis.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "base/strings.h"
#include "cert/core/shown.h"

namespace cert {
namespace {

using ::observation::Observation;
using ::observation::Outcome;
using ::observation::ServerRole;
using ::observation::Vote;

// TTLs are whole seconds, and caches look at their clocks now and then.
constexpr absl::Duration kExpirySlack = absl::Seconds(5);

// A resolver is asked for the addresses of a web server, not for the token.
Finding About(const Answer& answer) {
  Finding finding = WithoutFix(answer);
  if (answer.question.type != observation::RecordType::kHttp) return finding;
  finding.expected.clear();
  return finding;
}

std::string RecordOf(const Finding& finding) {
  return finding.record_type == "HTTP" ? "A or AAAA" : finding.record_type;
}

// When the last of the cached answers is gone, as far as the resolvers tell.
std::string Latest(const Sightings& behind) {
  std::optional<absl::Time> latest;
  for (const Sighting& sighting : behind) {
    latest = std::max(latest, sighting.seen->cache_expire_time);
  }
  if (!latest) return "";
  return absl::StrFormat(", at %s at the latest", base::UtcText(*latest));
}

bool SomeNameserverDenies(const Answer& answer) {
  return !Select(answer, [](const Observation& seen) {
            return seen.role == ServerRole::kAuthoritative && seen.vote == Vote::kDisagree;
          }).empty();
}

// Until when the same resolver had said that its 'no' would last, when no nameserver said 'no' any
// more; unset if it had not.
std::optional<absl::Time> ToldExpiry(const Answer& answer, const Sighting& now,
                                     const DiagnosisContext& context) {
  if (context.earlier == nullptr) return std::nullopt;
  for (const Answer& before : *context.earlier) {
    if (before.question != answer.question || SomeNameserverDenies(before)) continue;
    for (const View& view : before.views) {
      if (view.perspective != now.perspective) continue;
      for (const Observation& seen : view.observations) {
        const bool same = seen.server == now.seen->server && seen.address == now.seen->address;
        if (same && seen.vote == Vote::kDisagree) return seen.cache_expire_time;
      }
    }
  }
  return std::nullopt;
}

Finding Stuck(Finding finding, const Sightings& stuck) {
  Describe(stuck, finding);
  finding.code = FindingCode::kResolverStuck;
  finding.sentence = absl::StrFormat(
      "The nameservers have the %s record at %s, but %s still %s not show it although its cache "
      "should have let go of the older answer by now; nothing is to be done, we look again by "
      "ourselves.",
      RecordOf(finding), finding.record_name, Listed(stuck), Counted(stuck, "does", "do"));
  return finding;
}

Finding OldValue(Finding finding, const Sightings& old, const Sightings& behind) {
  Describe(old, finding);
  finding.code = FindingCode::kOldValueCached;
  const std::string seen =
      finding.seen.empty() ? "" : absl::StrFormat(" (\"%s\")", Shown(finding.seen.front()));
  finding.sentence = absl::StrFormat(
      "The nameservers have the %s record at %s, but %s still %s an older value%s; nothing is to "
      "be done, it expires from the cache by itself%s.",
      RecordOf(finding), finding.record_name, Listed(old), Counted(old, "has", "have"), seen,
      Latest(behind));
  return finding;
}

Finding NotThereYet(Finding finding, const Sightings& behind) {
  Describe(behind, finding);
  finding.code = FindingCode::kResolversBehind;
  finding.sentence = absl::StrFormat(
      "The nameservers have the %s record at %s, but %s still %s an older answer; nothing is to be "
      "done, it expires from the cache by itself%s.",
      RecordOf(finding), finding.record_name, Listed(behind), Counted(behind, "has", "have"),
      Latest(behind));
  return finding;
}

}  // namespace

Finding DiagnoseBehind(const Answer& answer, const Sightings& behind,
                       const DiagnosisContext& context) {
  Sightings stuck;
  for (const Sighting& sighting : behind) {
    const std::optional<absl::Time> told = ToldExpiry(answer, sighting, context);
    if (told && *told + kExpirySlack < sighting.seen->observe_time) stuck.push_back(sighting);
  }
  if (!stuck.empty()) return Stuck(About(answer), stuck);
  const Sightings old =
      Among(behind, [](const Observation& seen) { return seen.outcome == Outcome::kMismatch; });
  return old.empty() ? NotThereYet(About(answer), behind) : OldValue(About(answer), old, behind);
}

Finding ResolverOutage(const Answer& answer, const Sightings& silent) {
  Finding finding = About(answer);
  Describe(silent, finding);
  finding.code = FindingCode::kResolverOutage;
  finding.sentence = absl::StrFormat(
      "The nameservers have the %s record at %s, but too few public resolvers answer: %s %s not "
      "(%s); nothing is to be done, we look again by ourselves.",
      RecordOf(finding), finding.record_name, Listed(silent), Counted(silent, "does", "do"),
      observation::OutcomeName(silent.front().seen->outcome));
  return finding;
}

}  // namespace cert
