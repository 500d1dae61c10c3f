// What LISTEN brings: wake-ups, never facts. A lost one costs a second, since everybody also polls.

#pragma once

#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "cert/core/ids.h"

namespace cert {

// Listens on a connection and thread of its own, for ever reconnecting, until destroyed.
class Notifications {
 public:
  struct Handlers {
    // Both are called on the listener's thread and must not block.
    // Both are called each time it begins to listen too, since something may have been missed.
    absl::AnyInvocable<void()> work;                   // some row may be due
    absl::AnyInvocable<void(const TenantId&)> events;  // this tenant has new events; empty: any may
  };

  Notifications(std::string connection_string, Handlers handlers);
  ~Notifications();
  Notifications(const Notifications&) = delete;
  Notifications& operator=(const Notifications&) = delete;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cert
