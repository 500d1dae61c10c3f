// A caching, recursive resolver: Unbound, which remembers negative answers too (RFC 2308).
//
// Unbound asks servers that it finds by walking on port 53, which an ordinary user cannot serve, so
// it is told of each zone where to ask: a "stub".

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lab/process.h"
#include "lab/stack.h"

namespace lab {

// The authoritative servers of a zone.
struct Stub {
  std::string zone;                    // "." for the root
  std::vector<std::string> addresses;  // port kDnsPort
};

// Not thread-safe.
class Unbound {
 public:
  struct Options {
    std::string name;     // of its log and directory
    std::string address;  // port kDnsPort
    std::vector<Stub> stubs;
    // DS records in master-file form. With any, it validates (DNSSEC), and says why an answer
    // failed (RFC 8914) if it `tells_errors`.
    std::vector<std::string> trust_anchors = {};
    bool tells_errors = false;
    int second_port = 0;  // where it answers, too; 0: nowhere
  };

  // `stack` must outlive the server.
  static absl::StatusOr<std::unique_ptr<Unbound>> Start(const Stack& stack, Options options);

  absl::Status AddStub(Stub stub);
  // Forgets everything at or below the name.
  absl::Status Flush(const std::string& name);

  const std::string& name() const { return options_.name; }
  const std::string& address() const { return options_.address; }

  // As Knot's; a killed resolver forgets what it had cached.
  void Kill();
  absl::Status Pause();
  absl::Status Resume();

 private:
  Unbound(const Stack& stack, std::string directory, Options options);

  std::string Configuration() const;
  absl::Status Launch();
  absl::Status Control(std::vector<std::string> words) const;

  const Stack& stack_;
  const std::string directory_;
  Options options_;
  std::unique_ptr<Process> process_;
};

}  // namespace lab
