#include "bench/dnsperf.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "bench/workload.h"

namespace bench {
namespace {

// A file that is removed with it.
class QuestionFile {
 public:
  QuestionFile() {
    const int fd = mkstemp(path_.data());
    std::string lines;
    for (const Name& name : Names()) lines += name.text + " TXT\n";
    ok_ = fd >= 0 && write(fd, lines.data(), lines.size()) == static_cast<ssize_t>(lines.size());
    if (fd >= 0) close(fd);
  }
  ~QuestionFile() { unlink(path_.c_str()); }
  QuestionFile(const QuestionFile&) = delete;
  QuestionFile& operator=(const QuestionFile&) = delete;

  bool ok() const { return ok_; }
  const std::string& path() const { return path_; }

 private:
  std::string path_ = "/tmp/padlock-bench-XXXXXX";
  bool ok_ = false;
};

std::string ReadAll(int fd) {
  std::string text;
  std::array<char, 4096> buffer{};
  ssize_t count = 0;
  while ((count = read(fd, buffer.data(), buffer.size())) > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return text;
}

// "  Queries completed:    12345 (100.00%)"
absl::StatusOr<double> CompletedQueries(const std::string& output) {
  for (const absl::string_view line : absl::StrSplit(output, '\n')) {
    const std::vector<absl::string_view> words = absl::StrSplit(line, ' ', absl::SkipEmpty());
    double count = 0;
    if (words.size() > 2 && words[0] == "Queries" && words[1] == "completed:" &&
        absl::SimpleAtod(words[2], &count) && count > 0) {
      return count;
    }
  }
  return absl::InternalError("dnsperf tells of no completed queries: " + output);
}

// Its standard output; `usage` is what it has used.
absl::StatusOr<std::string> RunProgram(const std::vector<std::string>& arguments, rusage& usage) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return absl::ErrnoToStatus(errno, "pipe2");
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  pid_t pid = 0;
  const int failed = posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  const std::string output = failed == 0 ? ReadAll(ends[0]) : "";
  close(ends[0]);
  if (failed != 0) return absl::ErrnoToStatus(failed, argv[0]);
  int status = 0;
  if (wait4(pid, &status, 0, &usage) != pid || status != 0) {
    return absl::InternalError("dnsperf failed: " + output);
  }
  return output;
}

double SecondsOf(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

}  // namespace

absl::StatusOr<Run> RunDnsperf(const DnsperfOptions& options) {
  const QuestionFile questions;
  if (!questions.ok()) return absl::InternalError("the questions cannot be written to a file");
  rusage usage{};
  const absl::Time begin = absl::Now();
  const absl::StatusOr<std::string> output =
      RunProgram({"taskset", "-c", std::to_string(options.core),  //
                  "dnsperf", "-s", AuthoritativeAddress(0).ToString(), "-p",
                  std::to_string(options.port), "-d", questions.path(), "-e", "-l",
                  absl::StrFormat("%.1f", absl::ToDoubleSeconds(options.span.measured)), "-T", "1",
                  "-c", std::to_string(options.sockets), "-q", std::to_string(options.outstanding)},
                 usage);
  if (!output.ok()) return output.status();
  const absl::StatusOr<double> completed = CompletedQueries(*output);
  if (!completed.ok()) return completed.status();
  return Run{.queries = *completed,
             .answered = *completed,
             .cpu_seconds = SecondsOf(usage.ru_utime) + SecondsOf(usage.ru_stime),
             .wall_seconds = absl::ToDoubleSeconds(absl::Now() - begin)};
}

}  // namespace bench
