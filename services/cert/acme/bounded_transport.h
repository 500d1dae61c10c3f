// Lets a CA that does not answer hold up a part of the threads that ask CAs (base/bulkhead.h).
//
// What there is no place for returns DEADLINE_EXCEEDED or RESOURCE_EXHAUSTED. Only a reply to a
// signed request says that the CA works: its directory may answer while nothing behind it does.

#pragma once

#include <memory>
#include <utility>

#include "base/bulkhead.h"
#include "cert/acme/http_transport.h"

namespace cert {

// Thread-safe.
class BoundedTransport final : public HttpTransport {
 public:
  BoundedTransport(std::unique_ptr<HttpTransport> transport, base::Bulkhead::Options options)
      : transport_(std::move(transport)), bulkhead_(options) {}

  absl::StatusOr<HttpReply> Send(const HttpRequest& request, base::Deadline deadline) override {
    using Outcome = base::Bulkhead::Outcome;
    const bool is_signed = request.method == HttpRequest::Method::kPost;
    return bulkhead_.Run(
        deadline, [&] { return transport_->Send(request, deadline); },
        [&](const absl::StatusOr<HttpReply>& reply) {
          if (!reply.ok()) return Outcome::kUnanswered;
          return is_signed ? Outcome::kAnswered : Outcome::kSaysNothing;
        });
  }

 private:
  const std::unique_ptr<HttpTransport> transport_;
  base::Bulkhead bulkhead_;
};

}  // namespace cert
