// padlock.cert.v1.DomainService over the use cases of app/domains.h and app/diagnoses.h.

#pragma once

#include <memory>

#include "cert/app/diagnoses.h"
#include "cert/app/domains.h"
#include "cert/core/agreement.h"
#include "cert/rpc/call_runner.h"

namespace grpc {
class Service;
}  // namespace grpc

namespace cert {

// All references must outlive the service. Its methods are thread-safe.
std::shared_ptr<grpc::Service> MakeDomainService(Domains& domains, Diagnoses& diagnoses,
                                                 CallRunner& runner, AgreementPolicy policy);

}  // namespace cert
