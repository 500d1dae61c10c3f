#include "base/pulse.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace base {

absl::Status CheckPulses(const Pulses& pulses, Pulse::Instant now) {
  std::vector<std::string> hanging;
  for (const std::weak_ptr<const Pulse>& watched : pulses) {
    const PulsePtr pulse = watched.lock();
    if (pulse == nullptr) continue;
    const absl::Duration silence = absl::FromChrono(now - pulse->last_beat());
    if (silence <= pulse->bound()) continue;
    hanging.push_back(absl::StrCat(pulse->part(), " for ",
                                   absl::FormatDuration(absl::Trunc(silence, absl::Seconds(1)))));
  }
  if (hanging.empty()) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("hangs: ", absl::StrJoin(hanging, ", ")));
}

}  // namespace base
