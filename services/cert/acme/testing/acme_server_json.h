// The JSON of an ACME server (RFC 8555, 7.1; RFC 9773, 4.2). For acme_server.cc.

#pragma once

#include <string>
#include <vector>

#include "cert/core/acme_types.h"

namespace cert {

std::string DirectoryJson(const std::string& base_url, const AcmeMetadata& metadata,
                          bool offers_renewal_info);
std::string AccountJson(const std::string& account_url);
std::string OrderListJson(const std::vector<std::string>& urls);
std::string OrderJson(const AcmeOrder& order);
std::string AuthorizationJson(const AcmeAuthorization& authorization, const std::string& token);
std::string RenewalInfoJson(const AcmeRenewalInfo& info);
std::string ProblemJson(const AcmeProblem& problem);

}  // namespace cert
