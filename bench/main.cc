// padlock-bench: measures, prints a table, and says by its exit code only whether it could measure.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "bench/orders_bench.h"
#include "bench/probe_bench.h"
#include "bench/store_bench.h"
#include "bench/table.h"
#include "bench/watch_bench.h"

namespace {

struct Arguments {
  std::string name;
  std::string json;
  std::string commit;
  int rounds = 5;
  bench::StoreSizes sizes;
};

absl::StatusOr<std::vector<bench::Row>> Measure(const Arguments& arguments) {
  if (arguments.name == "store") return bench::BenchStore(arguments.rounds, arguments.sizes);
  if (arguments.name == "watch") return bench::BenchWatch(arguments.rounds);
  if (arguments.name == "orders") return bench::BenchOrders(arguments.rounds);
  return bench::BenchProbe(arguments.rounds);
}

absl::Status RunBench(const Arguments& arguments) {
  ASSIGN_OR_RETURN(const std::vector<bench::Row> rows, Measure(arguments));
  bench::PrintTable(rows);
  if (arguments.json.empty()) return absl::OkStatus();
  return bench::WriteJson(arguments.json, arguments.name, arguments.commit, rows);
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app("Benchmarks; see docs/performance.md");
  app.add_option("NAME", arguments.name, "what to measure")
      ->required()
      ->check(CLI::IsMember({"orders", "probe", "store", "watch"}));
  app.add_option("--json", arguments.json, "a file for the results, one object in each line");
  app.add_option("--commit", arguments.commit, "what was built, for that file");
  app.add_option("--rounds", arguments.rounds, "how often")->check(CLI::Range(1, 100));
  app.add_option("--certificates", arguments.sizes.many, "for store: how many are very many")
      ->check(CLI::Range(100'000, 100'000'000));
  CLI11_PARSE(app, argc, argv);
  // Lines about checks and dead resolvers are of no use here, and where they go would be measured.
  base::InitLog("bench", base::LogLevel::kError);
  const absl::Status status = RunBench(arguments);
  if (status.ok()) return 0;
  absl::FPrintF(stderr, "padlock-bench: %s\n", std::string(status.message()));
  return 1;
}
