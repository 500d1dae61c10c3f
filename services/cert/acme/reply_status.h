// How the outcome of one exchange bears on the call that needed it.

#pragma once

#include <type_traits>
#include <utility>
#include <variant>

#include "absl/status/status.h"
#include "cert/acme/client.h"

namespace cert {

inline bool IsSuccess(int http_status) { return http_status >= 200 && http_status < 300; }

// For a request that only prepares the one that matters (directory, nonce): if its reply was lost,
// the one that matters was still never sent.
inline absl::Status NothingSent(const absl::Status& status) {
  if (!absl::IsUnknown(status)) return status;
  return absl::UnavailableError(status.message());
}

// `next` of the value; errors and problems pass through.
template <typename T, typename Next>
std::invoke_result_t<Next, T> Then(AcmeReply<T> reply, Next next) {
  if (!reply.ok()) return std::move(reply).status();
  if (auto* problem = std::get_if<AcmeProblem>(&*reply)) return std::move(*problem);
  return next(std::get<T>(*std::move(reply)));
}

}  // namespace cert
