// Reads what a caller may still see. NOT_FOUND, with the field, for what is deleted, as for what
// never was.

#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cert/core/model.h"
#include "cert/store/store.h"

namespace cert {

inline absl::StatusOr<Domain> GetLiving(Transaction& transaction, const DomainId& id) {
  absl::StatusOr<Domain> domain = transaction.GetDomain(id);
  const bool gone = absl::IsNotFound(domain.status()) ||
                    (domain.ok() && domain->progress.state == DomainState::kDeleted);
  if (gone) return absl::NotFoundError("name: not found");
  return domain;
}

inline absl::StatusOr<Certificate> GetLiving(Transaction& transaction, const CertificateId& id) {
  absl::StatusOr<Certificate> certificate = transaction.GetCertificate(id);
  const bool gone = absl::IsNotFound(certificate.status()) ||
                    (certificate.ok() && certificate->progress.state == CertificateState::kDeleted);
  if (gone) return absl::NotFoundError("name: not found");
  return certificate;
}

}  // namespace cert
