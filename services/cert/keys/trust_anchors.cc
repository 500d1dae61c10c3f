#include "cert/keys/trust_anchors.h"

#include "absl/status/status.h"
#include "cert/keys/openssl_ptr.h"

namespace cert {

absl::StatusOr<TrustAnchors> TrustAnchors::Parse(const std::string& pem) {
  StorePtr store(X509_STORE_new());
  const BioPtr bio = ReadFrom(pem);
  bool has_any = false;
  while (const CertificatePtr root{PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)}) {
    has_any = true;
    X509_STORE_add_cert(store.get(), root.get());
  }
  ERR_clear_error();
  if (!has_any) return absl::FailedPreconditionError("no certificate in PEM");
  return TrustAnchors(std::move(store));
}

}  // namespace cert
