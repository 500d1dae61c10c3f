#include "cert/acme/payloads.h"

#include <nlohmann/json.hpp>

#include "base/strings.h"

namespace cert {
namespace {

using Json = nlohmann::json;

// Contacts and names are configuration and requests: ill-formed UTF-8 in them must not throw.
std::string Payload(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string NewAccountPayload(const std::vector<std::string>& contacts,
                              const std::string& binding) {
  Json payload = {{"termsOfServiceAgreed", true}};
  if (!contacts.empty()) payload["contact"] = contacts;
  if (!binding.empty()) payload["externalAccountBinding"] = Json::parse(binding, nullptr, false);
  return Payload(payload);
}

std::string FindAccountPayload() { return R"({"onlyReturnExisting":true})"; }

std::string NewOrderPayload(const AcmeOrderRequest& request) {
  Json identifiers = Json::array();
  for (const std::string& name : request.names) {
    identifiers.push_back({{"type", "dns"}, {"value", name}});
  }
  Json payload = {{"identifiers", identifiers}};
  if (!request.profile.empty()) payload["profile"] = request.profile;
  if (!request.replaces.empty()) payload["replaces"] = request.replaces;
  return Payload(payload);
}

std::string FinalizePayload(const std::string& csr_der) {
  return Payload({{"csr", base::Base64UrlEncode(csr_der)}});
}

std::string DeactivationPayload() { return R"({"status":"deactivated"})"; }

std::string RevocationPayload(const std::string& certificate_der, int reason) {
  return Payload({{"certificate", base::Base64UrlEncode(certificate_der)}, {"reason", reason}});
}

}  // namespace cert
