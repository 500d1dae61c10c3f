// What each command does but `watch` (watch.h): asks the service and prints the answer. All return
// what the service said, or why a file could not be written. One thread.

#pragma once

#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "cli/client.h"

namespace cli {

struct Context {
  Client& client;
  std::ostream& out;
  bool json = false;
  absl::Time now;
};

absl::Status Add(Context& context, const Client::NewDomain& domain);
absl::Status List(Context& context);

// `domain` is a hostname, id or name, here and below.
absl::Status Show(Context& context, const std::string& domain);
absl::Status Diagnose(Context& context, const std::string& domain, bool fresh);
absl::Status Recheck(Context& context, const std::string& domain);
absl::Status Delete(Context& context, const std::string& domain);

struct FetchFiles {
  std::string chain;
  std::string key;  // empty: not wanted
};
// Writes the chain, and the key with mode 0600; "-" is the standard output. Prints the issuance.
absl::Status Fetch(Context& context, const std::string& domain, const FetchFiles& files);

// `state` as in Certificate.State, "ACTIVE" or "active"; empty: all.
absl::Status ListCertificates(Context& context, const std::string& state);

}  // namespace cli
