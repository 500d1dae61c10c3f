#include "transport/call.h"

#include <grpc/grpc_security_constants.h>
#include <grpcpp/security/auth_context.h>
#include <grpcpp/server_context.h>

#include <optional>

#include "transport/request_id.h"

namespace transport {
namespace {

std::vector<std::string> Property(const grpc::AuthContext& context, const char* name) {
  std::vector<std::string> values;
  for (const grpc::string_ref& value : context.FindPropertyValues(name)) {
    values.emplace_back(value.data(), value.size());
  }
  return values;
}

// None without a verified certificate.
std::optional<PeerNames> NamesOf(const grpc::ServerContextBase& context) {
  const std::shared_ptr<const grpc::AuthContext> peer = context.auth_context();
  if (peer == nullptr || !peer->IsPeerAuthenticated()) return std::nullopt;
  return PeerNames{.uris = Property(*peer, GRPC_PEER_URI_PROPERTY_NAME),
                   .dns_names = Property(*peer, GRPC_PEER_DNS_PROPERTY_NAME)};
}

}  // namespace

absl::StatusOr<Identity> IdentityOf(const grpc::ServerContextBase& context,
                                    const IdentityRules& rules) {
  const std::optional<PeerNames> names = NamesOf(context);
  if (!names) return absl::UnauthenticatedError("no client certificate");
  return ParseIdentity(*names, rules);
}

std::string NamesOffered(const grpc::ServerContextBase& context) {
  return Describe(NamesOf(context).value_or(PeerNames{}));
}

std::string RequestIdOf(const grpc::ServerContextBase& context, base::Random& random) {
  const auto& metadata = context.client_metadata();
  const auto found = metadata.find(kRequestIdKey);
  if (found == metadata.end()) return AcceptRequestId("", random);
  return AcceptRequestId({found->second.data(), found->second.size()}, random);
}

}  // namespace transport
