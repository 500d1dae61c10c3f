// padlock.cert.v1.CertificateService over the use cases of app/certificates.h.

#pragma once

#include <memory>

#include "cert/app/certificates.h"
#include "cert/core/agreement.h"
#include "cert/rpc/call_runner.h"

namespace grpc {
class Service;
}  // namespace grpc

namespace cert {

// `certificates` and `runner` must outlive the service. Its methods are thread-safe.
std::shared_ptr<grpc::Service> MakeCertificateService(Certificates& certificates,
                                                      CallRunner& runner, AgreementPolicy policy);

}  // namespace cert
