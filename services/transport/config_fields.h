// What the readers of every program's configuration share: the fields that all have, and how a
// wrong one is told of. Errors, unless something else is said, are INVALID_ARGUMENT with the
// field's path first: "grpc.port: must be from 1 to 65535".

#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "transport/tls.h"

namespace google::protobuf {
class Duration;
}  // namespace google::protobuf

namespace padlock::config::v1 {
class Endpoint;
class Tls;
}  // namespace padlock::config::v1

namespace transport {

struct Endpoint {
  std::string address;  // an IP address, as inet_ntop(3) spells it
  int port = 0;
};

absl::Status WrongField(const std::string& field, const std::string& why);

// The same status, with the field's path before its message.
absl::Status InField(const std::string& field, const absl::Status& status);

// An error when `value` is empty.
absl::Status RequireField(const std::string& field, const std::string& value);

// Spelled as inet_ntop(3) does.
absl::StatusOr<std::string> ReadAddress(const std::string& field, const std::string& text);

absl::StatusOr<int> ReadPort(const std::string& field, std::uint32_t port);

absl::StatusOr<Endpoint> ReadEndpoint(const std::string& field,
                                      const padlock::config::v1::Endpoint& proto);

// From 1 to `largest`; 0, which is what an unset field has, means `fallback`.
absl::StatusOr<int> ReadNumber(const std::string& field, std::uint32_t value, int fallback,
                               std::uint32_t largest);

struct DurationRule {
  absl::Duration shortest;
  absl::Duration longest = absl::InfiniteDuration();
  bool whole_seconds = true;
};
absl::StatusOr<absl::Duration> ReadDuration(const std::string& field,
                                            const google::protobuf::Duration& proto,
                                            const DurationRule& rule);

// Whose file names are relative to the directory of `config_path`. No file is opened.
absl::StatusOr<TlsFiles> ReadTls(const padlock::config::v1::Tls& proto,
                                 const std::string& config_path);

}  // namespace transport
