// The roots that issued chains must end in (RFC 5280, 6.1.1).

#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"

struct x509_store_st;  // OpenSSL's

namespace cert {

// Immutable and thread-safe; copies share what was parsed, which for the roots of a whole system
// takes as long as all else that an order needs.
class TrustAnchors {
 public:
  // The certificates of a file, up to the first that cannot be read. FAILED_PRECONDITION: not one.
  static absl::StatusOr<TrustAnchors> Parse(const std::string& pem);

  // For this folder alone.
  x509_store_st* store() const { return store_.get(); }

 private:
  explicit TrustAnchors(std::shared_ptr<x509_store_st> store) : store_(std::move(store)) {}

  std::shared_ptr<x509_store_st> store_;
};

}  // namespace cert
