#include "cert/acme/acme_objects.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "base/enum_names.h"
#include "base/status_macros.h"
#include "cert/acme/json_object.h"
#include "cert/acme/jws.h"
#include "cert/acme/problem.h"
#include "cert/acme/reply_headers.h"

namespace cert {
namespace {

constexpr std::size_t kMaxIdentifiers = 1000;
constexpr std::size_t kMaxChallenges = 100;
constexpr std::size_t kMaxOrdersOnAPage = 10'000;
constexpr std::size_t kMaxName = 255;  // 253 and "*."
constexpr std::size_t kMaxToken = 256;

absl::Status Wrong(const std::string& sentence) { return absl::InternalError(sentence); }

template <typename Enum, std::size_t kSize>
absl::StatusOr<Enum> ParseStatus(const JsonObject& object,
                                 const base::EnumNames<Enum, kSize>& words) {
  const std::string text = object.String("status").value_or("");
  if (const std::optional<Enum> value = base::ValueIn(words, text)) return *value;
  return Wrong(absl::StrFormat("unknown status \"%s\"", Sanitise(text, 32)));
}

constexpr base::EnumNames<AcmeOrderStatus, 5> kOrderWords{{
    {AcmeOrderStatus::kPending, "pending"},
    {AcmeOrderStatus::kReady, "ready"},
    {AcmeOrderStatus::kProcessing, "processing"},
    {AcmeOrderStatus::kValid, "valid"},
    {AcmeOrderStatus::kInvalid, "invalid"},
}};

constexpr base::EnumNames<AcmeAuthorizationStatus, 6> kAuthorizationWords{{
    {AcmeAuthorizationStatus::kPending, "pending"},
    {AcmeAuthorizationStatus::kValid, "valid"},
    {AcmeAuthorizationStatus::kInvalid, "invalid"},
    {AcmeAuthorizationStatus::kDeactivated, "deactivated"},
    {AcmeAuthorizationStatus::kExpired, "expired"},
    {AcmeAuthorizationStatus::kRevoked, "revoked"},
}};

constexpr base::EnumNames<AcmeChallengeStatus, 4> kChallengeWords{{
    {AcmeChallengeStatus::kPending, "pending"},
    {AcmeChallengeStatus::kProcessing, "processing"},
    {AcmeChallengeStatus::kValid, "valid"},
    {AcmeChallengeStatus::kInvalid, "invalid"},
}};

absl::StatusOr<std::string> ParseUrl(const JsonObject& object, const std::string& key) {
  std::string url = object.String(key).value_or("");
  if (!IsHttpsUrl(url)) return Wrong(absl::StrFormat("\"%s\" is no https URL", key));
  return url;
}

absl::StatusOr<std::vector<std::string>> ParseUrls(const JsonObject& object, const std::string& key,
                                                   std::size_t limit) {
  auto urls = object.Strings(key, limit);
  if (!urls || !std::all_of(urls->begin(), urls->end(), IsHttpsUrl)) {
    return Wrong(absl::StrFormat("\"%s\" is no list of at most %d https URLs", key, limit));
  }
  return *std::move(urls);
}

bool IsNameCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.' || c == '_' ||
         c == '*';
}

absl::StatusOr<std::string> ParseIdentifier(const std::optional<JsonObject>& identifier) {
  if (!identifier || identifier->String("type") != "dns") {
    return Wrong("an identifier is not of type dns");
  }
  std::string name = identifier->String("value").value_or("");
  if (name.empty() || name.size() > kMaxName ||
      !std::all_of(name.begin(), name.end(), IsNameCharacter)) {
    return Wrong("an identifier is no hostname");
  }
  return name;
}

absl::StatusOr<std::vector<std::string>> ParseIdentifiers(const JsonObject& order) {
  const auto identifiers = order.Objects("identifiers", kMaxIdentifiers);
  if (!identifiers || identifiers->empty()) return Wrong("the order has no list of identifiers");
  std::vector<std::string> names;
  for (const JsonObject& identifier : *identifiers) {
    ASSIGN_OR_RETURN(names.emplace_back(), ParseIdentifier(identifier));
  }
  return names;
}

absl::StatusOr<std::optional<absl::Time>> ParseExpires(const JsonObject& object) {
  const auto text = object.String("expires");
  if (!text) return std::optional<absl::Time>();
  absl::Time time;
  if (!absl::ParseTime(absl::RFC3339_full, *text, &time, nullptr)) {
    return Wrong("\"expires\" is no RFC 3339 time");
  }
  return std::optional<absl::Time>(time);
}

std::optional<AcmeProblem> ParseError(const JsonObject& object) {
  const auto error = object.Object("error");
  if (!error) return std::nullopt;
  return ToProblem(*error);
}

absl::StatusOr<std::string> ParseToken(const JsonObject& challenge) {
  std::string token = challenge.String("token").value_or("");
  if (!IsBase64Url(token, kMaxToken)) return Wrong("a challenge's token is not base64url");
  return token;
}

absl::Status ParseDnsChallenge(const JsonObject& challenge, const std::string& thumbprint,
                               AcmeAuthorization& authorization) {
  ASSIGN_OR_RETURN(authorization.challenge_url, ParseUrl(challenge, "url"));
  ASSIGN_OR_RETURN(authorization.challenge_status, ParseStatus(challenge, kChallengeWords));
  ASSIGN_OR_RETURN(const std::string token, ParseToken(challenge));
  authorization.txt_value = Dns01Value(token, thumbprint);
  authorization.error = ParseError(challenge);
  return absl::OkStatus();
}

absl::Status ParseHttpChallenge(const JsonObject& challenge, const std::string& thumbprint,
                                AcmeAuthorization& authorization) {
  AcmeHttpChallenge http;
  ASSIGN_OR_RETURN(http.url, ParseUrl(challenge, "url"));
  ASSIGN_OR_RETURN(http.status, ParseStatus(challenge, kChallengeWords));
  ASSIGN_OR_RETURN(const std::string token, ParseToken(challenge));
  http.key_authorization = KeyAuthorization(token, thumbprint);
  http.error = ParseError(challenge);
  authorization.http = std::move(http);
  return absl::OkStatus();
}

// The first challenge of each kind counts; kinds that we do not answer may be anything.
absl::Status ParseChallenge(const JsonObject& challenge, const std::string& thumbprint,
                            AcmeAuthorization& authorization) {
  const std::optional<std::string> type = challenge.String("type");
  if (type == "dns-01" && authorization.challenge_url.empty()) {
    return ParseDnsChallenge(challenge, thumbprint, authorization);
  }
  if (type == "http-01" && !authorization.http) {
    return ParseHttpChallenge(challenge, thumbprint, authorization);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::optional<std::string>> ParseAccountOrders(const std::string& body) {
  ASSIGN_OR_RETURN(const JsonObject object, JsonObject::Parse(body));
  if (!object.String("orders")) return std::optional<std::string>();
  ASSIGN_OR_RETURN(std::string url, ParseUrl(object, "orders"));
  return std::optional<std::string>(std::move(url));
}

absl::StatusOr<std::vector<std::string>> ParseOrderList(const std::string& body) {
  ASSIGN_OR_RETURN(const JsonObject object, JsonObject::Parse(body));
  return ParseUrls(object, "orders", kMaxOrdersOnAPage);
}

absl::StatusOr<AcmeOrder> ParseOrder(const std::string& body) {
  ASSIGN_OR_RETURN(const JsonObject object, JsonObject::Parse(body));
  AcmeOrder order;
  ASSIGN_OR_RETURN(order.status, ParseStatus(object, kOrderWords));
  ASSIGN_OR_RETURN(order.names, ParseIdentifiers(object));
  ASSIGN_OR_RETURN(order.authorization_urls, ParseUrls(object, "authorizations", kMaxIdentifiers));
  ASSIGN_OR_RETURN(order.finalize_url, ParseUrl(object, "finalize"));
  if (order.status == AcmeOrderStatus::kValid) {
    ASSIGN_OR_RETURN(order.certificate_url, ParseUrl(object, "certificate"));
  }
  ASSIGN_OR_RETURN(order.expire_time, ParseExpires(object));
  order.error = ParseError(object);
  return order;
}

absl::StatusOr<AcmeAuthorization> ParseAuthorization(const std::string& body,
                                                     const std::string& thumbprint) {
  ASSIGN_OR_RETURN(const JsonObject object, JsonObject::Parse(body));
  AcmeAuthorization authorization;
  ASSIGN_OR_RETURN(authorization.status, ParseStatus(object, kAuthorizationWords));
  ASSIGN_OR_RETURN(authorization.identifier, ParseIdentifier(object.Object("identifier")));
  authorization.wildcard = object.Boolean("wildcard").value_or(false);
  ASSIGN_OR_RETURN(authorization.expire_time, ParseExpires(object));
  const auto challenges = object.Objects("challenges", kMaxChallenges);
  if (!challenges) return Wrong("the authorization has no list of challenges");
  for (const JsonObject& challenge : *challenges) {
    RETURN_IF_ERROR(ParseChallenge(challenge, thumbprint, authorization));
  }
  return authorization;
}

}  // namespace cert
