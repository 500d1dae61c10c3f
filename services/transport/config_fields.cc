#include "transport/config_fields.h"

#include <arpa/inet.h>

#include <array>

#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "padlock/config/v1/config.pb.h"
#include "transport/text_config.h"

namespace transport {
namespace {

namespace pb = ::padlock::config::v1;

constexpr std::uint32_t kLargestPort = 65'535;

std::string Describe(const DurationRule& rule) {
  const std::string shortest = absl::FormatDuration(rule.shortest);
  const char* unit = rule.whole_seconds ? "whole seconds, " : "";
  if (rule.longest == absl::InfiniteDuration()) {
    return absl::StrFormat("must be %sat least %s", unit, shortest);
  }
  return absl::StrFormat("must be %sfrom %s to %s", unit, shortest,
                         absl::FormatDuration(rule.longest));
}

}  // namespace

absl::Status WrongField(const std::string& field, const std::string& why) {
  return absl::InvalidArgumentError(absl::StrFormat("%s: %s", field, why));
}

absl::Status InField(const std::string& field, const absl::Status& status) {
  if (status.ok()) return status;
  return {status.code(), absl::StrFormat("%s: %s", field, std::string(status.message()))};
}

absl::Status RequireField(const std::string& field, const std::string& value) {
  return value.empty() ? WrongField(field, "is required") : absl::OkStatus();
}

absl::StatusOr<std::string> ReadAddress(const std::string& field, const std::string& text) {
  RETURN_IF_ERROR(RequireField(field, text));
  std::array<unsigned char, sizeof(in6_addr)> octets{};
  std::array<char, INET6_ADDRSTRLEN> spelled{};
  for (const int family : {AF_INET, AF_INET6}) {
    if (inet_pton(family, text.c_str(), octets.data()) != 1) continue;
    return std::string(inet_ntop(family, octets.data(), spelled.data(), spelled.size()));
  }
  return WrongField(field, absl::StrFormat("\"%s\" is not an IP address", text));
}

absl::StatusOr<int> ReadPort(const std::string& field, std::uint32_t port) {
  if (port >= 1 && port <= kLargestPort) return static_cast<int>(port);
  return WrongField(field, absl::StrFormat("must be from 1 to %d", kLargestPort));
}

absl::StatusOr<Endpoint> ReadEndpoint(const std::string& field, const pb::Endpoint& proto) {
  Endpoint endpoint;
  ASSIGN_OR_RETURN(endpoint.address, ReadAddress(field + ".address", proto.address()));
  ASSIGN_OR_RETURN(endpoint.port, ReadPort(field + ".port", proto.port()));
  return endpoint;
}

absl::StatusOr<int> ReadNumber(const std::string& field, std::uint32_t value, int fallback,
                               std::uint32_t largest) {
  if (value > largest) return WrongField(field, absl::StrFormat("must be at most %d", largest));
  return value == 0 ? fallback : static_cast<int>(value);
}

absl::StatusOr<absl::Duration> ReadDuration(const std::string& field,
                                            const google::protobuf::Duration& proto,
                                            const DurationRule& rule) {
  const absl::Duration duration = absl::Seconds(proto.seconds()) + absl::Nanoseconds(proto.nanos());
  const bool fits = duration >= rule.shortest && duration <= rule.longest;
  if (fits && (!rule.whole_seconds || proto.nanos() == 0)) return duration;
  return WrongField(field, Describe(rule));
}

absl::StatusOr<TlsFiles> ReadTls(const pb::Tls& proto, const std::string& config_path) {
  RETURN_IF_ERROR(RequireField("tls.ca_file", proto.ca_file()));
  RETURN_IF_ERROR(RequireField("tls.certificate_file", proto.certificate_file()));
  RETURN_IF_ERROR(RequireField("tls.private_key_file", proto.private_key_file()));
  return TlsFiles{.ca_file = ResolvePath(config_path, proto.ca_file()),
                  .certificate_file = ResolvePath(config_path, proto.certificate_file()),
                  .private_key_file = ResolvePath(config_path, proto.private_key_file()),
                  .crl_directory = ResolvePath(config_path, proto.crl_directory())};
}

}  // namespace transport
