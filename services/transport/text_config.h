// Reads a configuration file in protobuf text format.

#pragma once

#include <string>

#include "absl/status/status.h"

namespace google::protobuf {
class Message;
}  // namespace google::protobuf

namespace transport {

// What reading the file gives, or INVALID_ARGUMENT: "file:line:column: what is wrong".
absl::Status ReadTextConfig(const std::string& path, google::protobuf::Message& config);

// Says on standard error, to people, whether a configuration is good. The exit status of
// `check-config`: 0 if it is.
int TellCheck(const absl::Status& status);

// A file name from a configuration file, which is relative to that file's directory.
std::string ResolvePath(const std::string& config_path, const std::string& name);

}  // namespace transport
