// Where a thread runs, and the CPU time that it has used.

#pragma once

#include <ctime>

namespace bench {

// One thread for the server, the other cores for what is measured.
inline constexpr int kServerCore = 0;
inline constexpr int kClientCore = 1;

// A negative core: on any. `name` is what profilers show.
void PinThisThread(int core, const char* name);

// The clock of the calling thread's CPU time; others may read it while the thread lives.
clockid_t ThisThreadsClock();
double SecondsOf(clockid_t clock);

}  // namespace bench
