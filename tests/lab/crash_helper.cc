// Starts servers, prints the directory that records their pids, and dies as if by a crash.

#include <csignal>
#include <iostream>
#include <memory>

#include "lab/knot.h"
#include "lab/postgres.h"
#include "lab/stack.h"

int main() {
  const absl::StatusOr<std::unique_ptr<lab::Stack>> stack = lab::Stack::Claim();
  if (!stack.ok()) return 1;
  const absl::StatusOr<std::unique_ptr<lab::Postgres>> postgres = lab::Postgres::Start(**stack);
  const absl::StatusOr<std::unique_ptr<lab::Knot>> knot = lab::Knot::Start(
      **stack,
      {.name = "knot", .address = (*stack)->Address(lab::host::kRoot), .keys = {}, .zones = {}});
  if (!postgres.ok() || !knot.ok()) return 1;
  std::cout << (*stack)->pid_directory() << std::flush;
  return std::raise(SIGKILL);
}
