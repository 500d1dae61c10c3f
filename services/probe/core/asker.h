// Asks one question of one server. The engine does it over the network (resolver/engine.h), others
// stand in front of it to spare servers, tests answer from a simulated world.

#pragma once

#include <utility>

#include "absl/time/time.h"
#include "probe/core/dns_message.h"
#include "probe/core/ip_address.h"
#include "probe/core/reply.h"
#include "probe/core/reply_handler.h"

namespace probe {

struct Asking {
  ServerAddress server = {};
  Question question = {};
  bool recursion_desired = false;
  bool checking_disabled = false;  // CD (RFC 4035, 3.2.2): the answer even if validation fails
  absl::Duration timeout = absl::ZeroDuration();
  // An answer to the same question that came so recently will do: for a check, not one from before
  // it began, or it would not see what was changed since.
  absl::Duration max_age = absl::ZeroDuration();

  bool operator==(const Asking&) const = default;
};

// Confined to its loop's thread.
class Asker {
 public:
  using Done = ReplyHandler;

  virtual ~Asker() = default;

  // `done` is called once, within `asking.timeout`, never from within Ask. The reply is there for
  // the call only.
  virtual void Ask(const Asking& asking, Done done) = 0;
};

}  // namespace probe
