// Orders certificate after certificate, for any purpose, each time killing or pausing padlock-cert
// at another of the order's messages, and judges how it ends.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "e2e/course.h"
#include "e2e/message_tap.h"
#include "e2e/tenant.h"
#include "lab/lab.h"

namespace e2e {

// What a killed replica held is free once the database's clock has passed by this; it is long, so
// that no step outlasts it on a busy machine.
inline constexpr absl::Duration kLongLease = absl::Seconds(20);
// A paused replica has to wait for its lease's end itself.
inline constexpr absl::Duration kShortLease = absl::Seconds(5);

struct RunPoint {
  Purpose purpose = Purpose::kDelegation;
  MessagePoint at = {};
};

// A lab in which the first replica works alone and says everything through relays, with a CA
// without moods of its own, so that one order is like the next. Confined to one thread.
class OrderRun {
 public:
  static absl::StatusOr<std::unique_ptr<OrderRun>> Start(absl::Duration lease = kLongLease);

  // Orders undisturbed: the names of the messages.
  absl::StatusOr<std::vector<std::string>> Record(Purpose purpose);

  // Orders, kills at that point, and starts again together with a second replica: both race for
  // what the dead one left. The message's name, which is empty when the order ended without it; an
  // error unless the same order goes on and ends well.
  absl::StatusOr<std::string> KillAt(const RunPoint& point);

  // Orders, and pauses at that point until a second replica has taken the work up and ended it. The
  // message's name; an error if the paused one, as it goes on, does or writes anything for it. Not
  // for HTTP, where a web server that stands still is no fault of the order.
  absl::StatusOr<std::string> PauseAt(const RunPoint& point);

 private:
  OrderRun(std::unique_ptr<lab::Lab> lab, absl::Duration lease)
      : lab_(std::move(lab)), lease_(lease), tap_(*lab_) {}

  // Another host below the same zone; its order's messages are counted from here on.
  absl::StatusOr<std::unique_ptr<Course>> Begin(const RunPoint& point);
  // The message that waits; empty when the course ended first.
  absl::StatusOr<std::string> AwaitMessage(Course& course);
  absl::Status KillAndResume();
  // Lets the second replica end the order while the first stands still.
  absl::Status LetSecondEnd(Course& course);
  absl::Status Judge(Course& course);

  const std::unique_ptr<lab::Lab> lab_;
  const absl::Duration lease_;
  MessageTap tap_;
  std::unique_ptr<Tenant> tenant_;
  int hosts_ = 0;
};

// What an order's disturbance came to.
struct RunOutcome {
  RunPoint point;
  absl::StatusOr<std::string> message;
};

// Disturbs an order at each of the points, on `labs` labs at a time; `report` is told of each, one
// at a time.
using Disturbance = absl::StatusOr<std::string> (OrderRun::*)(const RunPoint&);
absl::Status DisturbAtEach(Disturbance disturb, const std::vector<RunPoint>& points,
                           std::size_t labs, absl::FunctionRef<void(const RunOutcome&)> report,
                           absl::Duration lease = kLongLease);

}  // namespace e2e
