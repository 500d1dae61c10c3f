// What became of one question to one server.

#pragma once

#include <string>

#include "absl/time/time.h"
#include "probe/core/dns_message.h"

namespace probe {

struct Reply {
  enum class Kind {
    kAnswered,     // `message` is set, whatever its response code
    kTimeout,      // nothing came
    kUnreachable,  // no route, nobody listens there
    kMalformed,    // what came is no answer to this question
    kNotAsked,     // our own limit
  };

  Kind kind = Kind::kTimeout;
  Message message = {};
  bool over_tcp = false;
  absl::Duration round_trip_time = absl::ZeroDuration();  // of the last attempt
  std::string note = {};                                  // one sentence, or empty
};

}  // namespace probe
