#include "bench/thread.h"

#include <pthread.h>
#include <sched.h>

namespace bench {

void PinThisThread(int core, const char* name) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  if (core >= 0) {
    CPU_SET(static_cast<unsigned>(core), &cores);
  } else {
    for (unsigned i = 0; i < CPU_SETSIZE; ++i) CPU_SET(i, &cores);
  }
  pthread_setname_np(pthread_self(), name);
  // On a machine with one core everything shares it, which the table shows.
  static_cast<void>(sched_setaffinity(0, sizeof(cores), &cores));
}

clockid_t ThisThreadsClock() {
  clockid_t clock = CLOCK_THREAD_CPUTIME_ID;
  pthread_getcpuclockid(pthread_self(), &clock);
  return clock;
}

double SecondsOf(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

}  // namespace bench
