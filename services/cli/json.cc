#include "cli/json.h"

#include <google/protobuf/message.h>
#include <google/protobuf/util/json_util.h>

namespace cli {

std::string ToJsonLine(const google::protobuf::Message& message) {
  std::string json;
  // Fails only for messages that hold an Any of an unknown type; ours hold none.
  (void)google::protobuf::util::MessageToJsonString(message, &json);
  return json + "\n";
}

}  // namespace cli
