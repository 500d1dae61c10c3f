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

// Words as users write them: "rsa-2048" and "RSA_2048", "key-compromise"; empty: unspecified.
absl::StatusOr<padlock::cert::v1::KeyType> ParseKeyType(const std::string& word);
absl::StatusOr<padlock::cert::v1::RevocationReason> ParseReason(const std::string& word);

struct KeyOptions {
  std::string type;      // ParseKeyType's
  std::string csr_file;  // a PEM file; empty: none
};
absl::Status Add(Context& context, Client::NewDomain domain, const KeyOptions& keys = {});
absl::Status List(Context& context, const std::string& state);

// One of several names; shows the records of each of its domains.
absl::Status Order(Context& context, const Client::NewCertificate& certificate);
// "delegation", "txt", "http".
absl::Status ChangeMethod(Context& context, const std::string& domain, const std::string& method);

// `domain` is a hostname, id or name, here and below; a certificate's id or name where it says so.
// Show, Delete and Fetch take one too.
absl::Status Show(Context& context, const std::string& domain);
absl::Status Diagnose(Context& context, const std::string& domain, bool fresh);
absl::Status Recheck(Context& context, const std::string& domain);
absl::Status Delete(Context& context, const std::string& domain, bool revoke = false);

struct RevokeOptions {
  std::string reason;      // ParseReason's
  std::string proof_file;  // a PEM file; empty: none
};
absl::Status Revoke(Context& context, const std::string& domain, const RevokeOptions& options);

// A consumer serves what has this serial number.
absl::Status Confirm(Context& context, const std::string& domain, const std::string& serial);

struct FetchFiles {
  std::string chain;
  std::string key;       // empty: not wanted
  std::string key_type;  // ParseKeyType's
};
// Writes the chain, and the key with mode 0600; "-" is the standard output. Prints the issuance.
absl::Status Fetch(Context& context, const std::string& domain, const FetchFiles& files);

// `state` as in Certificate.State, "ACTIVE" or "active"; empty: all.
absl::Status ListCertificates(Context& context, const std::string& state);

}  // namespace cli
