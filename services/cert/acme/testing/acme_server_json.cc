#include "cert/acme/testing/acme_server_json.h"

#include <nlohmann/json.hpp>

namespace cert {
namespace {

using Json = nlohmann::json;

const char* Word(AcmeOrderStatus status) {
  switch (status) {
    case AcmeOrderStatus::kPending:
      return "pending";
    case AcmeOrderStatus::kReady:
      return "ready";
    case AcmeOrderStatus::kProcessing:
      return "processing";
    case AcmeOrderStatus::kValid:
      return "valid";
    case AcmeOrderStatus::kInvalid:
      break;
  }
  return "invalid";
}

const char* Word(AcmeAuthorizationStatus status) {
  switch (status) {
    case AcmeAuthorizationStatus::kPending:
      return "pending";
    case AcmeAuthorizationStatus::kValid:
      return "valid";
    case AcmeAuthorizationStatus::kDeactivated:
      return "deactivated";
    case AcmeAuthorizationStatus::kExpired:
      return "expired";
    case AcmeAuthorizationStatus::kRevoked:
      return "revoked";
    case AcmeAuthorizationStatus::kInvalid:
      break;
  }
  return "invalid";
}

const char* Word(AcmeChallengeStatus status) {
  switch (status) {
    case AcmeChallengeStatus::kPending:
      return "pending";
    case AcmeChallengeStatus::kProcessing:
      return "processing";
    case AcmeChallengeStatus::kValid:
      return "valid";
    case AcmeChallengeStatus::kInvalid:
      break;
  }
  return "invalid";
}

std::string TimeJson(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", time, absl::UTCTimeZone());
}

Json ProblemObject(const AcmeProblem& problem) {
  Json json = {{"type", problem.type}, {"detail", problem.detail}, {"status", problem.http_status}};
  if (!problem.identifier.empty()) {
    json["subproblems"] = {
        {{"type", problem.type}, {"identifier", {{"type", "dns"}, {"value", problem.identifier}}}}};
  }
  return json;
}

Json ChallengeObject(const char* type, const std::string& url, AcmeChallengeStatus status,
                     const std::string& token, const std::optional<AcmeProblem>& error) {
  Json challenge = {{"type", type}, {"url", url}, {"status", Word(status)}, {"token", token}};
  if (error) challenge["error"] = ProblemObject(*error);
  return challenge;
}

}  // namespace

std::string DirectoryJson(const std::string& base_url, const AcmeMetadata& metadata,
                          bool offers_renewal_info) {
  Json json = {{"newNonce", base_url + "/nonce"},
               {"newAccount", base_url + "/new-account"},
               {"newOrder", base_url + "/new-order"},
               {"revokeCert", base_url + "/revoke"},
               {"keyChange", base_url + "/key-change"},
               {"meta",
                {{"termsOfService", base_url + "/terms"},
                 {"website", base_url},
                 {"caaIdentities", metadata.caa_identities},
                 {"externalAccountRequired", false}}}};
  if (!metadata.profiles.empty()) json["meta"]["profiles"] = metadata.profiles;
  if (offers_renewal_info) json["renewalInfo"] = base_url + "/renewal-info";
  return json.dump();
}

std::string AccountJson(const std::string& account_url) {
  return Json{{"status", "valid"}, {"orders", account_url + "/orders"}}.dump();
}

std::string OrderListJson(const std::vector<std::string>& urls) {
  return Json{{"orders", urls}}.dump();
}

std::string OrderJson(const AcmeOrder& order) {
  Json json = {{"status", Word(order.status)},
               {"authorizations", order.authorization_urls},
               {"finalize", order.finalize_url}};
  for (const std::string& name : order.names) {
    json["identifiers"].push_back({{"type", "dns"}, {"value", name}});
  }
  if (order.expire_time) json["expires"] = TimeJson(*order.expire_time);
  if (!order.certificate_url.empty()) json["certificate"] = order.certificate_url;
  if (order.error) json["error"] = ProblemObject(*order.error);
  return json.dump();
}

std::string AuthorizationJson(const AcmeAuthorization& authorization, const std::string& token) {
  Json json = {{"status", Word(authorization.status)},
               {"identifier", {{"type", "dns"}, {"value", authorization.identifier}}},
               {"challenges", Json::array()}};
  json["challenges"].push_back(ChallengeObject("dns-01", authorization.challenge_url,
                                               authorization.challenge_status, token,
                                               authorization.error));
  if (const auto& http = authorization.http) {
    json["challenges"].push_back(
        ChallengeObject("http-01", http->url, http->status, token, http->error));
  }
  if (authorization.wildcard) json["wildcard"] = true;
  if (authorization.expire_time) json["expires"] = TimeJson(*authorization.expire_time);
  return json.dump();
}

std::string RenewalInfoJson(const AcmeRenewalInfo& info) {
  Json json = {{"suggestedWindow",
                {{"start", TimeJson(info.window.start)}, {"end", TimeJson(info.window.end)}}}};
  if (!info.explanation_url.empty()) json["explanationURL"] = info.explanation_url;
  return json.dump();
}

std::string ProblemJson(const AcmeProblem& problem) { return ProblemObject(problem).dump(); }

}  // namespace cert
