// Counts what padlock-cert says to the CA, to PostgreSQL and to the delegation zone's nameservers,
// in the order of the messages, and stops at one of them. Needs a lab with relays, of which one
// replica is at work.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "e2e/tenant.h"
#include "lab/lab.h"

namespace e2e {

struct MessagePoint {
  std::size_t number = 0;  // of the messages that begin with `start`, from 1; 0 is none of them
  std::string start = {};  // "CA /order-plz", "PostgreSQL COMMIT", "primary UPDATE"; all if empty
  lab::Moment moment = lab::Moment::kBeforeDelivery;
};

// Thread-safe.
class MessageTap {
 public:
  // `lab` must outlive it.
  explicit MessageTap(lab::Lab& lab);
  // Closes the waiting message's connection.
  ~MessageTap();
  MessageTap(const MessageTap&) = delete;
  MessageTap& operator=(const MessageTap&) = delete;

  // Counts from 1 again; the message at `point` will wait there.
  void Arm(MessagePoint point);
  // The message that waits, or comes to wait within that time. DEADLINE_EXCEEDED.
  absl::StatusOr<std::string> Await(absl::Duration patience = kPatience) const;
  // Closes the waiting message's connection or passes it on, and lets everything later pass.
  void LetGo(lab::Action action);

  // Names of the messages since Arm().
  std::vector<std::string> Messages() const;

 private:
  struct State;

  lab::Lab& lab_;
  const std::shared_ptr<State> state_;  // the hooks may run on while we go
};

}  // namespace e2e
