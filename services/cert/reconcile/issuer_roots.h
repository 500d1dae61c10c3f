// The file of roots that a CA's chains are checked against.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "cert/keys/trust_anchors.h"

namespace cert {

// Thread-safe; copies share what was parsed.
class IssuerRoots {
 public:
  IssuerRoots() = default;  // against none
  // PEM; against none when empty.
  explicit IssuerRoots(std::string file) : file_(std::move(file)) {}

  // What the file holds at this moment, so that it may be replaced while we run; parsed only when
  // that has changed. An error, also for a file without a certificate, names the file.
  absl::StatusOr<std::optional<TrustAnchors>> Read() const;

 private:
  struct Parsed {
    base::Mutex mutex;
    std::string pem ABSL_GUARDED_BY(mutex);
    std::optional<TrustAnchors> anchors ABSL_GUARDED_BY(mutex);
  };

  std::string file_;
  std::shared_ptr<Parsed> parsed_ = std::make_shared<Parsed>();
};

}  // namespace cert
