// What a gRPC call brings along besides its message: who calls, and its request id.

#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "base/random.h"
#include "transport/identity.h"

namespace grpc {
class ServerContextBase;
}  // namespace grpc

namespace transport {

// UNAUTHENTICATED: no verified client certificate. PERMISSION_DENIED: as ParseIdentity.
absl::StatusOr<Identity> IdentityOf(const grpc::ServerContextBase& context,
                                    const IdentityRules& rules);

// Of a client that IdentityOf() does not know: the names in its certificate, as Describe() shows
// them.
std::string NamesOffered(const grpc::ServerContextBase& context);

// From the metadata, or a new one.
std::string RequestIdOf(const grpc::ServerContextBase& context, base::Random& random);

}  // namespace transport
