// The objects that a CA shows to everybody: its directory and renewal windows.

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "cert/acme/acme_objects.h"
#include "cert/acme/json_object.h"
#include "cert/acme/problem.h"
#include "cert/acme/reply_headers.h"
#include "cert/core/settings.h"

namespace cert {
namespace {

constexpr std::size_t kMaxCaaIdentities = 20;
constexpr std::size_t kMaxProfiles = 50;
constexpr std::size_t kMaxProfileText = 256;
constexpr std::size_t kMaxCaaIdentity = 253;

absl::StatusOr<std::string> RequiredUrl(const JsonObject& object, const std::string& key) {
  std::string url = object.String(key).value_or("");
  if (IsHttpsUrl(url)) return url;
  return absl::InternalError(absl::StrFormat("\"%s\" is no https URL", key));
}

std::string UrlOrNothing(const JsonObject& object, const std::string& key) {
  std::string url = object.String(key).value_or("");
  return IsHttpsUrl(url) ? url : std::string();
}

std::map<std::string, std::string> Profiles(const JsonObject& meta) {
  std::map<std::string, std::string> profiles;
  const std::optional<JsonObject> object = meta.Object("profiles");
  if (!object) return profiles;
  for (const std::string& name : object->Keys(kMaxProfiles)) {
    if (!IsProfileName(name)) continue;  // nobody could choose it
    profiles[name] = Sanitise(object->String(name).value_or(""), kMaxProfileText);
  }
  return profiles;
}

AcmeMetadata Metadata(const JsonObject& meta) {
  AcmeMetadata metadata{.caa_identities = {}, .profiles = Profiles(meta)};
  for (const std::string& name :
       meta.Strings("caaIdentities", kMaxCaaIdentities).value_or(std::vector<std::string>())) {
    metadata.caa_identities.push_back(Sanitise(name, kMaxCaaIdentity));
  }
  return metadata;
}

absl::StatusOr<absl::Time> WindowTime(const JsonObject& window, const std::string& key) {
  absl::Time time;
  if (absl::ParseTime(absl::RFC3339_full, window.String(key).value_or(""), &time, nullptr) &&
      time > absl::UnixEpoch() && time < absl::InfiniteFuture()) {
    return time;
  }
  return absl::InternalError(
      absl::StrFormat("\"%s\" of the suggested window is no RFC 3339 time", key));
}

}  // namespace

absl::StatusOr<AcmeDirectory> ParseDirectory(const std::string& body) {
  ASSIGN_OR_RETURN(const JsonObject object, JsonObject::Parse(body));
  AcmeDirectory directory;
  ASSIGN_OR_RETURN(directory.new_nonce, RequiredUrl(object, "newNonce"));
  ASSIGN_OR_RETURN(directory.new_account, RequiredUrl(object, "newAccount"));
  ASSIGN_OR_RETURN(directory.new_order, RequiredUrl(object, "newOrder"));
  ASSIGN_OR_RETURN(directory.revoke_cert, RequiredUrl(object, "revokeCert"));
  directory.key_change = UrlOrNothing(object, "keyChange");
  directory.renewal_info = UrlOrNothing(object, "renewalInfo");
  if (const std::optional<JsonObject> meta = object.Object("meta")) {
    directory.metadata = Metadata(*meta);
  }
  return directory;
}

absl::StatusOr<AcmeRenewalInfo> ParseRenewalInfo(const std::string& body) {
  ASSIGN_OR_RETURN(const JsonObject object, JsonObject::Parse(body));
  const std::optional<JsonObject> window = object.Object("suggestedWindow");
  if (!window) return absl::InternalError("the renewal information has no suggested window");
  AcmeRenewalInfo info;
  ASSIGN_OR_RETURN(info.window.start, WindowTime(*window, "start"));
  ASSIGN_OR_RETURN(info.window.end, WindowTime(*window, "end"));
  if (info.window.start >= info.window.end) {
    return absl::InternalError("the suggested window ends before it starts");
  }
  info.explanation_url = UrlOrNothing(object, "explanationURL");
  return info;
}

}  // namespace cert
