#include "cli/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "absl/strings/str_format.h"

namespace cli {
namespace {

absl::Status WriteAll(int file, const std::string& content, mode_t mode) {
  std::size_t written = 0;
  while (written < content.size()) {
    const ssize_t count = write(file, content.data() + written, content.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return absl::ErrnoToStatus(errno, "write");
    written += static_cast<std::size_t>(count);
  }
  if (fchmod(file, mode) != 0) return absl::ErrnoToStatus(errno, "chmod");
  if (fsync(file) != 0) return absl::ErrnoToStatus(errno, "sync");
  return absl::OkStatus();
}

}  // namespace

absl::Status WriteFile(const std::string& path, const std::string& content, mode_t mode) {
  const std::string temporary = absl::StrFormat("%s.%d.tmp", path, getpid());
  const int file = open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                        S_IRUSR | S_IWUSR);
  if (file < 0) return absl::ErrnoToStatus(errno, temporary);
  absl::Status status = WriteAll(file, content, mode);
  if (close(file) != 0 && status.ok()) status = absl::ErrnoToStatus(errno, temporary);
  if (status.ok() && std::rename(temporary.c_str(), path.c_str()) != 0) {
    status = absl::ErrnoToStatus(errno, path);
  }
  if (!status.ok()) unlink(temporary.c_str());
  return status;
}

}  // namespace cli
