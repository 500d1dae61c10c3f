#include "cert/reconcile/order_chain.h"

#include <utility>

#include "base/log.h"
#include "cert/keys/keys.h"

namespace cert {
namespace {

bool IsPreferred(const CertificateAuthority& ca, const std::string& chain_pem) {
  const absl::StatusOr<std::string> issuer = TopIssuerName(chain_pem);
  return issuer.ok() && *issuer == ca.preferred_chain;
}

}  // namespace

Outcome<std::string> ChooseChain(const OrderJob& job, const AcmeAccount& account,
                                 const AcmeChain& first) {
  const CertificateAuthority& ca = job.authority;
  if (ca.preferred_chain.empty() || IsPreferred(ca, first.pem)) return first.pem;
  for (const std::string& url : first.alternate_urls) {
    Outcome<AcmeChain> got =
        Sort(ca.client->DownloadCertificate(account, url, OutsideDeadline(job.services, job.lease)),
             ca.name);
    if (auto* setback = std::get_if<Setback>(&got)) {
      // Passing trouble ends this step, which comes again; a chain that is refused is no choice.
      if (setback->disposition == Disposition::kRetryStep) return std::move(*setback);
      continue;
    }
    AcmeChain& alternate = std::get<AcmeChain>(got);
    if (IsPreferred(ca, alternate.pem)) return std::move(alternate.pem);
  }
  base::Log(base::LogLevel::kWarning, "preferred chain not offered",
            {{"ca", ca.name}, {"order", job.order.id.text()}, {"chain", ca.preferred_chain}});
  return first.pem;
}

}  // namespace cert
