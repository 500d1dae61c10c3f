// The private CA behind the lab's mutual TLS: P-256, a self-signed root that signs leaves directly.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace lab {

// Names of PEM files, ready for padlock.config.v1.Tls.
struct Credentials {
  std::string ca_file;
  std::string certificate_file;
  std::string private_key_file;
};

// Immutable; thread-safe.
class CertificateAuthority {
 public:
  struct Request {
    std::string name;  // common name, and of the files
    std::vector<std::string> uris = {};
    std::vector<std::string> dns_names = {};
    std::vector<std::string> ip_addresses = {};
    absl::Duration lifetime = absl::Hours(24);  // may be negative: expired since
  };

  // Makes a new root; files go to `directory`.
  static absl::StatusOr<std::unique_ptr<CertificateAuthority>> Create(const std::string& directory);
  ~CertificateAuthority();
  CertificateAuthority(const CertificateAuthority&) = delete;
  CertificateAuthority& operator=(const CertificateAuthority&) = delete;

  // A leaf for servers and clients alike, with a new key. Files of an earlier one of that name are
  // replaced.
  absl::StatusOr<Credentials> Mint(const Request& request) const;

  // Writes a list that revokes these certificates, files of ours, to `directory`, by the name under
  // which OpenSSL finds it: "<hash>.r<number>". One of a higher number is the newer one.
  absl::Status WriteRevocations(const std::vector<std::string>& certificate_files,
                                const std::string& directory, int number) const;

  std::string root_file() const { return directory_ + "/ca.pem"; }

 private:
  struct Root;
  CertificateAuthority(std::string directory, std::unique_ptr<Root> root);

  const std::string directory_;
  const std::unique_ptr<Root> root_;
};

}  // namespace lab
