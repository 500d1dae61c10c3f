// ::1, the one IPv6 address that nearly every machine has. Unlike 127.0.0.0/8 there is only one, so
// that labs take turns with it.

#pragma once

#include <utility>

#include "absl/status/statusor.h"
#include "lab/descriptor.h"

namespace lab {

inline constexpr char kLoopbackIpv6[] = "::1";

// The turn ends with the object.
class LoopbackIpv6 {
 public:
  // False on a machine, or in a container, without IPv6.
  static bool IsThere();
  // Waits until the others of this user have done with it.
  static absl::StatusOr<LoopbackIpv6> Claim();

 private:
  explicit LoopbackIpv6(Descriptor lock) : lock_(std::move(lock)) {}

  Descriptor lock_;
};

}  // namespace lab
