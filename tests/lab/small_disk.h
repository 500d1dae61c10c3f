// A small file system of its own for one server, to be filled to the last octet and freed again.
//
// It is a tmpfs. Nobody else should see it, so a process that does nothing else keeps a mount
// namespace with it, and the server enters that: root makes one as it is, an ordinary user inside a
// user namespace. Where those are forbidden, it is mounted by sudo, in everybody's sight.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lab/process.h"
#include "lab/stack.h"

namespace lab {

// Not thread-safe.
class SmallDisk {
 public:
  struct Options {
    std::string directory;  // made, and mounted at
    std::string user;       // owns it when we are root; else we do
    int megabytes = 0;
  };

  // PERMISSION_DENIED, saying what was tried, when nothing lets us mount. `stack` must outlive it.
  static absl::StatusOr<std::unique_ptr<SmallDisk>> Mount(const Stack& stack, Options options);
  // Everything in it is lost.
  ~SmallDisk();
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  // `command` as it must be started to see the directory: as the user, with no privilege left.
  std::vector<std::string> Enter(const std::vector<std::string>& command) const;

  // Leaves not one free block, until Free(). Neither needs a block itself.
  absl::Status Fill();
  absl::Status Free();

 private:
  enum class Way { kRoot, kUserNamespace, kSudo };

  explicit SmallDisk(Options options);

  absl::Status MountByHolder(const Stack& stack, Way way);
  absl::Status MountBySudo();
  std::string ballast() const { return options_.directory + "/ballast"; }

  const Options options_;
  Way way_ = Way::kRoot;
  std::unique_ptr<Process> holder_;  // of the namespace
};

}  // namespace lab
