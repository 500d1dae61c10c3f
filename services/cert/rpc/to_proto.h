// What the use cases return to messages. Total.

#pragma once

#include "cert/app/certificates.h"
#include "cert/app/diagnoses.h"
#include "cert/app/domains.h"
#include "cert/core/agreement.h"
#include "padlock/cert/v1/certificate_service.pb.h"
#include "padlock/cert/v1/domain_service.pb.h"
#include "padlock/cert/v1/event_service.pb.h"
#include "padlock/cert/v1/resources.pb.h"

namespace cert {

// The policy says how each record's and perspective's answers in the evidence are decided.
padlock::cert::v1::Domain ToProto(const DomainDetails& details, const AgreementPolicy& policy);

padlock::cert::v1::Certificate ToProto(const CertificateDetails& details,
                                       const AgreementPolicy& policy);

padlock::cert::v1::Issuance ToProto(const Issuance& issuance);

padlock::cert::v1::Event ToProto(const TenantId& tenant, const Event& event);

// With the next look, in its sentence too, where there is one.
padlock::cert::v1::Finding ToProto(const Finding& finding,
                                   std::optional<absl::Time> next_look_time = std::nullopt);

padlock::cert::v1::DiagnoseDomainResponse ToProto(const Diagnosis& diagnosis);

padlock::cert::v1::CheckAttempt ToProto(const EvidenceRecord& evidence,
                                        const AgreementPolicy& policy);

}  // namespace cert
