// Trust anchors as OpenSSL has them. Private to this folder.

#pragma once

#include "cert/keys/openssl_ptr.h"
#include "cert/keys/trust_anchors.h"

namespace cert {

// Looked into by several threads at once, for which it has locks of its own.
struct TrustAnchors::Store {
  StorePtr x509;
};

}  // namespace cert
