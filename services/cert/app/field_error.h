// Errors for callers begin with the name of the field that is wrong: "domain.hostname: …".

#pragma once

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/cord.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"

namespace cert {

inline absl::Status FieldError(const std::string& field, const std::string& why) {
  return absl::InvalidArgumentError(absl::StrFormat("%s: %s", field, why));
}

// The same status, with the field's name before its message.
inline absl::Status InField(const std::string& field, const absl::Status& status) {
  absl::Status named(status.code(),
                     absl::StrFormat("%s: %s", field, std::string(status.message())));
  status.ForEachPayload(
      [&](absl::string_view type, const absl::Cord& payload) { named.SetPayload(type, payload); });
  return named;
}

template <typename T>
absl::StatusOr<T> InField(const std::string& field, absl::StatusOr<T> result) {
  if (result.ok()) return result;
  return InField(field, result.status());
}

}  // namespace cert
