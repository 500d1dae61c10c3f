// The roots that issued chains must end in (RFC 5280, 6.1.1).

#pragma once

#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"

namespace cert {

// Immutable and thread-safe; copies share what was parsed: the roots of a whole system take longer
// than all else that an order needs (15 ms).
class TrustAnchors {
 public:
  // The certificates of a file, up to the first that cannot be read. FAILED_PRECONDITION: not one.
  static absl::StatusOr<TrustAnchors> Parse(const std::string& pem);

  struct Store;  // anchor_store.h
  const Store& store() const { return *store_; }

 private:
  explicit TrustAnchors(std::shared_ptr<const Store> store) : store_(std::move(store)) {}

  std::shared_ptr<const Store> store_;
};

}  // namespace cert
