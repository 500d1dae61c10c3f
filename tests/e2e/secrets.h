// What must not be seen, and where. Every suite ends with this check over its lab.
//
//   secret                                          our logs   database dump   output of `padlock`
//   private keys: of certificates, of the ACME
//     account, of everybody's TLS                      no           no               no (1)
//   key-encryption key, TSIG secret                    no           no               no
//   tokens of challenges and their TXT values,
//     canaries, claim values                           no         allowed (2)      allowed (3)
//
//   (1) `fetch --key` writes to a file. (2) They are shown in the DNS sooner or later, and are kept
//   to be withdrawn. (3) They are what a customer must create, or what a server showed.

#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lab/lab.h"

namespace e2e {

struct Secret {
  std::string name;  // for messages
  std::string octets;
  bool is_key = false;  // else it is what the DNS may show
};

// All secrets of the lab as it stands. Private keys are their 32-octet scalars: whatever a key is
// wrapped in holds them.
absl::StatusOr<std::vector<Secret>> CollectSecrets(lab::Lab& lab);

// The names of those secrets that `text` holds: as they are, in hexadecimal, base64 or base64url at
// any offset, with line breaks in between or without.
std::vector<std::string> FindSecrets(const std::string& text, const std::vector<Secret>& secrets);

// Looks everywhere. One line for each secret found and its place; `printed` is what `padlock` put
// out.
absl::StatusOr<std::vector<std::string>> FindLeaks(lab::Lab& lab, const std::string& printed);

}  // namespace e2e
