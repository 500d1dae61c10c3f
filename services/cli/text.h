// Values as people read them. What came from the DNS or a CA passes through Printable() on its way
// to a terminal, because it may hold control sequences. Pure.

#pragma once

#include <google/protobuf/timestamp.pb.h>

#include <string>

#include "absl/time/time.h"

namespace cli {

// Every octet outside of printable ASCII as \DDD (RFC 1035 5.1).
std::string Printable(const std::string& text);

// The part after the prefix, in lower case with blanks: WordOf("STATE_", "STATE_AWAITING_DOMAIN")
// is "awaiting domain".
std::string WordOf(const std::string& prefix, const std::string& enum_name);

absl::Time ToTime(const google::protobuf::Timestamp& timestamp);

// "2026-11-22 03:51:02 UTC".
std::string FormatTime(const google::protobuf::Timestamp& timestamp);

// "in 4 s", "now", "2 days ago".
std::string FormatRelative(absl::Time time, absl::Time now);

// The last segment of a resource name.
std::string IdOf(const std::string& resource_name);

}  // namespace cli
