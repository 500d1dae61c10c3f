// fork and exec for the lab's servers. The kernel ends a child when the *thread* that forked it
// ends (PR_SET_PDEATHSIG), so all children are forked by one thread that lives as long as the
// process: they end with the process, however it ends, and not with the thread that asked for them.

#pragma once

#include <sys/types.h>

#include <csignal>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace lab {

struct SpawnPlan {
  std::string program;                   // absolute path
  std::vector<std::string> arguments;    // argv[0] included
  std::vector<std::string> environment;  // all of it, as "NAME=value"
  std::string directory = "/";
  std::string user;  // run as this user, if we are root
  int input = -1;    // becomes standard input; /dev/null when negative
  int output = -1;   // becomes standard output and error; /dev/null when negative
  int death_signal = SIGKILL;
};

// The new process leads its own process group and inherits no other descriptor. NOT_FOUND when the
// user or the program does not exist.
absl::StatusOr<pid_t> Spawn(const SpawnPlan& plan);

}  // namespace lab
