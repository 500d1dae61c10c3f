// Errors for callers begin with the name of the field that is wrong: "domain.hostname: …".

#pragma once

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_format.h"

namespace cert {

inline absl::Status FieldError(const std::string& field, const std::string& why) {
  return absl::InvalidArgumentError(absl::StrFormat("%s: %s", field, why));
}

// The same status, with the field's name before its message.
inline absl::Status InField(const std::string& field, const absl::Status& status) {
  return {status.code(), absl::StrFormat("%s: %s", field, std::string(status.message()))};
}

template <typename T>
absl::StatusOr<T> InField(const std::string& field, absl::StatusOr<T> result) {
  if (result.ok()) return result;
  return InField(field, result.status());
}

}  // namespace cert
