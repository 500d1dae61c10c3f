#include "base/core_dump.h"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <cstdlib>

namespace base {
namespace {

// Whether the kernel would dump a core of this process, to a file or to a program.
bool MayDump() {
  rlimit core{};
  getrlimit(RLIMIT_CORE, &core);
  return prctl(PR_GET_DUMPABLE) != 0 || core.rlim_cur != 0 || core.rlim_max != 0;
}

TEST(CoreDumpDeathTest, NoneIsMadeOnceTheyArePrevented) {
  EXPECT_TRUE(MayDump());
  EXPECT_EXIT(
      {
        PreventCoreDumps();
        std::_Exit(MayDump() ? 1 : 0);
      },
      ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace base
