#include "cert/core/alias_diagnosis.h"

#include <array>
#include <string_view>
#include <utility>

#include "absl/strings/str_format.h"
#include "cert/core/names.h"
#include "cert/core/shown.h"

namespace cert {
namespace {

struct Provider {
  std::string_view zone;
  std::string_view name;
};

// As the providers' documentation tells customers to delegate to them.
constexpr std::array kProviders = {
    Provider{"dcv.cloudflare.com", "Cloudflare"},
    Provider{"authorize.certificatemanager.goog", "Google Cloud Certificate Manager"},
    Provider{"acm-validations.aws", "Amazon Certificate Manager"},
    Provider{"acme-validate.edgekey.net", "Akamai"},
    Provider{"fastly-validations.com", "Fastly"},
    Provider{"dcv.digicert.com", "DigiCert"},
    Provider{"auth.acme-dns.io", "acme-dns"},
};

// "<delegation id>.<delegation zone>": where all targets of the tenant are.
std::string OwnPlace(const DiagnosisContext& context) {
  const std::string& target = context.delegation_target;
  const std::size_t zone = context.delegation_zone.size() + 1;
  if (target.size() <= zone || !IsInside(target, context.delegation_zone)) return target;
  const std::size_t dot = target.rfind('.', target.size() - zone - 1);
  return dot == std::string::npos ? target : target.substr(dot + 1);
}

Finding AtOtherTenant(Finding finding, const std::string& as_seen, const std::string& target) {
  finding.code = FindingCode::kCnameAtOtherTenant;
  finding.sentence = absl::StrFormat(
      "The CNAME record at %s points to the target of another account at Padlock%s: it is \"%s\" "
      "and must be \"%s\"; change it, or order the certificate in that account.",
      finding.record_name, as_seen, Shown(target), finding.expected);
  return finding;
}

Finding AtOtherProvider(Finding finding, const std::string& as_seen, const std::string& target,
                        const std::string& provider) {
  finding.code = FindingCode::kCnameAtOtherProvider;
  finding.sentence = absl::StrFormat(
      "The CNAME record at %s points to %s%s: its target is \"%s\" and must be \"%s\"; change it, "
      "once nobody needs that provider's certificates any more.",
      finding.record_name, provider, as_seen, Shown(target), finding.expected);
  return finding;
}

// The zone that the DNS host has appended to a target entered without the dot at its end; empty if
// that is not what was seen.
std::string AppendedZone(const Finding& about, const std::string& target) {
  if (about.expected.empty() || !target.starts_with(about.expected + ".")) return "";
  std::string zone = target.substr(about.expected.size() + 1);
  return IsInside(about.record_name, zone) ? zone : "";
}

Finding TargetAppended(Finding finding, const std::string& as_seen, const std::string& target,
                       const std::string& zone) {
  finding.code = FindingCode::kCnameElsewhere;
  finding.sentence = absl::StrFormat(
      "The CNAME record at %s points to \"%s\"%s, because your DNS host appended the zone \"%s\" "
      "to "
      "its target: end the target with a dot, as \"%s.\", or enter it as your DNS host wants whole "
      "names.",
      finding.record_name, Shown(target), as_seen, Shown(zone), finding.expected);
  return finding;
}

}  // namespace

std::string ProviderOf(const std::string& target) {
  for (const auto& [zone, name] : kProviders) {
    if (IsInside(target, std::string(zone))) return std::string(name);
  }
  return "";
}

Finding CnameElsewhere(Finding about, const Sightings& sightings, const std::string& target,
                       const DiagnosisContext& context) {
  Finding finding = std::move(about);
  if (target.empty()) {
    Describe(sightings, finding);
  } else {
    DescribeFollowed(sightings, finding.record_name, target, finding);
  }
  const std::string as_seen = target.empty() ? AsSeenOn(sightings) : "";
  const std::string seen = finding.seen.empty() ? "?" : finding.seen.front();
  if (const std::string zone = AppendedZone(finding, seen); !zone.empty()) {
    return TargetAppended(std::move(finding), as_seen, seen, zone);
  }
  if (IsInside(seen, context.delegation_zone) && !IsInside(seen, OwnPlace(context))) {
    return AtOtherTenant(std::move(finding), as_seen, seen);
  }
  if (const std::string provider = ProviderOf(seen); !provider.empty()) {
    return AtOtherProvider(std::move(finding), as_seen, seen, provider);
  }
  finding.code = FindingCode::kCnameElsewhere;
  finding.sentence = absl::StrFormat(
      "The CNAME record at %s points elsewhere%s: its target is \"%s\" and must be \"%s\"; change "
      "it.",
      finding.record_name, as_seen, Shown(seen), finding.expected);
  return finding;
}

Finding CnameLoop(Finding about, const Sightings& sightings) {
  Finding finding = std::move(about);
  Describe(sightings, finding);
  finding.code = FindingCode::kCnameLoop;
  finding.sentence = absl::StrFormat(
      "The CNAME records that begin at %s lead in a circle or are too many, as seen on %s: remove "
      "them and create one %s record with \"%s\".",
      finding.record_name, Listed(sightings), finding.record_type, finding.expected);
  return finding;
}

}  // namespace cert
