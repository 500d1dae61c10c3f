#include "lab/small_disk.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"

namespace lab {
namespace {

constexpr absl::Duration kMountTimeout = absl::Seconds(10);
constexpr absl::Duration kDiskPollInterval = absl::Milliseconds(5);
constexpr char kMounted[] = "mounted\n";

// In a namespace of its own, which it then keeps. $1: mount options, $2: the directory. In a chroot
// the root is no mount whose propagation could be changed, and needs none.
constexpr char kHold[] =
    "mount --make-rprivate / 2>/dev/null; "
    "mount -t tmpfs -o \"$1\" tmpfs \"$2\" && echo mounted && exec sleep infinity";

// $1: the ballast. Fails when dd fails for another reason than that there is no room.
constexpr char kFill[] =
    "dd if=/dev/zero of=\"$1\" bs=64k 2>&1 | grep -q 'No space left on device'";

}  // namespace

absl::StatusOr<std::unique_ptr<SmallDisk>> SmallDisk::Mount(const Stack& stack, Options options) {
  std::unique_ptr<SmallDisk> disk(new SmallDisk(std::move(options)));
  if (mkdir(disk->options_.directory.c_str(), 0700) != 0) {
    return absl::ErrnoToStatus(errno, disk->options_.directory);
  }
  if (geteuid() == 0) {
    RETURN_IF_ERROR(disk->MountByHolder(stack, Way::kRoot));
    return disk;
  }
  const absl::Status by_holder = disk->MountByHolder(stack, Way::kUserNamespace);
  if (by_holder.ok()) return disk;
  const absl::Status by_sudo = disk->MountBySudo();
  if (by_sudo.ok()) return disk;
  return absl::PermissionDeniedError(
      absl::StrFormat("a tmpfs cannot be mounted: %s; %s", by_holder.message(), by_sudo.message()));
}

SmallDisk::SmallDisk(Options options) : options_(std::move(options)) {}

SmallDisk::~SmallDisk() {
  if (way_ != Way::kSudo) return;  // it goes with its namespace
  RunCommand({"sudo", "-n", "umount", "--lazy", options_.directory}).IgnoreError();
}

absl::Status SmallDisk::MountByHolder(const Stack& stack, Way way) {
  std::vector<std::string> command = {"unshare", "--mount", "--propagation", "unchanged"};
  std::string options = absl::StrFormat("mode=0700,size=%dm", options_.megabytes);
  if (way == Way::kUserNamespace) {
    command.insert(command.end(), {"--user", "--map-current-user", "--keep-caps"});
  } else {
    absl::StrAppend(&options, ",uid=", options_.user);
  }
  command.insert(command.end(), {"sh", "-c", kHold, "sh", options, options_.directory});
  ASSIGN_OR_RETURN(std::unique_ptr<Process> holder,
                   Process::Start({.name = "small-disk",
                                   .command = std::move(command),
                                   .pid_directory = stack.pid_directory()}));
  const base::Deadline deadline = base::Deadline::After(kMountTimeout);
  while (holder->Output() != kMounted) {
    if (holder->Wait(deadline.Within(kDiskPollInterval)).ok() || deadline.Expired()) {
      return absl::PermissionDeniedError("in a namespace: " + holder->Output());
    }
  }
  way_ = way;
  holder_ = std::move(holder);
  return absl::OkStatus();
}

absl::Status SmallDisk::MountBySudo() {
  way_ = Way::kSudo;
  const std::string options =
      absl::StrFormat("mode=0700,size=%dm,uid=%d,gid=%d", options_.megabytes, geteuid(), getegid());
  return RunCommand(
             {"sudo", "-n", "mount", "-t", "tmpfs", "-o", options, "tmpfs", options_.directory})
      .status();
}

// The holder's root, because a mount namespace knows of no chroot; and a directory below it,
// because ours is of another namespace, where getcwd(3) may not find it. setpriv comes last,
// because a change of credentials forgets the death signal.
std::vector<std::string> SmallDisk::Enter(const std::vector<std::string>& command) const {
  std::vector<std::string> all;
  if (way_ != Way::kSudo) {
    all = {"nsenter", "--target", absl::StrCat(holder_->pid()), "--mount", "--root", "--wdns=/"};
  }
  if (way_ == Way::kUserNamespace) all.insert(all.end(), {"--user", "--preserve-credentials"});
  if (way_ != Way::kSudo) all.insert(all.end(), {"--", "setpriv", "--pdeathsig", "QUIT"});
  if (way_ == Way::kRoot) {
    all.insert(all.end(), {"--reuid", options_.user, "--regid", options_.user, "--init-groups"});
  }
  if (way_ != Way::kSudo) {
    all.insert(all.end(), {"--inh-caps=-all", "--ambient-caps=-all", "--no-new-privs"});
  }
  all.insert(all.end(), command.begin(), command.end());
  return all;
}

absl::Status SmallDisk::Fill() {
  return RunCommand(Enter({"sh", "-c", kFill, "sh", ballast()})).status();
}

absl::Status SmallDisk::Free() { return RunCommand(Enter({"rm", "-f", ballast()})).status(); }

}  // namespace lab
