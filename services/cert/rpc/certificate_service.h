// padlock.cert.v1.CertificateService over the use cases of app/certificates.h.

#pragma once

#include <memory>

#include "cert/app/certificates.h"
#include "cert/app/shared_certificates.h"
#include "cert/core/agreement.h"
#include "cert/rpc/call_runner.h"

namespace grpc {
class Service;
}  // namespace grpc

namespace cert {

// What it refers to must outlive the service. Its methods are thread-safe.
std::shared_ptr<grpc::Service> MakeCertificateService(Certificates& certificates,
                                                      SharedCertificates& shared,
                                                      CallRunner& runner, AgreementPolicy policy);

}  // namespace cert
