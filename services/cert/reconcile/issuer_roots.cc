#include "cert/reconcile/issuer_roots.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"

namespace cert {

absl::StatusOr<std::optional<TrustAnchors>> IssuerRoots::Read() const {
  if (file_.empty()) return std::nullopt;
  ASSIGN_OR_RETURN(std::string pem, base::ReadFile(file_));
  base::MutexLock lock(parsed_->mutex);
  if (parsed_->anchors && parsed_->pem == pem) return parsed_->anchors;
  absl::StatusOr<TrustAnchors> anchors = TrustAnchors::Parse(pem);
  if (!anchors.ok()) {
    return absl::Status(anchors.status().code(),
                        absl::StrCat(file_, ": ", anchors.status().message()));
  }
  parsed_->pem = std::move(pem);
  parsed_->anchors = *std::move(anchors);
  return parsed_->anchors;
}

}  // namespace cert
