#include "base/core_dump.h"

#include <sys/prctl.h>
#include <sys/resource.h>

namespace base {

void PreventCoreDumps() {
  // The limit alone does not count where cores are piped to a program (core(5)).
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  constexpr rlimit kNone{.rlim_cur = 0, .rlim_max = 0};
  setrlimit(RLIMIT_CORE, &kNone);
}

}  // namespace base
