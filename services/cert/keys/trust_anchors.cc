#include "cert/keys/trust_anchors.h"

#include "absl/status/status.h"
#include "cert/keys/anchor_store.h"

namespace cert {

absl::StatusOr<TrustAnchors> TrustAnchors::Parse(const std::string& pem) {
  const auto store = std::make_shared<Store>();
  store->x509.reset(X509_STORE_new());
  const BioPtr bio = ReadFrom(pem);
  bool has_any = false;
  while (const CertificatePtr root{PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)}) {
    has_any = true;
    X509_STORE_add_cert(store->x509.get(), root.get());
  }
  ERR_clear_error();
  if (!has_any) return absl::FailedPreconditionError("no certificate in PEM");
  return TrustAnchors(store);
}

}  // namespace cert
