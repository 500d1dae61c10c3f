#include <cstdio>
#include "bench/canned_dns.h"
#include "bench/check_load.h"
#include "bench/raw_client.h"
#include "bench/thread.h"
#include "base/log.h"
#include <string>
int main(int argc, char** argv) {
  base::InitLog("bench", base::LogLevel::kWarning);
  auto server = *bench::CannedDns::Start(bench::kServerCore);
  int rounds = argc > 1 ? atoi(argv[1]) : 2;
  size_t n = argc > 2 ? atoi(argv[2]) : 800;
  std::string which = argc > 3 ? argv[3] : "rc";
  auto show = [](const char* w, bench::Run r) { printf("%s %.2f us/q  %.0f q/s  busy %.2f  answered %.4f\n", w, r.microseconds_per_query(), r.queries / r.wall_seconds, r.cpu_seconds/r.wall_seconds, r.answered / r.queries); };
  for (int i = 0; i < rounds; ++i) {
    if (which.find('r') != which.npos) show("raw  ", bench::RunRawClient({.port = server->port(), .core = 1, .outstanding = n*5}));
    if (which.find('c') != which.npos) show("check", bench::RunChecks({.port = server->port(), .cores = {1}, .checks = n}));
  }
}
