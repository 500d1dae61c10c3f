#include "cert/core/deployment.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/strings.h"
#include "cert/core/expiry.h"
#include "cert/core/key_plan.h"

namespace cert {
namespace {

bool Confirms(const DeploymentPolicy& policy, const TenantId& tenant) {
  return std::ranges::find(policy.tenants, tenant.text()) != policy.tenants.end();
}

std::string Sentence(const Deployment& deployment) {
  std::string sentence = absl::StrFormat(
      "The certificate that was issued at %s may not be in use: no consumer has confirmed its "
      "serial number.",
      base::UtcText(deployment.issue_time));
  if (!deployment.served_until) return sentence;
  return sentence + absl::StrFormat(" What was served before is valid until %s.",
                                    base::UtcText(*deployment.served_until));
}

}  // namespace

void AwaitDeployment(const DeploymentPolicy& policy, const IssuanceId& issued,
                     std::optional<absl::Time> served_until, absl::Time now,
                     Certificate& certificate) {
  if (certificate.backup_of || !Confirms(policy, certificate.tenant)) {
    certificate.deployment.reset();
    return;
  }
  if (!certificate.deployment) {
    absl::Time overdue_time = now + policy.patience;
    if (served_until) overdue_time = std::min(overdue_time, *served_until - kLastDay);
    certificate.deployment = Deployment{.awaited = {},
                                        .issue_time = now,
                                        .overdue_time = std::max(overdue_time, now),
                                        .served_until = served_until};
  }
  std::vector<IssuanceId>& awaited = certificate.deployment->awaited;
  awaited.push_back(issued);
  const std::vector<IssuanceId> in_use = IssuancesOf(certificate);
  std::erase_if(
      awaited, [&](const IssuanceId& id) { return std::ranges::find(in_use, id) == in_use.end(); });
}

bool ConfirmDeployed(const IssuanceId& served, Certificate& certificate) {
  if (!certificate.deployment) return false;
  if (std::erase(certificate.deployment->awaited, served) == 0) return false;
  if (!certificate.deployment->awaited.empty()) return true;
  certificate.deployment.reset();
  const bool told = certificate.finding && certificate.finding->code == FindingCode::kNotDeployed;
  if (told) certificate.finding.reset();
  return true;
}

absl::Time DeploymentTellTime(const Certificate& certificate) {
  const std::optional<Deployment>& deployment = certificate.deployment;
  return deployment && !deployment->told ? deployment->overdue_time : absl::InfiniteFuture();
}

std::optional<Finding> WithDeployment(std::optional<Finding> cause, const Certificate& certificate,
                                      absl::Time now) {
  if (!certificate.deployment || now < certificate.deployment->overdue_time) return cause;
  const std::string sentence = Sentence(*certificate.deployment);
  if (cause) {
    cause->sentence += " " + sentence;
    return cause;
  }
  return Finding{.code = FindingCode::kNotDeployed,
                 .sentence = sentence +
                             " Have the consumers fetch the certificate, and confirm what they "
                             "serve by ConfirmDeployment."};
}

}  // namespace cert
