// Messages for scripts: Protobuf's JSON, one object per line.

#pragma once

#include <string>

namespace google::protobuf {
class Message;
}  // namespace google::protobuf

namespace cli {

// Ends with a newline.
std::string ToJsonLine(const google::protobuf::Message& message);

}  // namespace cli
