#include "cert/app/settings.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "cert/app/field_error.h"
#include "cert/core/shown.h"
#include "cert/keys/caller_csr.h"

namespace cert {

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
  return absl::OkStatus();
}

absl::Status CheckRequest(const CertificateSettings& settings,
                          const std::vector<std::string>& names) {
  if (settings.csr_pem.empty()) return absl::OkStatus();
  const absl::Status checked = CheckCallerCsr(settings.csr_pem, names).status();
  if (checked.ok()) return checked;
  return InField("certificate_settings.certificate_signing_request", checked);
}

}  // namespace cert
