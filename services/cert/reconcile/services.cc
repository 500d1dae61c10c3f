#include "cert/reconcile/services.h"

#include "cert/core/finding.h"

namespace cert {
namespace {

constexpr char kParkedTotal[] = "padlock_cert_parked_total";

}  // namespace

void CountParked(const Services& services, const Lease& lease) {
  services.metrics.Count(kParkedTotal, {{"kind", WorkKindName(lease.kind)}});
}

void ShowCounters(const Services& services) {
  for (const WorkKind kind :
       {WorkKind::kDomain, WorkKind::kCertificate, WorkKind::kOrder, WorkKind::kRevocation}) {
    services.metrics.Count(kParkedTotal, {{"kind", WorkKindName(kind)}}, 0);
  }
  for (const FindingCode code : AllFindingCodes()) {
    services.metrics.Count(kOrderSetbacksTotal, {{"code", FindingCodeName(code)}}, 0);
  }
  for (const CertificateAuthority& ca : services.authorities) {
    for (const char* result : {"issued", "failed"}) {
      services.metrics.Count(kOrdersTotal, {{"ca", ca.name}, {"result", result}}, 0);
    }
  }
}

}  // namespace cert
