#include "base/clock.h"

#include "absl/time/clock.h"

namespace base {
namespace {

class RealClock final : public Clock {
 public:
  absl::Time TimeNow() const override { return absl::Now(); }
};

}  // namespace

const Clock& SystemClock() {
  static const RealClock clock;
  return clock;
}

}  // namespace base
