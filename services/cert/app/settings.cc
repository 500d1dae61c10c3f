#include "cert/app/settings.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "cert/app/field_error.h"
#include "cert/core/authority_choice.h"
#include "cert/core/shown.h"
#include "cert/keys/caller_csr.h"

namespace cert {
namespace {

absl::Status CheckBackup(const CertificateSettings& settings,
                         const std::vector<std::string>& authorities) {
  constexpr char kField[] = "certificate_settings.backup";
  if (!settings.backup) return absl::OkStatus();
  if (!settings.csr_pem.empty()) {
    return FieldError(kField, "needs a key of its own, and certificate_signing_request has one");
  }
  const std::vector<std::string> allowed = AllowedAuthorities(settings.authorities, authorities);
  if (allowed.size() > 1) return absl::OkStatus();
  return FieldError(
      kField, absl::StrFormat(
                  "needs a second CA, and only %s is %s", absl::StrJoin(allowed, ", "),
                  authorities.size() > 1 ? "allowed by certificate_authorities" : "configured"));
}

constexpr char kRequestField[] = "certificate_settings.certificate_signing_request";

}  // namespace

absl::Status CheckSettings(const CertificateSettings& settings,
                           const std::vector<std::string>& authorities) {
  for (auto name = settings.authorities.begin(); name != settings.authorities.end(); ++name) {
    if (std::ranges::count(authorities, *name) == 0) {
      return FieldError("certificate_settings.certificate_authorities",
                        absl::StrFormat("no CA \"%s\" is configured, only %s", Shown(*name),
                                        absl::StrJoin(authorities, ", ")));
    }
    if (std::find(settings.authorities.begin(), name, *name) != name) {
      return FieldError("certificate_settings.certificate_authorities",
                        absl::StrFormat("\"%s\" stands there twice", *name));
    }
  }
  if (!settings.profile.empty() && !IsProfileName(settings.profile)) {
    return FieldError("certificate_settings.profile",
                      "must be at most 64 characters of [A-Za-z0-9._-]");
  }
  return CheckBackup(settings, authorities);
}

absl::StatusOr<std::string> CheckRequest(const CertificateSettings& settings,
                                         const std::vector<std::string>& names) {
  if (settings.csr_pem.empty()) return std::string();
  ASSIGN_OR_RETURN(const CallerCsr csr,
                   InField(kRequestField, CheckCallerCsr(settings.csr_pem, names)));
  return csr.key_hash;
}

bool WasMadeWith(const Certificate& certificate, CertificateSettings settings) {
  if (!certificate.settings.method.has_value()) settings.method.reset();
  return certificate.settings == settings;
}

absl::Status CheckKey(Transaction& transaction, const std::string& key_hash) {
  if (key_hash.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const bool compromised, transaction.IsCompromised(key_hash));
  if (!compromised) return absl::OkStatus();
  return FieldError(kRequestField, "its key was proved to be compromised; make a new one");
}

}  // namespace cert
