// One private copy of the lab: a number n, the addresses 127.53.n.0/24, a directory.
//
//   /var/tmp/padlock-lab-<uid>/<n>.lock   flock held while the stack is in use
//   /var/tmp/padlock-lab-<uid>/<n>/       emptied when the stack is claimed
//     log/<server>.log  pids/<pid>  owner  <server>/...
//
// Paths stay short: a Unix socket's is at most 107 octets.

#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "lab/descriptor.h"

namespace lab {

inline constexpr int kDnsPort = 5353;  // of every nameserver and resolver of the lab

// The last octet of each server's address.
namespace host {
inline constexpr int kGuard = 1;  // claims the addresses, see Stack::Claim
inline constexpr int kRoot = 2;   // the root and test.
inline constexpr int kCustomerFirst = 3;
inline constexpr int kCustomerSecond = 4;
inline constexpr int kDelegationPrimary = 5;
inline constexpr int kDelegationSecondary = 6;
inline constexpr int kFirstDelegationRelay = 7;  // 8
inline constexpr int kResolverAlpha = 11;
inline constexpr int kResolverBeta = 12;
inline constexpr int kResolverGamma = 13;
inline constexpr int kCaResolver = 14;
inline constexpr int kPebble = 21;
inline constexpr int kAcmeProxy = 22;
inline constexpr int kSecondPebble = 23;
inline constexpr int kCaddy = 24;
inline constexpr int kFirstCert = 31;              // 32, ...
inline constexpr int kFirstCoordinatorRelay = 36;  // 37, ...
inline constexpr int kFirstProbe = 41;             // 42, 43, ...
}  // namespace host

// Immutable after Claim().
class Stack {
 public:
  // Takes the first free number, ends what a crashed owner of it left behind, empties its
  // directory. RESOURCE_EXHAUSTED when all 99 are in use.
  static absl::StatusOr<std::unique_ptr<Stack>> Claim();
  // Removes the data; logs stay until the number is claimed again.
  ~Stack();
  Stack(const Stack&) = delete;
  Stack& operator=(const Stack&) = delete;

  int number() const { return number_; }
  std::string Address(int host) const;
  const std::string& directory() const { return directory_; }
  std::string pid_directory() const { return directory_ + "/pids"; }
  std::string LogFile(const std::string& server) const;

  // A new directory for one server's data; only its owner may look into it. `user` owns it when we
  // are root.
  absl::StatusOr<std::string> MakeDirectory(const std::string& server,
                                            const std::string& user = "") const;

 private:
  Stack(int number, std::string directory, Descriptor lock, Descriptor guard);

  const int number_;
  const std::string directory_;
  const Descriptor lock_;
  const Descriptor guard_;
};

// The directory that holds all stacks of this user and what they share; made when missing.
absl::StatusOr<std::string> LabDirectory();

// Ends running `padlock-lab` programs and what crashed owners left behind, and removes their
// directories. Stacks that tests are using stay. Returns how many processes were ended.
absl::StatusOr<int> CleanUpStacks();

// Writes a file that only its owner can read.
absl::Status WriteFile(const std::string& path, const std::string& text);

}  // namespace lab
